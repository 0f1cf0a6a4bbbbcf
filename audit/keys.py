import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.errors import InvalidNote, LogUnusable
from audit.note import Signer, Verifier, parse_verifier
from audit.place import Place

_KEY_PREFIX = "custody-log-key-v1"
_OPEN_TO_OTHERS = 0o077


def find_signer(
    place: Place, key_path: Path | None, signing_key: str, origin: str, known: str | None
) -> Signer:
    """The key that a log is signed with: given as text, else in a file, which is made for a new log only.

    ``known`` is the verifier key that the log was begun with, or None for a new one. Raises LogUnusable if
    the key is missing, cannot be read, or signs for another origin.
    """
    if signing_key:
        signer = Signer(*_parse(signing_key, "of the settings", _KEY_PREFIX))
        _of_origin(signer, origin, "of the settings")
        if key_path is not None:
            write_verifier(verifier_path(key_path), signer.verifier)
        return signer
    path = key_path or (place.with_suffix(".key") if isinstance(place, Path) else None)
    if path is None:
        raise LogUnusable("A log in PostgreSQL needs a signing key: name its file, or give it as a variable.")
    if known is not None and not path.exists():
        raise LogUnusable(
            f"The signing key {path} is missing, and the log was begun with {known}: bring back the key"
            f" from its backup, or copy it from another gateway of this log."
        )
    return load_or_create_signer(path, origin)


def load_or_create_signer(path: Path, origin: str) -> Signer:
    """The log's signing key; made once, readable by its owner only, with the verifier key beside it.

    Raises LogUnusable if the file cannot be read, is open to others, or belongs to another origin.
    """
    if not path.exists():
        create_key_file(path, _KEY_PREFIX, origin)
    signer = _of_origin(Signer(*read_key_file(path, _KEY_PREFIX)), origin, f"in {path}")
    write_verifier(verifier_path(path), signer.verifier)
    return signer


def verifier_path(key_path: Path) -> Path:
    """Where the public verifier key lies: beside the signing key, ending in ``.pub``."""
    return key_path.with_suffix(".pub")


def write_verifier(path: Path, verifier: Verifier) -> None:
    """Publish the verifier key, unless it is there already."""
    if not path.exists():
        path.write_text(f"{verifier}\n")


def read_verifier(path: Path) -> Verifier:
    """The verifier key in a file; raises LogUnusable."""
    try:
        return parse_verifier(path.read_text().removesuffix("\n"))
    except (OSError, UnicodeDecodeError, InvalidNote) as error:
        raise LogUnusable(
            f"No verifier key can be read from {path}: {error}. Without it no signature can be checked:"
            f" bring the file back, or pass the key that the log's operator published."
        ) from error


def create_key_file(path: Path, prefix: str, name: str) -> None:
    """Make an Ed25519 key that signs under a name, unless the file is there; readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = Ed25519PrivateKey.generate().private_bytes_raw()
    # Linked into place whole: two processes that start at once end with one key, a crash with none or one.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{prefix} {name} {seed.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def read_key_file(path: Path, prefix: str) -> tuple[str, bytes]:
    """Name and private key of a file made by ``create_key_file``; raises LogUnusable."""
    try:
        if path.stat().st_mode & _OPEN_TO_OTHERS:
            raise LogUnusable(f"The signing key {path} is open to other users: chmod 600 it.")
        return _parse(path.read_text(), str(path), prefix)
    except (OSError, UnicodeDecodeError) as error:
        # The file is secret, and the error may quote it.
        raise _unreadable(str(path), type(error).__name__) from None


def _parse(text: str, where: str, wanted: str) -> tuple[str, bytes]:
    try:
        prefix, name, seed = text.strip().split(" ")
        _require(prefix == wanted)
        key = bytes.fromhex(seed)
        Signer(name, key)
    except (ValueError, InvalidNote) as error:
        # As above: a ValueError may quote what it could not read.
        raise _unreadable(where, type(error).__name__) from None
    return name, key


def _unreadable(where: str, kind: str) -> LogUnusable:
    return LogUnusable(f"The signing key {where} cannot be read ({kind}): restore it from a backup.")


def _of_origin(signer: Signer, origin: str, where: str) -> Signer:
    if signer.verifier.name != origin:
        raise LogUnusable(
            f"The key {where} signs for {signer.verifier.name}, not for {origin}: a log keeps its origin."
            f" Set the origin back, or start a new log under another path."
        )
    return signer


def _require(known: bool) -> None:
    if not known:
        raise ValueError("unknown kind of key")

"""The fingerprint of a database file at rest, so that even a byte that means nothing cannot change unseen."""

import hashlib
from pathlib import Path

from audit.errors import InvalidNote
from audit.note import Signer, Verifier, encode_base64, open_note


def seal_path(database: Path) -> Path:
    """Where the seal lies: beside the database."""
    return database.with_name(f"{database.name}.seal")


def write_seal(database: Path, signer: Signer) -> None:
    """Sign the bytes of a database that nobody has open any more and whose WAL is empty.

    The database must not be open in this process: closing the file here would drop SQLite's own locks.
    """
    note = signer.sign_note(_text(database, signer.verifier))
    draft = seal_path(database).with_suffix(".draft")
    draft.write_text(note)
    draft.replace(seal_path(database))


def remove_seal(database: Path) -> None:
    """Take the seal away before the first write."""
    seal_path(database).unlink(missing_ok=True)


def check_seal(database: Path, verifier: Verifier) -> bool:
    """Whether the file is sealed; raises InvalidNote if it is and the seal does not fit."""
    try:
        note = seal_path(database).read_bytes().decode()
    except FileNotFoundError:
        return False
    except UnicodeDecodeError as error:
        raise InvalidNote("the seal is not text") from error
    if open_note(note, [verifier]) != _text(database, verifier):
        if not seal_path(database).exists():
            # A gateway opened the log while its bytes were read.
            return False
        raise InvalidNote("a byte of the database file was changed since the log was closed")
    return True


def _text(database: Path, verifier: Verifier) -> str:
    with database.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    wal = database.with_name(f"{database.name}-wal")
    pending = wal.stat().st_size if wal.exists() else 0
    return f"{verifier.name}/seal\n{database.stat().st_size}\n{pending}\n{encode_base64(digest)}\n"

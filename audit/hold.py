"""How an open SQLite log says that it is open, and the seal that the last to close it leaves."""

import fcntl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from audit.errors import LogUnusable
from audit.note import Signer
from audit.seal import write_seal
from audit.sqlite import SqliteDatabase

# A verification, or another gateway that closes, holds the lock for a moment only.
_TRIES = 10
_PAUSE_S = 0.02
_BUSY_S = 1.0


@dataclass(frozen=True, slots=True)
class FileHold:
    """A shared lock beside the database, held by each process that has it open for writing.

    ``alone``: nobody else had it open when it was opened, nor has until ``share`` is called.
    """

    path: Path
    lock: TextIO
    alone: bool

    def share(self) -> None:
        """Let others open it too."""
        fcntl.flock(self.lock, fcntl.LOCK_SH)

    def release(self, signer: Signer) -> None:
        """Let go, and seal the file if nobody else has it open; call it with the database closed."""
        if self.lock.closed:
            return
        with self.lock:
            # Let go first: of two that close together, each would else take the other for open.
            fcntl.flock(self.lock, fcntl.LOCK_UN)
            if _take_alone(self.lock) and self._empty():
                write_seal(self.path, signer)

    def _empty(self) -> bool:
        """Whether the write-ahead log could be emptied, which the last to close may have left to us."""
        database = SqliteDatabase(self.path, _BUSY_S)
        try:
            return database.empty_wal()
        finally:
            database.close()


def hold_open(path: Path) -> FileHold:
    """Say that the database is open for writing; raises LogUnusable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("w")
    except OSError as error:
        raise LogUnusable(f"The log {path} cannot be opened for writing: {error.strerror}.") from error
    hold = FileHold(path, lock, _take_alone(lock, tries=1))
    if not hold.alone:
        # Waits for no more than the moment in which another process starts, seals or verifies.
        hold.share()
    return hold


def _take_alone(lock: TextIO, tries: int = _TRIES) -> bool:
    for _ in range(tries):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False

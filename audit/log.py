"""A log that is open for writing: its parts, put together."""

import fcntl
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError

from audit.database import Database, open_database
from audit.entry import Receipt, Record
from audit.errors import LogUnusable
from audit.ids import Clock, EntryIds, SystemClock, Uuid7
from audit.integrator import CADENCE_S, Integrator
from audit.keys import load_or_create_signer
from audit.note import Signer, Verifier
from audit.recorder import DEADLINE_S, Recorder
from audit.seal import remove_seal, write_seal
from audit.store import EntryStore, create_log
from audit.tree_store import TreeStore

# Less than the deadline, so that a locked database is told as such and not as silence.
_BUSY_SHARE = 0.75
DEFAULT_ORIGIN = "custody.local/audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What a log is called, and its times; ``key_path`` defaults to the database's name with ``.key``."""

    origin: str = DEFAULT_ORIGIN
    key_path: Path | None = None
    deadline_s: float = DEADLINE_S
    cadence_s: float = CADENCE_S


class Log:
    """A log that is open: append to it, and close it when no more will come."""

    def __init__(self, file: "_File", signer: Signer, recorder: Recorder, integrator: Integrator) -> None:
        self._file = file
        self._signer = signer
        self._recorder = recorder
        self._integrator = integrator

    @property
    def verifier(self) -> Verifier:
        """The name and key that this log's checkpoints and receipts are checked with."""
        return self._signer.verifier

    async def append(self, record: Record) -> Receipt:
        """Make one record durable; raises RecorderUnavailable, InvalidEntry or EntryTooLarge."""
        return await self._recorder.append(record)

    async def aclose(self) -> None:
        """Drain the recorder, integrate, sign, and seal the database file; again is nothing.

        Raises RecorderUnavailable, and leaves the log unsealed, if the disk hangs.
        """
        await self._recorder.aclose()
        if not self._file.lock.closed:
            await anyio.to_thread.run_sync(self._finish)

    def _finish(self) -> None:
        self._integrator.close()
        self._file.close(self._signer)


@dataclass(frozen=True, slots=True)
class _File:
    """A database that is open for writing, and the lock that says so."""

    path: Path
    lock: TextIO
    database: Database

    def close(self, signer: Signer) -> None:
        """Close the database, and seal it if nobody else has it open."""
        with self.lock:
            folded = self.database.empty_wal()
            self.database.close()
            if folded and self._alone():
                write_seal(self.path, signer)

    def _alone(self) -> bool:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Another gateway has this log open: its bytes are still moving.
            return False
        return True


def open_log(
    path: Path, options: LogOptions = LogOptions(), *, clock: Clock | None = None, ids: EntryIds | None = None
) -> Log:
    """Open or create a log for writing; blocks, so call it before serving or in a thread.

    Raises LogUnusable if it cannot be used as it is, LogCorrupted if its tree contradicts what was signed.
    """
    signer = load_or_create_signer(options.key_path or path.with_suffix(".key"), options.origin)
    with ExitStack() as on_failure:
        lock = on_failure.enter_context(_hold_open(path))
        database = open_database(path, options.deadline_s * _BUSY_SHARE)
        on_failure.callback(database.close)
        integrator = Integrator(TreeStore(database), signer, cadence_s=options.cadence_s)
        _start(path, database, integrator, options.origin)
        on_failure.pop_all()
    clock = clock or SystemClock()
    recorder = Recorder(
        EntryStore(database),
        signer,
        clock=clock,
        ids=ids or Uuid7(clock),
        committed=integrator.wake,
        deadline_s=options.deadline_s,
    )
    return Log(_File(path, lock, database), signer, recorder, integrator)


def _start(path: Path, database: Database, integrator: Integrator, origin: str) -> None:
    """Check what is there before the first write, which breaks the seal."""
    try:
        create_log(database, origin)
        integrator.load()
        remove_seal(path)
        integrator.start()
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        raise LogUnusable(
            f"The log {path} cannot be used: {cause}. If another program holds it, stop that; if the file is"
            f" damaged, keep it as evidence and run `custody audit verify`."
        ) from error


def _hold_open(path: Path) -> TextIO:
    """A shared lock that says that the database is open for writing; raises LogUnusable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("w")
    except OSError as error:
        raise LogUnusable(f"The log {path} cannot be opened for writing: {error.strerror}.") from error
    # Waits for no more than the moment in which another process seals or verifies.
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock

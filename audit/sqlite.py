"""A log in a SQLite file, through ``pysqlite3``, which brings a library without the WAL-reset bug."""

import fcntl
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol

import pysqlite3.dbapi2
from sqlalchemy import Engine, create_engine, event

from audit.errors import LogUnusable

# 3.7.0 to 3.51.2 may corrupt a database in WAL mode that two connections use (the WAL-reset bug).
_SAFE_SQLITE = (3, 51, 3)
_READER_BUSY_S = 5.0
# Frames of one page each: 16 MiB.
_LONG_WAL = 4096

LOG_PRAGMAS: Mapping[str, str] = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    # The integrator moves the log back into the database, off the path of a waiting caller.
    "wal_autocheckpoint": "0",
}
# What is erased is nowhere left, neither in a free page nor in a log that was written ahead.
FORGETTING_PRAGMAS: Mapping[str, str] = {
    "journal_mode": "DELETE",
    "synchronous": "FULL",
    "secure_delete": "ON",
}
_READER_PRAGMAS: Mapping[str, str] = {"query_only": "ON"}

Error: type[Exception] = pysqlite3.dbapi2.Error


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...
    def close(self) -> None: ...


class _Connection(Protocol):
    isolation_level: str | None

    def cursor(self) -> _Cursor: ...


class _Transaction(Protocol):
    def exec_driver_sql(self, statement: str) -> object: ...


def require_safe_sqlite(version: tuple[int, ...]) -> None:
    """Refuse a library that may corrupt a WAL database; raises LogUnusable."""
    if version < _SAFE_SQLITE:
        found, wanted = (".".join(map(str, item)) for item in (version, _SAFE_SQLITE))
        raise LogUnusable(
            f"SQLite {found} can corrupt a database in WAL mode; {wanted} or newer is needed:"
            f" reinstall the pinned pysqlite3 wheel, which brings its own."
        )


class _Turn:
    """Whose turn it is to write, among the threads of this process and the processes of this machine.

    SQLite's own waiting sleeps longer than a commit takes, so two busy gateways would starve each other; here
    the kernel wakes whoever waits, and lets go of what a killed process held.
    """

    def __init__(self, path: Path) -> None:
        self._threads = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class SqliteDatabase:
    """Transactions of ``writer`` take SQLite's write lock at once and are durable at commit."""

    def __init__(self, path: Path, busy_s: float, pragmas: Mapping[str, str] = LOG_PRAGMAS) -> None:
        require_safe_sqlite(pysqlite3.dbapi2.sqlite_version_info)
        path.parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{path.absolute()}"
        self.writer = _engine(url, busy_s, pragmas, "BEGIN IMMEDIATE")
        self.reader = _engine(url, busy_s, _READER_PRAGMAS, "BEGIN")
        self.write_lock = _Turn(path.with_name(f"{path.name}.turn"))

    def fold(self) -> None:
        """Move SQLite's write-ahead log into the database, as far as readers let it go.

        The bulk goes while writers write on. They begin the file anew only once none of it is left, so where
        it has grown long the rest goes while they wait.
        """
        frames, _moved = self._checkpoint("PASSIVE")
        if frames > _LONG_WAL:
            with self.write_lock:
                self._checkpoint("PASSIVE")

    def empty_wal(self) -> bool:
        """Move the write-ahead log and empty its file, and whether that was possible; waits for readers."""
        return self._checkpoint("TRUNCATE") == (0, 0)

    def _checkpoint(self, mode: str) -> tuple[int, int]:
        """Frames in the write-ahead log, and how many of them are moved.

        What cannot be moved now, on a full disk for one, stays where it is just as durable.
        """
        # Not in a transaction, so past SQLAlchemy's.
        connection = self.writer.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA wal_checkpoint({mode})")
            _busy, frames, moved = cursor.fetchone() or (1, 1, 0)
            cursor.close()
        except pysqlite3.dbapi2.OperationalError:
            return 1, 0
        finally:
            connection.close()
        return frames, moved

    def close(self) -> None:
        """Close every connection."""
        self.writer.dispose()
        self.reader.dispose()
        self.write_lock.close()


def open_reader(path: Path) -> Engine:
    """An engine that cannot write; each transaction sees one state. Raises LogUnusable without a file."""
    require_safe_sqlite(pysqlite3.dbapi2.sqlite_version_info)
    if not path.is_file():
        raise LogUnusable(
            f"There is no log at {path}: start the gateway once, or name its database with --database."
        )
    return _engine(
        f"sqlite:///file:{path.absolute()}?mode=ro&uri=true", _READER_BUSY_S, _READER_PRAGMAS, "BEGIN"
    )


def _engine(url: str, busy_s: float, pragmas: Mapping[str, str], begin: str) -> Engine:
    # Parameters stay out of error messages: leaves do not belong in a log line.
    engine = create_engine(
        url,
        module=pysqlite3.dbapi2,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": busy_s},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: _Connection, _record: object) -> None:
        # The driver's own idea of when to begin would take the lock too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: _Transaction) -> None:
        connection.exec_driver_sql(begin)

    return engine

"""Opens a log's database: SQLite where the place is a file, PostgreSQL where it is a URL."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from audit import sqlite
from audit.place import Place


class Database(Protocol):
    """One log's database as a writer sees it.

    A transaction of ``writer`` is durable at commit; one of ``reader`` sees one state and cannot write.
    ``write_lock`` is held around each transaction of ``writer``: ``with write_lock, writer.begin()``.
    """

    @property
    def writer(self) -> Engine:
        """Where transactions that write begin."""

    @property
    def reader(self) -> Engine:
        """Where transactions that only read begin."""

    @property
    def write_lock(self) -> AbstractContextManager[object]:
        """Whose turn it is to write."""

    def fold(self) -> None:
        """Keep what the database keeps beside its tables from growing; called after each integration."""

    def close(self) -> None:
        """Close every connection."""


def open_database(place: Place, busy_s: float) -> Database:
    """Open the database of a log for writing; raises LogUnusable if it cannot keep a log safe.

    A transaction waits up to ``busy_s`` for another process's lock.
    """
    if isinstance(place, Path):
        return sqlite.SqliteDatabase(place, busy_s)
    # Its driver is an optional extra.
    from audit import postgres  # noqa: PLC0415 - rule 15: loaded only when configured

    return postgres.PostgresDatabase(place, busy_s)


def open_side(place: Place, busy_s: float, *, forgetting: bool) -> Database:
    """Open a database that stands beside a log; raises LogUnusable as ``open_database`` does.

    ``forgetting``: a SQLite file keeps no trace of what was deleted from it.
    """
    if isinstance(place, Path) and forgetting:
        return sqlite.SqliteDatabase(place, busy_s, sqlite.FORGETTING_PRAGMAS)
    return open_database(place, busy_s)


def open_reader(place: Place) -> Engine:
    """An engine that cannot write; each transaction sees one state. Raises LogUnusable without a log."""
    if isinstance(place, Path):
        return sqlite.open_reader(place)
    from audit import postgres  # noqa: PLC0415 - as above

    return postgres.open_reader(place)


def cause(error: BaseException) -> str:
    """What failed, in words that hold no values: a driver's message may quote the row it was given."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, sqlite.Error):
        return str(original)
    state = getattr(original, "sqlstate", None)
    name = type(original).__name__
    return f"{name} ({state})" if state else name

"""The system of record: numbered leaves under a locked head row."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection, insert, select

from audit.database import Database
from audit.errors import LogUnusable
from audit.schema import ENTRY, ENTRY_COLUMNS, HEAD, METADATA, TREE
from audit.tlog import EMPTY_ROOT

# Rows go in by as few statements as there are bits in their number: the driver gives up the interpreter
# lock for each, and gets it back only when the event loop lets go. One text for each width stays prepared.
_WIDEST_INSERT = 128


@dataclass(frozen=True, slots=True)
class Row:
    """A leaf that is ready to be numbered, and the columns derived from it."""

    leaf: bytes
    columns: tuple[str | int, ...]

    @property
    def id(self) -> str:
        """The entry id."""
        return str(self.columns[0])


class EntryStore:
    """Numbers and keeps leaves; for one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        mark = "?" if database.writer.dialect.paramstyle == "qmark" else "%s"
        self._inserts = _insert_statements(mark)
        self._reserve_sql = f"UPDATE head SET size = size + {mark} RETURNING size"  # noqa: S608 - a placeholder

    def append(self, rows: Sequence[Row]) -> int:
        """Number the rows, make them durable and give the index of the first.

        Any error leaves the outcome unknown until ``locate`` answers.
        """
        connection = self._connected()
        try:
            with self._database.write_lock, connection.begin():
                first = self._reserve(connection, len(rows))
                self._insert(connection, first, rows)
        except BaseException:
            # A connection that failed may hold half a transaction: the next append gets a new one.
            self.close()
            raise
        return first

    def locate(self, entry_id: str) -> int | None:
        """The index of a durable entry, or None; how an unknown commit is looked up.

        A batch commits whole, so its first entry answers for all.
        """
        with self._database.reader.connect() as connection:
            found: int | None = connection.scalar(select(ENTRY.c.idx).where(ENTRY.c.id == entry_id))
        return found

    def close(self) -> None:
        """Give the connection back; an open transaction is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.writer.connect()
        return self._connection

    def _reserve(self, connection: Connection, count: int) -> int:
        """Take the next ``count`` numbers; the head row stays locked until the commit."""
        size = connection.exec_driver_sql(self._reserve_sql, (count,)).scalar_one()
        return int(size) - count

    def _insert(self, connection: Connection, first: int, rows: Sequence[Row]) -> None:
        done = 0
        while done < len(rows):
            width = min(_WIDEST_INSERT, 1 << ((len(rows) - done).bit_length() - 1))
            part = enumerate(rows[done : done + width], first + done)
            values = chain.from_iterable((index, row.leaf, *row.columns) for index, row in part)
            connection.exec_driver_sql(self._inserts[width], tuple(values))
            done += width


def create_log(database: Database, origin: str) -> None:
    """Make the tables if they are not there, and hold the log to its origin; raises LogUnusable."""
    with database.write_lock, database.writer.begin() as connection:
        METADATA.create_all(connection)
        stored = connection.scalar(select(HEAD.c.origin))
        if stored is None:
            connection.execute(insert(HEAD).values(id=1, origin=origin, size=0))
            connection.execute(insert(TREE).values(id=1, size=0, root=EMPTY_ROOT))
        elif stored != origin:
            raise LogUnusable(
                f"This database holds the log {stored}, not {origin}: a log keeps its origin."
                f" Set the origin back, or start a new log under another path."
            )


def _insert_statements(mark: str) -> dict[int, str]:
    row = f"({', '.join(mark for _ in ENTRY_COLUMNS)})"
    names = ", ".join(ENTRY_COLUMNS)
    widths = [1 << bit for bit in range(_WIDEST_INSERT.bit_length())]
    return {
        width: f"INSERT INTO entry ({names}) VALUES {', '.join([row] * width)}"  # noqa: S608 - names are ours
        for width in widths
    }

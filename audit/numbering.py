"""Numbers a batch under the locked head row and inserts it, in one transaction, straight on the driver."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, TypeAlias

from audit.schema import ENTRY, ENTRY_COLUMNS

# Drivers share no type for a connection.
DriverConnection: TypeAlias = Any

# Rows go in by as few statements as there are bits in their number: the driver gives up the interpreter
# lock for each, and gets it back only when the event loop lets go. One text for each width stays prepared.
_WIDEST_INSERT = 128
_NAMES = ", ".join(ENTRY_COLUMNS)
# Nothing is written if the log shrank, or if a batch that was given up is still on its way (a new epoch).
_RESERVE = "UPDATE head SET size = size + {mark} WHERE size >= {mark} AND epoch = {mark} RETURNING size"


@dataclass(frozen=True, slots=True)
class Row:
    """A leaf that is ready to be numbered, and the columns derived from it."""

    leaf: bytes
    columns: tuple[str | int, ...]

    @property
    def id(self) -> str:
        """The entry id."""
        return str(self.columns[0])


class Numbering(Protocol):
    """One database's way to append."""

    def prepare(self, connection: DriverConnection) -> None:
        """Make a new connection ready."""

    def append(self, connection: DriverConnection, rows: Sequence[Row], known: int, epoch: int) -> int | None:
        """The index of the first row, once all are durable; None if the head row refused them."""

    def discard(self, connection: DriverConnection) -> None:
        """Close a connection; what it has not committed is rolled back."""


def numbering(dialect: str) -> Numbering:
    """How to append to the database of a dialect."""
    return _Postgres() if dialect == "postgresql" else _Sqlite()


class _Sqlite:
    def __init__(self) -> None:
        row = f"({', '.join('?' for _ in ENTRY_COLUMNS)})"
        widths = [1 << bit for bit in range(_WIDEST_INSERT.bit_length())]
        self._inserts = {
            width: f"INSERT INTO entry ({_NAMES}) VALUES {', '.join([row] * width)}"  # noqa: S608 - names are ours
            for width in widths
        }
        self._reserve = _RESERVE.format(mark="?")

    def prepare(self, connection: DriverConnection) -> None:
        """Nothing to do: the pragmas are set where connections are made."""

    def append(self, connection: DriverConnection, rows: Sequence[Row], known: int, epoch: int) -> int | None:
        """Several statements between BEGIN and COMMIT."""
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        found = cursor.execute(self._reserve, (len(rows), known, epoch)).fetchall()
        if not found:
            cursor.execute("ROLLBACK")
            return None
        first = int(found[0][0]) - len(rows)
        self._insert(cursor, first, rows)
        cursor.execute("COMMIT")
        return first

    def _insert(self, cursor: DriverConnection, first: int, rows: Sequence[Row]) -> None:
        done = 0
        while done < len(rows):
            width = min(_WIDEST_INSERT, 1 << ((len(rows) - done).bit_length() - 1))
            part = enumerate(rows[done : done + width], first + done)
            values = chain.from_iterable((index, row.leaf, *row.columns) for index, row in part)
            cursor.execute(self._inserts[width], tuple(values))
            done += width

    def discard(self, connection: DriverConnection) -> None:
        """Close the file."""
        connection.close()


class _Postgres:
    """One statement is the whole transaction, so the head row is locked for one round trip and no longer."""

    def __init__(self) -> None:
        columns = [column for column in ENTRY.columns if column.name != "idx"]
        arrays = ", ".join(f"%b::{_POSTGRES_TYPES[column.type.__visit_name__]}[]" for column in columns)
        names = ", ".join(f"row.{column.name}" for column in columns)
        listed = ", ".join(column.name for column in columns)
        reserve = _RESERVE.format(mark="%b")
        self._append = (
            f"WITH reserved AS ({reserve} - %b AS first),"  # noqa: S608 - names are ours
            f" inserted AS (INSERT INTO entry ({_NAMES})"
            f" SELECT reserved.first + row.place - 1, {names} FROM reserved,"
            f" unnest({arrays}) WITH ORDINALITY AS row ({listed}, place))"
            " SELECT first FROM reserved"
        )

    def prepare(self, connection: DriverConnection) -> None:
        """Each statement is a transaction of its own."""
        connection.rollback()
        connection.autocommit = True

    def append(self, connection: DriverConnection, rows: Sequence[Row], known: int, epoch: int) -> int | None:
        """One prepared statement, one round trip."""
        count = len(rows)
        arrays = [[row.leaf for row in rows], *map(list, zip(*(row.columns for row in rows), strict=True))]
        found = connection.execute(
            self._append, (count, known, epoch, count, *arrays), prepare=True
        ).fetchall()
        return int(found[0][0]) if found else None

    def discard(self, connection: DriverConnection) -> None:
        """Close the connection."""
        connection.close()


_POSTGRES_TYPES = {"large_binary": "bytea", "text": "text", "BIGINT": "bigint", "big_integer": "bigint"}

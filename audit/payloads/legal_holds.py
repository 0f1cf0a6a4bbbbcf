"""Legal holds: what they cover may not be erased, neither on request nor by age, until they are released."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from audit.database import Database
from audit.entry import EntryType, Facts
from audit.errors import EntryNotFound, InvalidEntry
from audit.payloads.key_schema import DATA_KEY, GATE, HOLD, KEY_ASSET
from audit.payloads.unlogged import Deed, note

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold covers: empty means any, so a hold with nothing named covers everything.

    With an ``asset`` it covers each key that opens a payload about that asset, or of which that is not known.
    """

    department: str = ""
    person: str = ""
    data_key: str = ""
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold for a matter (a reference such as a docket number, never a name); released at a time, or not."""

    id: str
    matter: str
    scope: Scope
    placed_us: int
    released_us: int | None


class Holds:
    """Places and releases holds; each is a deed that the log hears of."""

    def __init__(self, database: Database, new_id: Callable[[], str], wall_us: Callable[[], int]) -> None:
        self._database = database
        self._new_id = new_id
        self._wall_us = wall_us

    def place(self, matter: str, scope: Scope) -> tuple[Hold, Deed | None]:
        """A hold; once this returns, no erasure of what it covers succeeds.

        Where the matter holds just that already, it is the hold that stands, and nothing was done.
        Raises ``InvalidEntry`` for a matter that is no reference: it goes on record, where no name may stand.
        """
        if _REFERENCE.fullmatch(matter) is None:
            raise InvalidEntry(
                "a matter is a reference such as 2026-docket-17 (letters, digits, '.', '_', ':', '/' and '-',"
                " at most 128): it goes on record, so it must name nobody"
            )
        hold = Hold(self._new_id(), matter, scope, self._wall_us(), None)
        with self._database.write_lock, self._database.writer.begin() as connection:
            connection.execute(select(GATE.c.id).with_for_update())
            if not _first(connection, hold):
                return _standing(connection, hold), None
            deed = Deed(self._new_id(), EntryType.HOLD_PLACED, _told(hold))
            note(connection, deed)
        return hold, deed

    def release(self, hold_id: str) -> Deed:
        """Ends a hold; raises ``EntryNotFound`` for one that is not there or has ended."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            connection.execute(select(GATE.c.id).with_for_update())
            row = connection.execute(
                select(HOLD).where(HOLD.c.id == hold_id, HOLD.c.released_us.is_(None))
            ).one_or_none()
            if row is None:
                raise EntryNotFound(f"no hold {hold_id} is in force; see `custody audit hold list`")
            return end(connection, _hold(row), self._new_id(), self._wall_us())

    def all(self) -> list[Hold]:
        """Every hold, released ones too, oldest first."""
        with self._database.reader.connect() as connection:
            rows = connection.execute(select(HOLD).order_by(HOLD.c.placed_us, HOLD.c.id)).all()
        return [_hold(row) for row in rows]


def end(connection: Connection, hold: Hold, deed_id: str, now_us: int) -> Deed:
    """Ends a hold in force in the transaction at hand, and notes it for the log."""
    connection.execute(update(HOLD).where(HOLD.c.id == hold.id).values(released_us=now_us))
    deed = Deed(deed_id, EntryType.HOLD_RELEASED, _told(hold))
    note(connection, deed)
    return deed


def repeated(connection: Connection) -> list[Hold]:
    """Holds in force of a matter that holds just that by an earlier one already."""
    rows = connection.execute(
        select(HOLD).where(HOLD.c.released_us.is_(None)).order_by(HOLD.c.placed_us, HOLD.c.id)
    )
    first: dict[tuple[str, Scope], Hold] = {}
    return [
        hold for hold in map(_hold, rows) if first.setdefault((hold.matter, hold.scope), hold) is not hold
    ]


def holding(connection: Connection, department: str, person: str, keys: Sequence[str]) -> list[str]:
    """The holds in force that cover any of these keys of a person; read in the transaction that erases."""
    return list(
        connection.scalars(
            select(HOLD.c.id).where(
                HOLD.c.released_us.is_(None),
                or_(HOLD.c.department == "", HOLD.c.department == department),
                or_(HOLD.c.person == "", HOLD.c.person == person),
                or_(HOLD.c.data_key == "", HOLD.c.data_key.in_(keys)),
                or_(HOLD.c.asset == "", _about(keys)),
            )
        )
    )


def _about(keys: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of the keys opens something about the hold's asset, or nobody knows about what."""
    named = KEY_ASSET.c.data_key == DATA_KEY.c.id
    known = exists().where(named).correlate(DATA_KEY)
    touched = exists().where(named, KEY_ASSET.c.asset.in_(["", HOLD.c.asset])).correlate(DATA_KEY, HOLD)
    return exists().where(and_(DATA_KEY.c.id.in_(keys), or_(~known, touched))).correlate(HOLD)


def _first(connection: Connection, hold: Hold) -> bool:
    """Writes the hold; False where the database refuses it, for one like it is in force."""
    row = {"id": hold.id, "matter": hold.matter, "placed_us": hold.placed_us, **asdict(hold.scope)}
    try:
        with connection.begin_nested():
            connection.execute(insert(HOLD).values(row))
    except IntegrityError:
        return False
    return True


def _standing(connection: Connection, like: Hold) -> Hold:
    scope = asdict(like.scope)
    same = and_(HOLD.c.matter == like.matter, *(HOLD.c[name] == value for name, value in scope.items()))
    return _hold(connection.execute(select(HOLD).where(same, HOLD.c.released_us.is_(None))).one())


def _hold(row: Row[Any]) -> Hold:
    scope = Scope(row.department, row.person, row.data_key, row.asset)
    return Hold(row.id, row.matter, scope, row.placed_us, row.released_us)


def _told(hold: Hold) -> dict[str, Facts]:
    scope = hold.scope
    return {
        "hold": hold.id,
        "matter": hold.matter,
        "department": scope.department,
        "person": scope.person,
        "key": scope.data_key,
        "asset": scope.asset,
    }

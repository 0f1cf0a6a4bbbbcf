"""Legal holds: what they cover may not be erased, neither on request nor by age, until they are released."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select, update

from audit.database import Database
from audit.entry import EntryType, Facts
from audit.errors import EntryNotFound, InvalidEntry
from audit.payloads.key_schema import GATE, HOLD
from audit.payloads.unlogged import Deed, note

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold covers: empty means any, so a hold with nothing named covers everything."""

    department: str = ""
    person: str = ""
    data_key: str = ""


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

    def place(self, matter: str, scope: Scope) -> tuple[Hold, Deed]:
        """A new hold; once this returns, no erasure of what it covers succeeds.

        Raises ``InvalidEntry`` for a matter that is no reference: it goes on record, where no name may stand.
        """
        if _REFERENCE.fullmatch(matter) is None:
            raise InvalidEntry(
                "a matter is a reference such as 2026-docket-17 (letters, digits, '.', '_', ':', '/' and '-',"
                " at most 128): it goes on record, so it must name nobody"
            )
        hold = Hold(self._new_id(), matter, scope, self._wall_us(), None)
        deed = Deed(self._new_id(), EntryType.HOLD_PLACED, _told(hold))
        row = {"id": hold.id, "matter": matter, "placed_us": hold.placed_us}
        covers = {"department": scope.department, "person": scope.person, "data_key": scope.data_key}
        with self._database.write_lock, self._database.writer.begin() as connection:
            connection.execute(select(GATE.c.id).with_for_update())
            connection.execute(insert(HOLD).values({**row, **covers}))
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
            released = self._wall_us()
            connection.execute(update(HOLD).where(HOLD.c.id == hold_id).values(released_us=released))
            scope = Scope(row.department, row.person, row.data_key)
            deed = Deed(
                self._new_id(),
                EntryType.HOLD_RELEASED,
                _told(Hold(row.id, row.matter, scope, row.placed_us, released)),
            )
            note(connection, deed)
        return deed

    def all(self) -> list[Hold]:
        """Every hold, released ones too, oldest first."""
        with self._database.reader.connect() as connection:
            rows = connection.execute(select(HOLD).order_by(HOLD.c.placed_us, HOLD.c.id)).all()
        return [
            Hold(
                row.id,
                row.matter,
                Scope(row.department, row.person, row.data_key),
                row.placed_us,
                row.released_us,
            )
            for row in rows
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
            )
        )
    )


def _told(hold: Hold) -> dict[str, Facts]:
    scope = hold.scope
    return {
        "hold": hold.id,
        "matter": hold.matter,
        "department": scope.department,
        "person": scope.person,
        "key": scope.data_key,
    }

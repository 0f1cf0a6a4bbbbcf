"""Parties: org units, people, groups and services, and who stands in the place of one that ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from audit.entry import EntryType
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.ownership.registry.errors import AlreadyRegistered, PartyEnded, UnfitHolder, UnknownParty
from gateway.ownership.registry.facets import PartyKind
from gateway.ownership.registry.tables import PARTY, PARTY_SUCCESSION


@dataclass(frozen=True, slots=True)
class Party:
    """Who can hold something: an org unit by its name, a person or service by its opaque subject id.

    ``belongs_to`` is the org unit of anybody who is none. ``ended_us`` is ``FOREVER`` for one that lasts.
    """

    id: str
    kind: PartyKind
    belongs_to: str
    recorded_us: int
    revision: int
    ended_us: int
    ended_revision: int

    @property
    def unit(self) -> str:
        """The org unit that it is, or belongs to."""
        return self.id if self.kind is PartyKind.ORG_UNIT else self.belongs_to


@dataclass(frozen=True, slots=True)
class Succession:
    """``successor`` stands in the place of ``predecessor`` from ``effective_us`` on; ``kind`` says how so."""

    predecessor: str
    successor: str
    kind: str
    effective_us: int
    recorded_us: int
    revision: int


def party(connection: Connection, name: str) -> Party | None:
    """The party of this name."""
    row = connection.execute(select(PARTY).where(PARTY.c.id == name)).one_or_none()
    return None if row is None else _party(row)


def require_party(connection: Connection, name: str, until_us: int = 0) -> Party:
    """The party, which lasts until ``until_us``; raises ``UnknownParty`` or ``PartyEnded``."""
    found = party(connection, name)
    if found is None:
        raise UnknownParty(f"There is no party {name!r}; register it first.")
    if found.ended_us < until_us:
        heirs = successors(connection, name, FOREVER)
        instead = f"; {' and '.join(heirs)} stand in its place" if heirs else " and left no successor"
        raise PartyEnded(f"The party {name!r} ends or has ended{instead}.")
    return found


def parties(connection: Connection, after: str = "", limit: int = 100) -> tuple[Party, ...]:
    """Parties by name, those after ``after``."""
    rows = connection.execute(select(PARTY).where(PARTY.c.id > after).order_by(PARTY.c.id).limit(limit))
    return tuple(_party(row) for row in rows)


def successions(connection: Connection, name: str) -> tuple[Succession, ...]:
    """Where a party came from and what became of it, in the order of recording."""
    either = (PARTY_SUCCESSION.c.predecessor == name) | (PARTY_SUCCESSION.c.successor == name)
    columns = [PARTY_SUCCESSION.c[field] for field in Succession.__slots__]
    rows = connection.execute(select(*columns).where(either).order_by(PARTY_SUCCESSION.c.id))
    return tuple(Succession(*row) for row in rows)


def successors(connection: Connection, name: str, at_us: int) -> tuple[str, ...]:
    """Who stands in the place of a party at a time: itself while it lasts, nobody if it left none."""
    standing: set[str] = set()
    seen: set[str] = set()
    asked = [name]
    while asked:
        each = asked.pop()
        found = party(connection, each)
        if found is None or each in seen:
            continue
        seen.add(each)
        # What is asked for at FOREVER is who stands in the end, so an end in the future has come.
        if found.ended_us > at_us or found.ended_us == FOREVER:
            standing.add(each)
        else:
            asked += _heirs(connection, each)
    return tuple(sorted(standing))


def heir(connection: Connection, name: str, at_us: int) -> str:
    """Who alone stands in the place of a party: itself while it lasts, and where nobody knows of it.

    Raises ``PartyEnded`` where nobody does, or several: whom of them was meant nobody can say.
    """
    if party(connection, name) is None:
        return name
    standing = successors(connection, name, at_us)
    if len(standing) != 1:
        instead = f"{' and '.join(standing)} stand in its place" if standing else "it left no successor"
        raise PartyEnded(f"The party {name!r} has ended, and {instead}; say anew who is meant.")
    return standing[0]


def lineage(connection: Connection, name: str) -> frozenset[str]:
    """The party and all in whose place it stands, by whatever they were called before."""
    found, asked = {name}, [name]
    while asked:
        before = select(PARTY_SUCCESSION.c.predecessor).where(PARTY_SUCCESSION.c.successor == asked.pop())
        fresh = set(connection.scalars(before)) - found
        found |= fresh
        asked += fresh
    return frozenset(found)


def register_party(change: Change, name: str, kind: PartyKind, belongs_to: str = "") -> None:
    """Registers a party and records it; raises ``AlreadyRegistered``, ``UnknownParty`` or ``UnfitHolder``."""
    add_party(change, name, kind, belongs_to)
    change.record(
        EntryType.OWNERSHIP_PARTY, {"party": name, "party_kind": kind.value, "belongs_to": belongs_to}
    )


def add_party(change: Change, name: str, kind: PartyKind, belongs_to: str = "") -> None:
    """``register_party`` for those who record it themselves."""
    connection = change.connection
    if party(connection, name) is not None:
        raise AlreadyRegistered(f"There is a party {name!r} already; names are never given twice.")
    if (kind is PartyKind.ORG_UNIT) is bool(belongs_to):
        raise UnfitHolder("A person, group or service belongs to an org unit, and an org unit to none.")
    if belongs_to and require_party(connection, belongs_to, FOREVER).kind is not PartyKind.ORG_UNIT:
        raise UnfitHolder(f"{belongs_to!r} is not an org unit, so nobody belongs to it.")
    connection.execute(
        insert(PARTY).values(
            id=name,
            kind=kind.value,
            belongs_to=belongs_to,
            recorded_us=change.at_us,
            revision=change.revision,
            ended_us=FOREVER,
            ended_revision=0,
        )
    )


def end_party(change: Change, name: str, effective_us: int) -> None:
    """Says when a party ends; what it holds must have gone to others."""
    ends = update(PARTY).where(PARTY.c.id == name)
    change.connection.execute(ends.values(ended_us=effective_us, ended_revision=change.revision))


def add_succession(change: Change, predecessor: str, successor: str, kind: str, effective_us: int) -> None:
    """Says who stands in whose place, and since when."""
    change.connection.execute(
        insert(PARTY_SUCCESSION).values(
            predecessor=predecessor,
            successor=successor,
            kind=kind,
            effective_us=effective_us,
            recorded_us=change.at_us,
            revision=change.revision,
        )
    )


def _heirs(connection: Connection, name: str) -> list[str]:
    heirs = select(PARTY_SUCCESSION.c.successor).where(PARTY_SUCCESSION.c.predecessor == name)
    return list(connection.scalars(heirs))


def _party(row: Row[Any]) -> Party:
    rest: Sequence[Any] = row[2:]
    return Party(row.id, PartyKind(row.kind), *rest)

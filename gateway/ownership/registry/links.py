"""How assets hang together: what is part of what, and derived from what. The graph has no cycles."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, and_, bindparam, insert, select, update

from audit.entry import EntryType
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.errors import NotFound
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.errors import AlreadyRegistered, CyclicLink
from gateway.ownership.registry.facets import LinkKind
from gateway.ownership.registry.tables import ASSET_LINK

# What is believed now and was not closed.
LATEST = FOREVER - 1
# Values that one statement asks for.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    """``child`` is part of, or derived from, ``parent``, as believed over ``recorded_*``."""

    child: str
    parent: str
    kind: LinkKind
    recorded_from_us: int
    recorded_to_us: int
    revision: int


_COLUMNS = [ASSET_LINK.c[field] for field in Link.__slots__]


def parents(connection: Connection, asset: str, known_at_us: int = LATEST) -> tuple[Link, ...]:
    """What the asset is part of or derived from."""
    return _links(connection, _believed(known_at_us).where(ASSET_LINK.c.child == asset))


def children(connection: Connection, asset: str, known_at_us: int = LATEST) -> tuple[Link, ...]:
    """What is part of the asset or derived from it."""
    return _links(connection, _believed(known_at_us).where(ASSET_LINK.c.parent == asset))


def ancestry(connection: Connection, assets: Iterable[str], known_at_us: int = LATEST) -> tuple[Link, ...]:
    """Every link above these assets, all the way up."""
    return _reachable(connection, assets, known_at_us, _ABOVE, "parent")


def progeny(connection: Connection, assets: Iterable[str], known_at_us: int = LATEST) -> tuple[Link, ...]:
    """Every link below these assets, all the way down."""
    return _reachable(connection, assets, known_at_us, _BELOW, "child")


def link(change: Change, child: str, parent: str, kind: LinkKind) -> None:
    """Says that ``child`` is part of or derived from ``parent``, and records it.

    Raises ``UnknownAsset``, ``AlreadyRegistered`` for a link that is there, or ``CyclicLink``.
    """
    add_link(change, child, parent, kind)
    change.record(
        EntryType.OWNERSHIP_LINKED, {"asset": child, "parent": parent, "link": kind.value, "believed": True}
    )


def add_link(change: Change, child: str, parent: str, kind: LinkKind) -> None:
    """``link`` for those who record it themselves."""
    connection = change.connection
    require_asset(connection, child)
    require_asset(connection, parent)
    above = {each.parent for each in ancestry(connection, [parent])} | {parent}
    if child in above:
        raise CyclicLink(f"{parent!r} stands on {child!r} already, so {child!r} cannot stand on it.")
    if any(each.parent == parent and each.kind is kind for each in parents(connection, child)):
        raise AlreadyRegistered(f"{child!r} is {kind.value} {parent!r} already.")
    connection.execute(
        insert(ASSET_LINK).values(
            child=child,
            parent=parent,
            kind=kind.value,
            recorded_from_us=change.at_us,
            recorded_to_us=FOREVER,
            revision=change.revision,
            closed_revision=0,
        )
    )


def unlink(change: Change, child: str, parent: str, kind: LinkKind) -> None:
    """Says that a link was believed by mistake, and records it; raises ``NotFound``."""
    this = and_(ASSET_LINK.c.child == child, ASSET_LINK.c.parent == parent, ASSET_LINK.c.kind == kind.value)
    closing = update(ASSET_LINK).where(this, ASSET_LINK.c.recorded_to_us == FOREVER)
    closed = change.connection.execute(
        closing.values(recorded_to_us=change.at_us, closed_revision=change.revision)
    )
    if closed.rowcount == 0:
        raise NotFound(f"{child!r} is not {kind.value} {parent!r}.")
    change.record(
        EntryType.OWNERSHIP_LINKED, {"asset": child, "parent": parent, "link": kind.value, "believed": False}
    )


def _believed(known_at_us: int) -> Select[Any]:
    return select(*_COLUMNS).where(
        ASSET_LINK.c.recorded_from_us <= known_at_us, ASSET_LINK.c.recorded_to_us > known_at_us
    )


def _links(connection: Connection, chosen: Select[Any]) -> tuple[Link, ...]:
    rows = connection.execute(chosen.order_by(ASSET_LINK.c.child, ASSET_LINK.c.kind, ASSET_LINK.c.parent))
    return tuple(_link(row) for row in rows)


def _reachable(
    connection: Connection, assets: Iterable[str], known_at_us: int, step: Select[Any], end: str
) -> tuple[Link, ...]:
    """Goes on from each link's ``end``; PostgreSQL would read all links for one recursive query."""
    asked = list(dict.fromkeys(assets))
    reached = set(asked)
    found: dict[Link, None] = {}
    while asked:
        values = {"asked": asked[:_AT_ONCE], "known_at_us": known_at_us}
        links = [_link(row) for row in connection.execute(step, values)]
        found |= dict.fromkeys(links)
        ends = dict.fromkeys(str(getattr(each, end)) for each in links)
        asked = [*asked[_AT_ONCE:], *(each for each in ends if each not in reached)]
        reached.update(ends)
    return tuple(found)


def _step(near: Column[Any]) -> Select[Any]:
    """The links of some assets; made once, for making a statement costs more than asking it."""
    return select(*_COLUMNS).where(
        near.in_(bindparam("asked", expanding=True)),
        ASSET_LINK.c.recorded_to_us > bindparam("known_at_us"),
        ASSET_LINK.c.recorded_from_us <= bindparam("known_at_us"),
    )


def _link(row: Row[Any]) -> Link:
    recorded = (row.recorded_from_us, row.recorded_to_us, row.revision)
    return Link(row.child, row.parent, LinkKind(row.kind), *recorded)


_ABOVE, _BELOW = _step(ASSET_LINK.c.child), _step(ASSET_LINK.c.parent)

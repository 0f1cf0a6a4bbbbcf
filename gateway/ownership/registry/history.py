"""Assertions as they stand in the table: what was said of whom, for when, and when we believed it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from gateway.control.schema import FOREVER
from gateway.ownership.registry.facets import Basis, Facet
from gateway.ownership.registry.tables import OWNERSHIP_ASSERTION as TABLE

# A known_at at which everything is believed that is believed now.
LATEST = FOREVER - 1
# Values that one statement asks for.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Assertion:
    """``holder`` has ``facet`` of ``asset`` over ``valid_*``, as believed over ``recorded_*``.

    Times are microseconds since 1970 UTC, intervals half-open. ``reference`` names what it rests on.
    ``restates`` is the id of the assertion of which this is what was left, 0 if it is none's.
    ``revision`` is the change that asserted it, ``closed_revision`` the one that ended belief in it, or 0.
    """

    id: int
    asset: str
    facet: Facet
    holder: str
    basis: Basis
    reference: str
    restates: int
    valid_from_us: int
    valid_to_us: int
    recorded_from_us: int
    recorded_to_us: int
    revision: int
    closed_revision: int


# Made once, for making a statement costs more than asking it.
_ASKED = select(TABLE).where(
    TABLE.c.asset == bindparam("asset"),
    TABLE.c.facet == bindparam("facet"),
    TABLE.c.recorded_to_us > bindparam("known_at_us"),
    TABLE.c.recorded_from_us <= bindparam("known_at_us"),
    TABLE.c.valid_to_us > bindparam("valid_at_us"),
    TABLE.c.valid_from_us <= bindparam("valid_at_us"),
)

_ALL_OF = select(TABLE).where(
    TABLE.c.asset.in_(bindparam("asked", expanding=True)),
    TABLE.c.recorded_to_us > bindparam("known_at_us"),
    TABLE.c.recorded_from_us <= bindparam("known_at_us"),
)


def asserted(
    connection: Connection, asset: str, facet: Facet, valid_at_us: int, known_at_us: int = LATEST
) -> Assertion | None:
    """The assertion that says who held the facet at ``valid_at_us``, as known at ``known_at_us``."""
    asked = {"asset": asset, "facet": facet.value, "valid_at_us": valid_at_us, "known_at_us": known_at_us}
    row = connection.execute(_ASKED, asked).one_or_none()
    return None if row is None else _assertion(row)


def held_between(  # noqa: PLR0913 - an interval of one facet, as known at one time
    connection: Connection,
    asset: str,
    facet: Facet,
    from_us: int,
    to_us: int,
    *,
    known_at_us: int = LATEST,
) -> tuple[Assertion, ...]:
    """What was asserted of a facet for any part of an interval, in the order of valid time."""
    chosen = _believed(known_at_us).where(
        TABLE.c.asset == asset,
        TABLE.c.facet == facet.value,
        TABLE.c.valid_to_us > from_us,
        TABLE.c.valid_from_us < to_us,
    )
    return _read(connection, chosen.order_by(TABLE.c.valid_from_us))


def timeline(
    connection: Connection, asset: str, facet: Facet | None = None, known_at_us: int | None = None
) -> tuple[Assertion, ...]:
    """Every assertion ever made of an asset, on both axes; or only what was believed at ``known_at_us``."""
    chosen = select(TABLE) if known_at_us is None else _believed(known_at_us)
    chosen = chosen.where(TABLE.c.asset == asset)
    if facet is not None:
        chosen = chosen.where(TABLE.c.facet == facet.value)
    order = (TABLE.c.facet, TABLE.c.recorded_from_us, TABLE.c.valid_from_us, TABLE.c.id)
    return _read(connection, chosen.order_by(*order))


def held_by(
    connection: Connection, holder: str, from_us: int, known_at_us: int = LATEST
) -> tuple[Assertion, ...]:
    """What is asserted of a party for any time from ``from_us`` on, by asset and facet."""
    chosen = _believed(known_at_us).where(TABLE.c.holder == holder, TABLE.c.valid_to_us > from_us)
    return _read(connection, chosen.order_by(TABLE.c.asset, TABLE.c.facet, TABLE.c.valid_from_us))


def believed_of(
    connection: Connection, assets: Iterable[str], known_at_us: int = LATEST
) -> tuple[Assertion, ...]:
    """All assertions of some assets that were believed at a time, for whatever valid time."""
    asked = list(dict.fromkeys(assets))
    found: list[Assertion] = []
    for start in range(0, len(asked), _AT_ONCE):
        values = {"asked": asked[start : start + _AT_ONCE], "known_at_us": known_at_us}
        found += [_assertion(row) for row in connection.execute(_ALL_OF, values)]
    return tuple(found)


def _believed(known_at_us: int) -> Select[Any]:
    return select(TABLE).where(TABLE.c.recorded_from_us <= known_at_us, TABLE.c.recorded_to_us > known_at_us)


def _read(connection: Connection, chosen: Select[Any]) -> tuple[Assertion, ...]:
    return tuple(_assertion(row) for row in connection.execute(chosen))


def _assertion(row: Row[Any]) -> Assertion:
    rest: Sequence[Any] = row[5:]
    return Assertion(row.id, row.asset, Facet(row.facet), row.holder, Basis(row.basis), *rest)

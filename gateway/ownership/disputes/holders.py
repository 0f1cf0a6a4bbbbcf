"""What disputes ask of the registry, and how a ruling moves a facet in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.ownership.disputes.values import Disposition
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.assets import asset
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.errors import PartyEnded
from gateway.ownership.registry.facets import AssetType, Basis, Facet
from gateway.ownership.registry.history import held_between
from gateway.ownership.registry.parties import party, successors
from gateway.ownership.registry.registration import NewAsset, register_asset


@dataclass(frozen=True, slots=True)
class Moved:
    """A facet that a ruling or settlement gave to ``holder``, until ``until_us`` (None: no end)."""

    facet: str
    holder: str
    from_us: int
    until_us: int | None


def standing(connection: Connection, name: str, at_us: int) -> tuple[str, ...]:
    """The org units that speak for a party at a time: its own, its successors', or none."""
    heirs = (party(connection, heir) for heir in successors(connection, name, at_us))
    return tuple(dict.fromkeys(heir.unit for heir in heirs if heir is not None))


def asset_type(connection: Connection, name: str) -> str:
    """The type of an asset; empty for one that is not registered."""
    found = asset(connection, name)
    return found.type.value if found else ""


def contesting(  # noqa: PLR0913, PLR0917 - a facet over an interval, as it stands now
    connection: Connection, name: str, facet: str, from_us: int, to_us: int, at_us: int
) -> tuple[str, ...]:
    """The org units that hold a facet for any part of an interval, by assertion or by default."""
    said = [each.holder for each in held_between(connection, name, Facet(facet), from_us, to_us)]
    now = owner(connection, name, Facet(facet), at_us)
    names = dict.fromkeys([*said, *([now.holder] if now else [])])
    return tuple(dict.fromkeys(unit for each in names for unit in standing(connection, each, at_us)))


def taken(connection: Connection, name: str, facet: str, at_us: int) -> bool:
    """Whether somebody was said to hold the facet, now or later; what holds by default is not taken."""
    claims = held_between(connection, name, Facet(facet), at_us, FOREVER)
    return any(claim.basis is not Basis.DEFAULT for claim in claims)


def move(
    change: Change, name: str, dispositions: Iterable[Disposition], until_us: int | None, reference: str
) -> tuple[Moved, ...]:
    """Gives each facet to whom the dispositions say, or to who stands in that party's place.

    Raises ``PartyEnded`` where nobody does or several do, and what ``assert_facet`` raises.
    """
    return tuple(_move(change, name, each, until_us, reference) for each in dispositions if each.holder)


def register(
    change: Change, name: str, kind: str, dispositions: Iterable[Disposition], reference: str
) -> tuple[Moved, ...]:
    """Registers what a mandate was about, with those who were awarded its facets.

    It stays theirs when the award's term ends, until somebody else is named: nothing is without an owner.
    """
    holders = {Facet(each.facet): _heir(change, each.holder) for each in dispositions if each.holder}
    owned_by = holders.pop(Facet.ACCOUNTABLE_OWNER)
    new = NewAsset(
        id=name,
        type=AssetType(kind),
        owner=owned_by,
        basis=Basis.RULING,
        registered_us=change.at_us,
        facets=holders,
        reference=reference,
    )
    register_asset(change, new)
    everything = {Facet.ACCOUNTABLE_OWNER: owned_by, **holders}
    return tuple(Moved(facet.value, holder, change.at_us, None) for facet, holder in everything.items())


def _move(change: Change, name: str, given: Disposition, until_us: int | None, reference: str) -> Moved:
    from_us = change.at_us if given.valid_from_us is None else given.valid_from_us
    holder = _heir(change, given.holder)
    assert_facet(
        change,
        asset=name,
        facet=Facet(given.facet),
        holder=holder,
        basis=Basis.RULING,
        valid_from_us=from_us,
        valid_to_us=FOREVER if until_us is None else until_us,
        reference=reference,
    )
    return Moved(given.facet, holder, from_us, until_us)


def _heir(change: Change, name: str) -> str:
    heirs = successors(change.connection, name, change.at_us)
    if len(heirs) != 1:
        raise PartyEnded(
            f"{name!r} has ended, and {'several stand' if heirs else 'nobody stands'} in its place."
        )
    return heirs[0]

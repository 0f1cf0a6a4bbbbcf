"""Ownership over time: who held what when, what was ever said, and what came to be believed otherwise."""

from dataclasses import dataclass

from pydantic import Field
from sqlalchemy import Connection

from gateway.ownership.registry import history, revisions
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.beliefs import facets_of
from gateway.ownership.registry.facets import Basis, Facet
from gateway.ownership.registry.history import LATEST, Assertion
from gateway.views.assets import HeldView, held_views
from gateway.views.base import End, Moment, Told, end, moment


@dataclass(frozen=True, slots=True)
class AsOf:
    """When something held, as known when; None: now."""

    valid_at_us: int | None = None
    known_at_us: int | None = None


class OwnersView(Told):
    """Who held what of an asset at one time, as known at one time."""

    asset: str
    valid_at: End = Field(description="Null: now.")
    known_at: End = Field(description="Null: as known now.")
    facets: dict[Facet, HeldView]


class AssertionView(Told):
    """What was said of a facet, for when, and how long it was believed."""

    id: int
    facet: Facet
    holder: str
    basis: Basis
    reference: str = Field(description="What it rests on: a transfer, a ruling, a reorganisation.")
    valid_from: Moment
    valid_to: End
    recorded_from: Moment
    recorded_to: End
    revision: int
    closed_revision: int = Field(description="The change that ended belief in it, or 0.")


class TimelineView(Told):
    """Everything that was ever said of an asset's ownership."""

    asset: str
    assertions: list[AssertionView]


class ShiftView(Told):
    """Where one belief gave way to another; null: nobody's."""

    facet: Facet
    valid_from: Moment
    valid_to: End
    before: AssertionView | None
    after: AssertionView | None


class DiffView(Told):
    """What was believed otherwise at the later moment than at the earlier one."""

    asset: str
    earlier: Moment
    later: Moment
    shifts: list[ShiftView]


def owners(connection: Connection, asset: str, facet: Facet | None, now_us: int, as_of: AsOf) -> OwnersView:
    """Who held what of an asset; raises ``UnknownAsset``."""
    require_asset(connection, asset)
    valid_us = now_us if as_of.valid_at_us is None else as_of.valid_at_us
    held = facets_of(connection, asset, valid_us, LATEST if as_of.known_at_us is None else as_of.known_at_us)
    chosen = {each: held[each] for each in held if facet in {None, each}}
    return OwnersView(
        asset=asset,
        valid_at=None if as_of.valid_at_us is None else moment(as_of.valid_at_us),
        known_at=None if as_of.known_at_us is None else moment(as_of.known_at_us),
        facets=held_views(chosen),
    )


def timeline(
    connection: Connection, asset: str, facet: Facet | None, known_at_us: int | None
) -> TimelineView:
    """Every assertion of an asset, or those believed at one time; raises ``UnknownAsset``."""
    require_asset(connection, asset)
    found = history.timeline(connection, asset, facet, known_at_us)
    return TimelineView(asset=asset, assertions=[assertion_view(each) for each in found])


def diff(connection: Connection, asset: str, earlier_us: int, later_us: int) -> DiffView:
    """What of an asset came to be believed otherwise; raises ``UnknownAsset``."""
    require_asset(connection, asset)
    shifts = [
        ShiftView(
            facet=each.facet,
            valid_from=moment(each.valid_from_us),
            valid_to=end(each.valid_to_us),
            before=None if each.before is None else assertion_view(each.before),
            after=None if each.after is None else assertion_view(each.after),
        )
        for each in revisions.belief_diff(connection, earlier_us, later_us, asset)
    ]
    return DiffView(asset=asset, earlier=moment(earlier_us), later=moment(later_us), shifts=shifts)


def assertion_view(said: Assertion) -> AssertionView:
    """One assertion."""
    return AssertionView(
        id=said.id,
        facet=said.facet,
        holder=said.holder,
        basis=said.basis,
        reference=said.reference,
        valid_from=moment(said.valid_from_us),
        valid_to=end(said.valid_to_us),
        recorded_from=moment(said.recorded_from_us),
        recorded_to=end(said.recorded_to_us),
        revision=said.revision,
        closed_revision=said.closed_revision,
    )

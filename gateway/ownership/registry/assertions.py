"""Asserting who holds a facet: what it replaces is closed, and what is left of that is said again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, update

from audit.entry import EntryType, Facts, ResourceRef
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.ownership.registry.assets import AssetRow, require_asset
from gateway.ownership.registry.errors import BadInterval, UnfitHolder
from gateway.ownership.registry.facets import NEVER_A_SERVICE, Basis, Facet, PartyKind
from gateway.ownership.registry.history import Assertion, asserted, held_between
from gateway.ownership.registry.parties import require_party
from gateway.ownership.registry.tables import OWNERSHIP_ASSERTION

# 2000-01-01: an earlier time was counted in seconds or milliseconds, or is a slip.
_EARLIEST_US = 946_684_800_000_000
# A hundred years: a later time was counted in nanoseconds, or comes from a clock gone wrong.
_FARTHEST_US = 3_155_760_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That ``holder`` has ``facet`` of ``asset`` over a half-open interval in the world."""

    asset: str
    facet: Facet
    holder: str
    basis: Basis
    valid_from_us: int
    valid_to_us: int = FOREVER
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Asserted:
    """What an assertion did: itself, and what was believed of its time until then."""

    assertion: Assertion
    replaced: tuple[Assertion, ...]


def assert_facet(  # noqa: PLR0913 - what an assertion says
    change: Change,
    *,
    asset: str,
    facet: Facet,
    holder: str,
    basis: Basis,
    valid_from_us: int,
    valid_to_us: int = FOREVER,
    reference: str = "",
) -> Asserted:
    """Asserts and records who holds a facet over an interval, in place of whoever was believed to.

    What was believed of the time before and after stays. Raises ``UnknownAsset``, ``UnknownParty``,
    ``PartyEnded``, ``BadInterval`` or ``UnfitHolder``. It asks neither who may do this nor whether the facet
    is disputed: that is for the operation.
    """
    claim = Claim(
        asset=asset,
        facet=facet,
        holder=holder,
        basis=basis,
        valid_from_us=valid_from_us,
        valid_to_us=valid_to_us,
        reference=reference,
    )
    done = write_claim(change, claim)
    past = valid_from_us < change.at_us
    kind = EntryType.OWNERSHIP_CORRECTED if past else EntryType.OWNERSHIP_ASSERTED
    change.record(kind, _facts(done), resource_ref(change, asset))
    return done


def write_claim(change: Change, claim: Claim) -> Asserted:
    """``assert_facet`` for those who record it themselves."""
    owned = require_asset(change.connection, claim.asset)
    require_interval(change, claim.valid_from_us, claim.valid_to_us)
    _require_life(owned, claim.valid_from_us)
    _require_fit(change, claim)
    replaced = held_between(
        change.connection, claim.asset, claim.facet, claim.valid_from_us, claim.valid_to_us
    )
    (assertion,) = replace_all(change, [(each, claim) for each in replaced], [claim])
    return Asserted(assertion, replaced)


def replace_all(
    change: Change, replaced: Sequence[tuple[Assertion, Claim]], claims: Sequence[Claim]
) -> list[Assertion]:
    """Puts claims in the place of what is believed, many at once, and gives them as they stand now.

    ``replaced`` are the assertions whose time a claim takes, each with that claim. For those who have made
    sure that the claims can be, and that nothing else is believed of their times.
    """
    _close(change, [old for old, _ in replaced])
    _write(change, [(rest, old.restates or old.id) for old, claim in replaced for rest in _rest(old, claim)])
    return _write(change, [(claim, 0) for claim in claims])


def require_interval(change: Change, from_us: int, to_us: int = FOREVER) -> None:
    """Raises ``BadInterval`` for one that is reversed or empty, or whose times cannot be meant."""
    if from_us >= to_us:
        raise BadInterval("The interval ends before it begins.")
    latest_us = change.at_us + _FARTHEST_US
    if from_us < _EARLIEST_US or from_us > latest_us or (to_us != FOREVER and to_us > latest_us):
        raise BadInterval(
            "A time is before the year 2000 or over a hundred years ahead: check its unit, and the clock."
        )


def resource_ref(change: Change, asset: str) -> ResourceRef:
    """The asset as a record names it, with whoever is accountable for it as the change stands."""
    found = require_asset(change.connection, asset)
    owner = asserted(change.connection, asset, Facet.ACCOUNTABLE_OWNER, change.at_us)
    return ResourceRef(asset, found.type.value, owner.holder if owner else "", found.weight_hash)


def until(moment_us: int) -> int | None:
    """The end of an interval as a record says it: none for one without, which no JSON number could hold."""
    return None if moment_us == FOREVER else moment_us


def _require_life(owned: AssetRow, from_us: int) -> None:
    if from_us < owned.registered_us:
        raise BadInterval(
            f"{owned.id!r} is registered from a later time on; nobody held anything of it before."
        )


def _require_fit(change: Change, claim: Claim) -> None:
    holder = require_party(change.connection, claim.holder, claim.valid_to_us)
    if holder.kind is PartyKind.SERVICE and claim.facet in NEVER_A_SERVICE:
        raise UnfitHolder(f"A service cannot be {claim.facet.value}: people answer for that.")


def _close(change: Change, old: Sequence[Assertion]) -> None:
    closing = update(OWNERSHIP_ASSERTION).where(OWNERSHIP_ASSERTION.c.id == bindparam("old"))
    closing = closing.values(recorded_to_us=change.at_us, closed_revision=change.revision)
    if old:
        change.connection.execute(closing, [{"old": each.id} for each in old])


def _rest(old: Assertion, claim: Claim) -> Iterator[Claim]:
    """What of the old assertion's time lies outside the new one's is believed as before."""
    before = (old.valid_from_us, min(old.valid_to_us, claim.valid_from_us))
    after = (max(old.valid_from_us, claim.valid_to_us), old.valid_to_us)
    for from_us, to_us in (before, after):
        if from_us < to_us:
            yield Claim(
                asset=old.asset,
                facet=old.facet,
                holder=old.holder,
                basis=old.basis,
                valid_from_us=from_us,
                valid_to_us=to_us,
                reference=old.reference,
            )


def _write(change: Change, said: Sequence[tuple[Claim, int]]) -> list[Assertion]:
    """Writes claims, each with the assertion that it restates or 0."""
    rows = [_row(change, claim, restates) for claim, restates in said]
    if not rows:
        return []
    adding = insert(OWNERSHIP_ASSERTION).returning(OWNERSHIP_ASSERTION.c.id, sort_by_parameter_order=True)
    ids = change.connection.scalars(adding, rows).all()
    return [
        Assertion(
            number,
            claim.asset,
            claim.facet,
            claim.holder,
            claim.basis,
            claim.reference,
            restates,
            claim.valid_from_us,
            claim.valid_to_us,
            change.at_us,
            FOREVER,
            change.revision,
            0,
        )
        for number, (claim, restates) in zip(ids, said, strict=True)
    ]


def _row(change: Change, claim: Claim, restates: int) -> dict[str, str | int]:
    return {
        "asset": claim.asset,
        "facet": claim.facet.value,
        "holder": claim.holder,
        "basis": claim.basis.value,
        "reference": claim.reference,
        "restates": restates,
        "valid_from_us": claim.valid_from_us,
        "valid_to_us": claim.valid_to_us,
        "recorded_from_us": change.at_us,
        "recorded_to_us": FOREVER,
        "revision": change.revision,
        "closed_revision": 0,
    }


def _facts(done: Asserted) -> dict[str, Facts]:
    said = done.assertion
    return {
        "assertion": said.id,
        "facet": said.facet.value,
        "holder": said.holder,
        "basis": said.basis.value,
        "reference": said.reference,
        "valid_from_us": said.valid_from_us,
        "valid_to_us": until(said.valid_to_us),
        "replaced": [each.id for each in done.replaced],
        "before": [*sorted({each.holder for each in done.replaced})],
    }

"""Org units are renamed, merged, split and dissolved; what they held goes to who stands in their place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from audit.entry import EntryType, Facts
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.errors import Impossible
from gateway.ownership.registry.assertions import Claim, replace_all, require_interval
from gateway.ownership.registry.errors import BadInterval, StillHolds, UnfitHolder
from gateway.ownership.registry.facets import PartyKind
from gateway.ownership.registry.history import Assertion, held_by
from gateway.ownership.registry.parties import add_party, add_succession, end_party, party, require_party
from gateway.ownership.rights.carrying import carry_rights

# Assertions that one record names: a record takes 65,535 bytes, and names and ids are bounded.
_IN_ONE_RECORD = 150
# Assets that a refusal names.
_NAMED = 5


class Reshaping(StrEnum):
    """What becomes of org units."""

    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    DISSOLVE = "dissolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorganisation:
    """What happens to ``units`` at ``effective_us``.

    The first of ``successors`` receives all that goes to none by name; ``apportioned`` names the successor
    of single assets. A unit that is among its own successors lasts; the others end. A successor that is not
    registered becomes an org unit. ``reference`` names the decision that it rests on.
    """

    kind: Reshaping
    units: tuple[str, ...]
    successors: tuple[str, ...]
    effective_us: int
    apportioned: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """One assertion that goes over: the old one, who holds the facet now, and the new assertion's id."""

    old: Assertion
    holder: str
    assertion: int


def reorganise(change: Change, plan: Reorganisation) -> tuple[Moved, ...]:
    """Does and records a reorganisation; each facet goes over on the ground on which it was held.

    Times before ``effective_us``, which has come, keep their holders. Grants and delegations of a unit that
    ends go to the first successor from now on. Raises ``Impossible`` for a plan that contradicts
    itself, ``PartyEnded`` for a unit that has ended, ``StillHolds`` for one that would leave something
    behind, and then nothing is changed.
    """
    _require_sound(plan)
    _require_come(change, plan.effective_us)
    for unit in plan.units:
        _require_unit(change, unit)
    for successor in plan.successors:
        if party(change.connection, successor) is None:
            add_party(change, successor, PartyKind.ORG_UNIT)
        _require_unit(change, successor)
    held = [old for unit in plan.units for old in held_by(change.connection, unit, plan.effective_us)]
    _require_heirs(plan, held)
    moved = _move(change, plan, [old for old in held if _heir(plan, old) != old.holder])
    for unit in plan.units:
        _succeed(change, plan, unit)
    _record(change, plan, moved)
    ended = [unit for unit in plan.units if unit not in plan.successors]
    if ended and plan.successors:
        carry_rights(change, ended, plan.successors[0])
    return moved


def _require_sound(plan: Reorganisation) -> None:
    counts = (len(plan.units), len(plan.successors))
    fits = {
        Reshaping.RENAME: counts == (1, 1),
        Reshaping.MERGE: counts[0] > 1 and counts[1] == 1,
        Reshaping.SPLIT: counts[0] == 1 and counts[1] > 1,
        Reshaping.DISSOLVE: counts[0] > 0 and counts[1] == 0,
    }
    if not fits[plan.kind]:
        raise Impossible(
            "A rename takes one unit to one, a merger several to one, a split one to several, and a"
            " dissolution has no successor."
        )
    if any(len(set(names)) < len(names) for names in (plan.units, plan.successors)):
        raise Impossible("A unit stands twice in the reorganisation.")
    if plan.kind is Reshaping.RENAME and plan.units == plan.successors:
        raise Impossible("A rename needs another name.")
    strangers = sorted(set(plan.apportioned.values()) - set(plan.successors))
    if strangers:
        raise Impossible(
            f"Assets are apportioned to {', '.join(strangers)}, which are not among the successors."
        )


def _require_come(change: Change, effective_us: int) -> None:
    """Rights follow at once, so what is still to come is recorded when it has come."""
    require_interval(change, effective_us)
    if effective_us > change.at_us:
        raise BadInterval("A reorganisation is recorded once it has taken effect, not before.")


def _require_unit(change: Change, name: str) -> None:
    if require_party(change.connection, name, FOREVER).kind is not PartyKind.ORG_UNIT:
        raise UnfitHolder(f"{name!r} is not an org unit, and only those are reorganised.")


def _require_heirs(plan: Reorganisation, held: Sequence[Assertion]) -> None:
    assets = sorted({each.asset for each in held})
    if assets and not plan.successors:
        named = ", ".join(assets[:_NAMED]) + (" and more" if len(assets) > _NAMED else "")
        raise StillHolds(
            f"{' and '.join(plan.units)} hold facets of {named}, and would leave nobody in their place;"
            " transfer them first, or name a successor."
        )
    unheld = sorted(set(plan.apportioned) - set(assets))
    if unheld:
        raise Impossible(f"Nothing of {', '.join(unheld[:_NAMED])} is held that could be apportioned.")


def _heir(plan: Reorganisation, old: Assertion) -> str:
    return plan.apportioned.get(old.asset, plan.successors[0])


def _move(change: Change, plan: Reorganisation, going: Sequence[Assertion]) -> tuple[Moved, ...]:
    # All at once, for others wait meanwhile. Each claim takes the time of its own assertion and of no other.
    claims = [_claim(plan, old) for old in going]
    said = replace_all(change, list(zip(going, claims, strict=True)), claims)
    return tuple(Moved(old, new.holder, new.id) for old, new in zip(going, said, strict=True))


def _claim(plan: Reorganisation, old: Assertion) -> Claim:
    return Claim(
        asset=old.asset,
        facet=old.facet,
        holder=_heir(plan, old),
        basis=old.basis,
        valid_from_us=max(old.valid_from_us, plan.effective_us),
        valid_to_us=old.valid_to_us,
        reference=plan.reference or old.reference,
    )


def _succeed(change: Change, plan: Reorganisation, unit: str) -> None:
    for successor in plan.successors:
        if successor != unit:
            add_succession(change, unit, successor, plan.kind.value, plan.effective_us)
    if unit not in plan.successors:
        end_party(change, unit, plan.effective_us)


def _record(change: Change, plan: Reorganisation, moved: Sequence[Moved]) -> None:
    said: dict[str, Facts] = {
        "reorganisation": plan.kind.value,
        "units": list(plan.units),
        "successors": list(plan.successors),
        "effective_us": plan.effective_us,
        "reference": plan.reference,
    }
    for part in _parts(moved) or [()]:
        change.record(EntryType.OWNERSHIP_REORGANISED, {**said, "moved": _moves(part)})


def _parts(moved: Sequence[Moved]) -> list[Sequence[Moved]]:
    return [moved[start : start + _IN_ONE_RECORD] for start in range(0, len(moved), _IN_ONE_RECORD)]


def _moves(moved: Iterable[Moved]) -> list[Facts]:
    return [
        {
            "asset": each.old.asset,
            "facet": each.old.facet.value,
            "before": each.old.holder,
            "holder": each.holder,
            "replaced": each.old.id,
            "assertion": each.assertion,
        }
        for each in moved
    ]

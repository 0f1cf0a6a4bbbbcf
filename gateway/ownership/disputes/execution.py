"""Carrying out: what a ruling or settlement disposes of moves in the registry, in the same change."""

from collections.abc import Iterable

from audit.entry import Facts
from gateway.control.changes import Change
from gateway.ownership.disputes import holders
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.holders import Moved
from gateway.ownership.disputes.values import Disposition, Settlement
from gateway.ownership.registry.facets import Facet


def ruling(change: Change, case: Case) -> dict[str, Facts]:
    """Carries out the ruling of a dispute, and says what the record of it says.

    The record carries the review date under the names that scorecards read: ``review_id``, ``review_us`` and
    ``review_of``. Raises what the registry raises.
    """
    decided = case.ruling
    if decided is None:
        raise AssertionError("what is final has a ruling")
    moved = _carry_out(change, case, decided.dispositions, decided.term_us)
    facts: dict[str, Facts] = {"ruling": decided.number, "moved": _told(moved)}
    if decided.review_us is not None:
        bound = [each.holder for each in moved] + [each.party for each in decided.conditions]
        facts |= {
            "review_id": case.id,
            "review_us": decided.review_us,
            "review_of": bound[0] if bound else "",
        }
    return facts


def settlement(change: Change, case: Case, agreed: Settlement) -> dict[str, Facts]:
    """Carries out what the parties agreed on."""
    return {"settlement": agreed.number, "moved": _told(_carry_out(change, case, agreed.dispositions, None))}


def _carry_out(
    change: Change, case: Case, dispositions: Iterable[Disposition], until_us: int | None
) -> tuple[Moved, ...]:
    given = [each for each in dispositions if each.holder]
    if holders.asset_type(change.connection, case.asset):
        return holders.move(change, case.asset, given, until_us, case.id)
    if Facet.ACCOUNTABLE_OWNER not in {each.facet for each in given}:
        return ()
    return holders.register(change, case.asset, case.asset_type, given, case.id)


def _told(moved: Iterable[Moved]) -> list[Facts]:
    return [
        {"facet": each.facet, "holder": each.holder, "from_us": each.from_us, "until_us": each.until_us}
        for each in moved
    ]

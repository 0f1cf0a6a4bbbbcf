"""How dispositions come out for those who claimed: pure."""

from collections.abc import Iterable

from audit.entry import Facts
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.values import Claim, Disposition, Kind, Result, Ruling


def granted(claim: Claim, holder: str) -> bool:
    """Whether the claimant holds what it claimed."""
    return claim.party == holder


def result(case: Case, dispositions: Iterable[Disposition]) -> Result:
    """How it came out for whoever opened the dispute; for a mandate, for the applicants together."""
    holders = {each.facet: each.holder for each in dispositions}
    if case.kind is Kind.MANDATE:
        awarded = {holders.get(facet, "") for facet in case.facets}
        if awarded == {""}:
            return Result.DISMISSED
        return Result.UPHELD if len(awarded) == 1 else Result.SPLIT
    own = [claim for claim in case.claims if claim.party == case.initiator]
    won = [claim for claim in own if granted(claim, holders.get(claim.facet, ""))]
    if not won:
        return Result.DISMISSED
    return Result.UPHELD if len(won) == len(own) else Result.SPLIT


def ruled_facts(case: Case, draft: Ruling) -> dict[str, Facts]:
    """What the record of a ruling says beside its draft: how it came out, and who dissented."""
    votes = case.votes_on(draft)
    return {
        "ruling": draft.number,
        "outcome": result(case, draft.dispositions).value,
        "in_favour": [vote.adjudicator for vote in votes if vote.in_favour],
        "dissenting": [vote.adjudicator for vote in votes if not vote.in_favour],
    }

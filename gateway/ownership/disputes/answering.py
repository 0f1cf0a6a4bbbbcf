"""Who must answer a claim: whoever holds what is claimed, when it is claimed and when it is admitted."""

from collections.abc import Iterable

from audit.entry import Facts
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.holders import contesting
from gateway.ownership.disputes.values import Claim, Kind, Party, Side


def respondents(
    change: Change, asset: str, claims: Iterable[Claim], known: Iterable[Party]
) -> tuple[Party, ...]:
    """Who must answer these claims and is no party yet: those who hold what is claimed."""
    there = {party.id for party in known}
    found = [
        unit
        for claim in claims
        for unit in contesting(
            change.connection,
            asset,
            claim.facet,
            claim.valid_from_us,
            FOREVER if claim.valid_to_us is None else claim.valid_to_us,
            change.at_us,
        )
    ]
    return tuple(Party(unit, Side.RESPONDENT) for unit in dict.fromkeys(found) if unit not in there)


def admission(change: Change, case: Case) -> dict[str, Facts]:
    """What the record of an admission says: who has come to hold what is claimed since it was claimed.

    From here on nothing moves, so whoever holds it now is the last who must answer.
    """
    if case.kind is Kind.MANDATE:
        return {"parties": []}
    return {"parties": parties_facts(respondents(change, case.asset, case.claims, case.parties))}


def parties_facts(parties: Iterable[Party]) -> list[Facts]:
    """Parties as an event and its record say them."""
    return [{"id": party.id, "side": party.side.value} for party in parties]

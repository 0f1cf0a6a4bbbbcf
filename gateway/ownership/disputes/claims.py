"""Claims as they are taken up: who must answer them, and that nobody claims what is decided or under way."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from audit.entry import Facts
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.errors import AlreadyDecided, Impossible, MatterDisputed
from gateway.ownership.disputes import precedents, texts
from gateway.ownership.disputes.asked import ClaimAsked, microseconds
from gateway.ownership.disputes.case import Case, adapter
from gateway.ownership.disputes.journal import in_state, load
from gateway.ownership.disputes.people import Succession, stands_for
from gateway.ownership.disputes.states import BOUND, State
from gateway.ownership.disputes.tables import DISPUTE
from gateway.ownership.disputes.values import Claim
from gateway.ownership.registry.facets import Basis


def take_up(
    change: Change, dispute: str, party: str, asked: Iterable[ClaimAsked], first: int
) -> tuple[Claim, ...]:
    """The claims of a party, numbered from ``first``; raises ``Impossible`` for what contradicts itself."""
    claims = tuple(_claim(change, dispute, party, each, number) for number, each in enumerate(asked, first))
    if len({claim.facet for claim in claims}) != len(claims):
        raise Impossible("A party claims a facet once; two claims to one contradict each other.")
    return claims


def require_open(change: Change, case: Case, claims: Iterable[Claim], successors: Succession) -> None:
    """Raises ``MatterDisputed`` or ``AlreadyDecided`` for what another dispute is or was about."""
    for claim in claims:
        other = _under_way(change.connection, case, claim.facet)
        if other:
            raise MatterDisputed(
                f"Dispute {other} is about {claim.facet} of {case.asset} already; join it instead.",
                reason_admin=f"pending as {other}",
            )
        _require_undecided(change, case, claim, successors)


def facts(claims: Iterable[Claim]) -> list[Facts]:
    """Claims as an event and its record say them."""
    dumped: list[Facts] = adapter(list[Claim]).dump_python(list(claims), mode="json")
    return dumped


def _claim(change: Change, dispute: str, party: str, asked: ClaimAsked, number: int) -> Claim:
    if asked.basis is Basis.DEFAULT:
        raise Impossible("What holds by default is no ground to claim anything.")
    from_us = microseconds(asked.valid_from) if asked.valid_from else change.at_us
    to_us, arose_us = microseconds(asked.valid_to), microseconds(asked.arose)
    if to_us is not None and (from_us or 0) >= to_us:
        raise Impossible("The claimed time ends before it begins.")
    if arose_us is not None and arose_us > change.at_us:
        raise Impossible("The ground lies in the future: it cannot have arisen yet.")
    return Claim(
        number=number,
        party=party,
        facet=asked.facet.value,
        basis=asked.basis.value,
        valid_from_us=from_us or 0,
        valid_to_us=to_us,
        statement=texts.keep(change, dispute, asked.statement),
        arose_us=arose_us,
    )


def _under_way(connection: Connection, case: Case, facet: str) -> str:
    about = DISPUTE.c.asset == case.asset, DISPUTE.c.id != case.id
    under_way = DISPUTE.c.id.in_(in_state(State.FILED, *BOUND))
    for dispute in connection.scalars(select(DISPUTE.c.id).where(*about, under_way)):
        other = load(connection, dispute)
        if facet in other.facets:
            return other.id
    return ""


def _require_undecided(change: Change, case: Case, claim: Claim, successors: Succession) -> None:
    to_us = FOREVER if claim.valid_to_us is None else claim.valid_to_us
    rows = precedents.decided(change.connection, case.asset, claim.facet, claim.valid_from_us, to_us)
    units = successors(claim.party)
    for row in rows:
        if row.dispute == case.id or (claim.arose_us is not None and claim.arose_us > row.decided_us):
            continue
        before = load(change.connection, row.dispute)
        if any(stands_for(before, unit, successors) for unit in units):
            raise AlreadyDecided(
                f"Dispute {row.dispute} decided who holds {claim.facet} of {case.asset}; claim it again only"
                " on a ground that arose since.",
                reason_admin=f"res judicata by {row.dispute}",
            )

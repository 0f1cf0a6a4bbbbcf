"""Reads over disputes and mandates: one with all that belongs to it, or a list."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.ownership.disputes import exhibits, measures, texts
from gateway.ownership.disputes.adjudication import Kept, recommendations
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.exhibits import Exhibit
from gateway.ownership.disputes.journal import in_state, load
from gateway.ownership.disputes.measures import Measure
from gateway.ownership.disputes.states import BOUND, State
from gateway.ownership.disputes.tables import DISPUTE
from gateway.ownership.disputes.texts import Text
from gateway.ownership.registry.facets import WEIGHTED
from gateway.ownership.registry.links import progeny


@dataclass(frozen=True, slots=True)
class File:
    """A dispute with everything that the control database holds of it."""

    case: Case
    texts: dict[str, Text]
    measures: tuple[Measure, ...]
    exhibits: tuple[Exhibit, ...]
    recommendations: tuple[Kept, ...]

    @property
    def due_us(self) -> int | None:
        """When silence takes effect; None where nothing is waited for."""
        return self.case.due_us


def find(connection: Connection, dispute: str) -> File:
    """The file of a dispute or mandate; raises ``NotFound``."""
    return File(
        load(connection, dispute),
        texts.of_dispute(connection, dispute),
        measures.of_dispute(connection, dispute),
        exhibits.of_dispute(connection, dispute),
        recommendations(connection, dispute),
    )


def listing(  # noqa: PLR0913 - each narrows the list
    connection: Connection,
    *,
    kind: str = "",
    state: str = "",
    party: str = "",
    asset: str = "",
    after: str = "",
    limit: int = 100,
) -> tuple[Case, ...]:
    """Disputes and mandates by id, those behind ``after``; empty means any."""
    query = select(DISPUTE.c.id).where(DISPUTE.c.id > after).order_by(DISPUTE.c.id)
    if state:
        query = query.where(DISPUTE.c.id.in_(in_state(state)))
    for column, value in ((DISPUTE.c.kind, kind), (DISPUTE.c.asset, asset)):
        if value:
            query = query.where(column == value)
    found: list[Case] = []
    for dispute in connection.scalars(query):
        case = load(connection, dispute)
        if not party or party in {each.id for each in case.parties}:
            found.append(case)
        if len(found) == limit:
            break
    return tuple(found)


def overdue_reviews(connection: Connection, at_us: int) -> tuple[Case, ...]:
    """Executed rulings whose review date has passed without a review."""
    executed = listing(connection, state=State.EXECUTED.value, limit=2**31)
    return tuple(
        case
        for case in executed
        if case.ruling and case.ruling.review_us and case.ruling.review_us <= at_us and not case.reviewed
    )


def under_hold(connection: Connection) -> frozenset[tuple[str, str, str]]:
    """Dispute, department and asset of each legal hold that must be in force, while one is bound.

    The assets are the disputed one and what stands on it, for calls to an adapter are calls to its base
    model. Where the matter is about something that no call names, it is all that the department keeps.
    """
    bound = (load(connection, dispute) for dispute in connection.scalars(in_state(*BOUND)))
    return frozenset(
        (case.id, party.id, asset)
        for case in bound
        for asset in _called(connection, case)
        for party in case.parties
    )


def _called(connection: Connection, case: Case) -> frozenset[str]:
    if case.asset_type not in WEIGHTED:
        return frozenset({""})
    return frozenset({case.asset, *(link.child for link in progeny(connection, [case.asset]))})

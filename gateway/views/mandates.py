"""Mandates as everybody may know of them, and their applications side by side for those concerned."""

from collections.abc import Sequence

from pydantic import Field, JsonValue
from sqlalchemy import Connection

from gateway.errors import NotFound
from gateway.ownership.disputes import cases, mandates
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.cases import File
from gateway.ownership.disputes.measured import Measured
from gateway.ownership.disputes.states import State
from gateway.ownership.disputes.values import Kind
from gateway.views.base import Audience, End, Moment, Narrow, Query, Shelf, Told, View, moment


class MandateView(View):
    """What can be applied for; whoever is concerned finds the rest under the same id among disputes."""

    id: str
    asset: str
    asset_type: str
    facets: list[str]
    state: State
    since: Moment
    due: End
    applicants: list[str]

    @property
    def audience(self) -> Audience:
        """Who does not know of a mandate cannot apply for it; a draft is its author's alone."""
        return "nobody" if self.state is State.DRAFT else "everybody"

    @property
    def key(self) -> str:
        """Its id."""
        return self.id

    @property
    def concerned(self) -> frozenset[str]:
        """The applicants."""
        return frozenset(self.applicants)


class ApplicationView(Told):
    """One department's application."""

    party: str
    facets: list[str]
    basis: str
    statement: str
    plan: str
    cost: int = Field(description="A year's, in the currency's smallest unit.")
    conditions: list[str]
    measured: dict[str, JsonValue] | None = Field(
        None, description="The applicant's scorecard and use, where asked for; null is unknown, never zero."
    )


class ComparisonView(Told):
    """All applications for a mandate, in the order in which they came."""

    mandate: str
    applications: list[ApplicationView]
    entries: int | None = Field(None, description="How many entries of the log were counted, if any.")


class MandateQuery(Query):
    """Which mandates."""

    state: State | None = Field(None, description="Only those that stand there.")
    asset: Narrow = Field("", description="Only for this asset.")


def find(connection: Connection, name: str, now_us: int) -> MandateView:
    """The mandate of this id; raises ``NotFound``."""
    del now_us
    file = cases.find(connection, name)
    if file.case.kind is not Kind.MANDATE:
        raise NotFound("There is no such mandate.")
    return _view(file)


def some(
    connection: Connection, query: MandateQuery, after: str, limit: int, now_us: int
) -> Sequence[MandateView]:
    """Mandates by id, which is by time."""
    del now_us
    found: Sequence[Case] = cases.listing(
        connection,
        kind=Kind.MANDATE.value,
        state=query.state.value if query.state else "",
        asset=query.asset,
        after=after,
        limit=limit,
    )
    return [_view(cases.find(connection, each.id)) for each in found]


def compare(connection: Connection, name: str, measured: Measured | None = None) -> ComparisonView:
    """The applications side by side, with what was measured of each if that is given; raises ``NotFound``."""
    known = measured.by_party if measured else {}
    applications = [
        ApplicationView(
            party=each.party,
            facets=list(each.facets),
            basis=each.basis,
            statement=each.statement,
            plan=each.plan,
            cost=each.cost,
            conditions=list(each.conditions),
            measured=known.get(each.party),
        )
        for each in mandates.comparison(connection, name)
    ]
    entries = measured.entries if measured else None
    return ComparisonView(mandate=name, applications=applications, entries=entries)


SHELF = Shelf("mandate", "mandates", MandateView, MandateQuery, find, some)


def _view(file: File) -> MandateView:
    case = file.case
    return MandateView(
        id=case.id,
        asset=case.asset,
        asset_type=case.asset_type,
        facets=list(case.facets),
        state=case.state,
        since=moment(case.since_us),
        due=None if file.due_us is None else moment(file.due_us),
        applicants=[each.id for each in case.parties],
    )

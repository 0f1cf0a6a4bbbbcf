"""Disputes, as they are told to their parties, the panel, the clerk and auditors."""

from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import Connection

from gateway.ownership.disputes import cases, measures
from gateway.ownership.disputes.cases import File
from gateway.ownership.disputes.states import State
from gateway.ownership.disputes.values import Kind
from gateway.ownership.registry.parties import successors
from gateway.views.base import End, Moment, Narrow, Query, Shelf, Told, View, moment
from gateway.views.dispute_parts import (
    ClaimView,
    ExhibitView,
    MeasureView,
    RulingView,
    Said,
    SeatView,
    SettlementView,
    SideView,
    StatementView,
    claim_view,
    disposition_views,
    exhibit_view,
    measure_view,
    optional_moment,
    ruling_view,
    seat_view,
)

# Before these are over, the other side has not been told.
_UNHEARD = frozenset({State.DRAFT, State.FILED, State.INADMISSIBLE})


class BindingView(MeasureView):
    """A measure that binds, with what it is about."""

    dispute: str
    asset: str


class DisputeView(View):
    """A dispute or mandate with all that was said in it; drafts of rulings are the panel's alone."""

    id: str
    kind: Kind
    asset: str
    asset_type: str
    initiator: str
    facets: list[str]
    state: State
    since: Moment
    due: End = Field(description="When silence takes effect; null where nothing is waited for.")
    instance: int
    parties: list[SideView]
    claims: list[ClaimView]
    statements: list[StatementView]
    panel: list[SeatView]
    exhibits: list[ExhibitView]
    measures: list[MeasureView]
    settlements: list[SettlementView]
    ruling: RulingView | None
    steps: int = Field(description="Steps taken so far.")

    @property
    def key(self) -> str:
        """Its id."""
        return self.id

    @property
    def about(self) -> str:
        """The asset."""
        return self.asset

    @property
    def concerned(self) -> frozenset[str]:
        """Whoever opened it; once it is admitted all parties, and the panel's members by their ids."""
        heard = self.state not in _UNHEARD
        sides = {
            name
            for party in self.parties
            if heard or party.id == self.initiator
            for name in (party.id, *party.now)
        }
        return frozenset(sides | ({seat.adjudicator for seat in self.panel} if heard else set()))

    @property
    def roles(self) -> frozenset[str]:
        """The clerk from filing on, and those who might sit on a panel from admission on."""
        if self.state is State.DRAFT:
            return frozenset()
        return frozenset({"clerk"} if self.state in _UNHEARD else {"clerk", "adjudicator"})


class DraftsView(Told):
    """The drafts of the present panel, which nobody else may see before it has ruled."""

    dispute: str
    drafts: list[RulingView]


class DisputeQuery(Query):
    """Which disputes."""

    kind: Kind = Field(Kind.DISPUTE, description="Disputes, or their peaceful twins.")
    state: State | None = Field(None, description="Only those that stand there.")
    party: Narrow = Field("", description="Only with this party.")
    asset: Narrow = Field("", description="Only about this asset.")


def find(connection: Connection, name: str, now_us: int) -> DisputeView:
    """The dispute or mandate of this id; raises ``NotFound``."""
    return _view(connection, cases.find(connection, name), now_us)


def some(
    connection: Connection, query: DisputeQuery, after: str, limit: int, now_us: int
) -> Sequence[DisputeView]:
    """Disputes by id, which is by time."""
    found = cases.listing(
        connection,
        kind=query.kind.value,
        state=query.state.value if query.state else "",
        party=query.party,
        asset=query.asset,
        after=after,
        limit=limit,
    )
    return [_view(connection, cases.find(connection, each.id), now_us) for each in found]


SHELF = Shelf("dispute", "disputes", DisputeView, DisputeQuery, find, some)


def drafts(connection: Connection, name: str, adjudicator: str) -> DraftsView:
    """The drafts before the panel on which this adjudicator sits; others find none. Raises ``NotFound``."""
    file = cases.find(connection, name)
    sits = adjudicator in {seat.adjudicator for seat in file.case.bench}
    own = [each for each in file.case.drafts if sits and each.instance == file.case.instance]
    return DraftsView(dispute=name, drafts=[ruling_view(file.case, each, Said(file.texts)) for each in own])


def binding(connection: Connection, now_us: int) -> list[BindingView]:
    """Every interim measure that binds now, by asset."""
    return [
        BindingView(dispute=each.dispute, asset=each.asset, **measure_view(each).model_dump())
        for each in measures.in_force(connection, now_us)
    ]


def _view(connection: Connection, file: File, now_us: int) -> DisputeView:
    case, said = file.case, Said(file.texts)
    return DisputeView(
        id=case.id,
        kind=case.kind,
        asset=case.asset,
        asset_type=case.asset_type,
        initiator=case.initiator,
        facets=list(case.facets),
        state=case.state,
        since=moment(case.since_us),
        due=optional_moment(file.due_us),
        instance=case.instance,
        parties=[
            SideView(id=each.id, side=each.side, now=list(successors(connection, each.id, now_us)))
            for each in case.parties
        ],
        claims=[claim_view(each, said) for each in case.claims],
        statements=[
            StatementView(party=each.party, step=each.step, text=said(each.digest), at=moment(each.at_us))
            for each in case.statements
        ],
        panel=[seat_view(each) for each in case.seats],
        exhibits=[exhibit_view(each) for each in file.exhibits],
        measures=[measure_view(each) for each in file.measures],
        settlements=[
            SettlementView(
                number=each.number,
                party=each.party,
                dispositions=disposition_views(each.dispositions),
                terms=said(each.terms),
                accepted=sorted(each.accepted),
            )
            for each in case.settlements
        ],
        ruling=None if case.ruling is None else ruling_view(case, case.ruling, said),
        steps=len(case.events),
    )

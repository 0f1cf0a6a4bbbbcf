"""Disputes, as they are told to their parties, the panel, the clerk and auditors."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field
from sqlalchemy import Connection

from gateway.ownership.disputes import cases, exhibits, measures
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.cases import File
from gateway.ownership.disputes.states import State
from gateway.ownership.disputes.texts import Text
from gateway.ownership.disputes.values import Claim, Disposition, Kind, MeasureKind, Ruling, Seat, Side
from gateway.ownership.parties import successors
from gateway.views.base import End, Moment, Narrow, Query, Shelf, Told, View, end, moment

# Before these are over, the other side has not been told.
_UNHEARD = frozenset({State.DRAFT, State.FILED, State.INADMISSIBLE})


class SideView(Told):
    """A party."""

    id: str
    side: Side
    now: list[str] = Field(description="Who acts for it now: itself, or whoever has taken its place.")


class ClaimView(Told):
    """What a party asks for, and why; of an applicant also its plan, cost and conditions."""

    number: int
    party: str
    facet: str
    basis: str
    valid_from: Moment
    valid_to: End
    statement: str
    plan: str
    cost: int
    conditions: list[str]


class StatementView(Told):
    """What a party said for itself."""

    party: str
    step: str
    text: str
    at: Moment


class SeatView(Told):
    """An adjudicator of the panel, by opaque subject id."""

    adjudicator: str
    department: str
    instance: int
    state: Literal["offered", "sits", "left"]


class ExhibitView(Told):
    """An audit query frozen with the hash of its result."""

    number: int
    party: str
    name: str
    entries: int
    tree_size: int
    result_sha256: str


class MeasureView(Told):
    """What binds the asset meanwhile."""

    kind: MeasureKind
    facets: list[str]
    departments: list[str]
    valid_from: Moment
    until: End


class BindingView(MeasureView):
    """A measure that binds, with what it is about."""

    dispute: str
    asset: str


class DispositionView(Told):
    """Who is to hold a facet; an empty holder leaves it as it is."""

    facet: str
    holder: str


class VoteView(Told):
    """A panel member's vote, with the opinion of one who dissents."""

    adjudicator: str
    in_favour: bool
    opinion: str


class RulingView(Told):
    """A ruling, or a draft of one, with its votes."""

    number: int
    instance: int
    dispositions: list[DispositionView]
    reasons: str
    conditions: list[str]
    term: End
    review: End
    votes: list[VoteView]


class SettlementView(Told):
    """What parties agree on, or would."""

    number: int
    party: str
    dispositions: list[DispositionView]
    terms: str
    accepted: list[str]


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
    return DraftsView(dispute=name, drafts=[_ruling(file.case, each, _Said(file.texts)) for each in own])


def binding(connection: Connection, now_us: int) -> list[BindingView]:
    """Every interim measure that binds now, by asset."""
    return [
        BindingView(dispute=each.dispute, asset=each.asset, **_measure(each).model_dump())
        for each in measures.in_force(connection, now_us)
    ]


class _Said:
    """Texts by their digests; nothing for none."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self._texts = texts

    def __call__(self, digest: str) -> str:
        return self._texts[digest].text if digest else ""


def _view(connection: Connection, file: File, now_us: int) -> DisputeView:
    case, said = file.case, _Said(file.texts)
    return DisputeView(
        id=case.id,
        kind=case.kind,
        asset=case.asset,
        asset_type=case.asset_type,
        initiator=case.initiator,
        facets=list(case.facets),
        state=case.state,
        since=moment(case.since_us),
        due=_moment(file.due_us),
        instance=case.instance,
        parties=[
            SideView(id=each.id, side=each.side, now=list(successors(connection, each.id, now_us)))
            for each in case.parties
        ],
        claims=[_claim(each, said) for each in case.claims],
        statements=[
            StatementView(party=each.party, step=each.step, text=said(each.digest), at=moment(each.at_us))
            for each in case.statements
        ],
        panel=[_seat(each) for each in case.seats],
        exhibits=[_exhibit(each) for each in file.exhibits],
        measures=[_measure(each) for each in file.measures],
        settlements=[
            SettlementView(
                number=each.number,
                party=each.party,
                dispositions=_dispositions(each.dispositions),
                terms=said(each.terms),
                accepted=sorted(each.accepted),
            )
            for each in case.settlements
        ],
        ruling=None if case.ruling is None else _ruling(case, case.ruling, said),
        steps=len(case.events),
    )


def _claim(claim: Claim, said: _Said) -> ClaimView:
    return ClaimView(
        number=claim.number,
        party=claim.party,
        facet=claim.facet,
        basis=claim.basis,
        valid_from=moment(claim.valid_from_us),
        valid_to=_moment(claim.valid_to_us),
        statement=said(claim.statement),
        plan=said(claim.plan),
        cost=claim.cost,
        conditions=[said(each) for each in claim.conditions],
    )


def _seat(seat: Seat) -> SeatView:
    return SeatView(
        adjudicator=seat.adjudicator,
        department=seat.department,
        instance=seat.instance,
        state="left" if seat.left else "sits" if seat.sits else "offered",
    )


def _exhibit(exhibit: exhibits.Exhibit) -> ExhibitView:
    return ExhibitView(
        number=exhibit.number,
        party=exhibit.party,
        name=exhibit.name,
        entries=len(exhibit.frozen.indexes),
        tree_size=exhibit.frozen.tree_size,
        result_sha256=exhibit.frozen.result_sha256,
    )


def _measure(measure: measures.Measure) -> MeasureView:
    return MeasureView(
        kind=measure.kind,
        facets=list(measure.facets),
        departments=list(measure.departments),
        valid_from=moment(measure.from_us),
        until=end(measure.until_us),
    )


def _ruling(case: Case, ruling: Ruling, said: _Said) -> RulingView:
    return RulingView(
        number=ruling.number,
        instance=ruling.instance,
        dispositions=_dispositions(ruling.dispositions),
        reasons=said(ruling.reasons),
        conditions=[f"{each.party}: {said(each.text)}" for each in ruling.conditions],
        term=_moment(ruling.term_us),
        review=_moment(ruling.review_us),
        votes=[
            VoteView(adjudicator=each.adjudicator, in_favour=each.in_favour, opinion=said(each.opinion))
            for each in case.votes_on(ruling)
        ],
    )


def _dispositions(found: Sequence[Disposition]) -> list[DispositionView]:
    return [DispositionView(facet=each.facet, holder=each.holder) for each in found]


def _moment(at_us: int | None) -> str | None:
    return None if at_us is None else moment(at_us)

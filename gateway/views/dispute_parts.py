"""The parts of which a dispute consists, as they are told."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from gateway.ownership.disputes import exhibits, measures
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.texts import Text
from gateway.ownership.disputes.values import Claim, Disposition, MeasureKind, Ruling, Seat, Side
from gateway.views.base import End, Moment, Told, end, moment


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


class Said:
    """Texts by their digests; nothing for none."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self._texts = texts

    def __call__(self, digest: str) -> str:
        """The text of a digest, in the words that were written."""
        return self._texts[digest].text if digest else ""


def claim_view(claim: Claim, said: Said) -> ClaimView:
    """What a party asks for, with its texts."""
    return ClaimView(
        number=claim.number,
        party=claim.party,
        facet=claim.facet,
        basis=claim.basis,
        valid_from=moment(claim.valid_from_us),
        valid_to=optional_moment(claim.valid_to_us),
        statement=said(claim.statement),
        plan=said(claim.plan),
        cost=claim.cost,
        conditions=[said(each) for each in claim.conditions],
    )


def seat_view(seat: Seat) -> SeatView:
    """A seat, and whether somebody sits on it."""
    return SeatView(
        adjudicator=seat.adjudicator,
        department=seat.department,
        instance=seat.instance,
        state="left" if seat.left else "sits" if seat.sits else "offered",
    )


def exhibit_view(exhibit: exhibits.Exhibit) -> ExhibitView:
    """An exhibit, without its entries."""
    return ExhibitView(
        number=exhibit.number,
        party=exhibit.party,
        name=exhibit.name,
        entries=len(exhibit.frozen.indexes),
        tree_size=exhibit.frozen.tree_size,
        result_sha256=exhibit.frozen.result_sha256,
    )


def measure_view(measure: measures.Measure) -> MeasureView:
    """A measure, without what it is about."""
    return MeasureView(
        kind=measure.kind,
        facets=list(measure.facets),
        departments=list(measure.departments),
        valid_from=moment(measure.from_us),
        until=end(measure.until_us),
    )


def ruling_view(case: Case, ruling: Ruling, said: Said) -> RulingView:
    """A ruling with its texts and votes."""
    return RulingView(
        number=ruling.number,
        instance=ruling.instance,
        dispositions=disposition_views(ruling.dispositions),
        reasons=said(ruling.reasons),
        conditions=[f"{each.party}: {said(each.text)}" for each in ruling.conditions],
        term=optional_moment(ruling.term_us),
        review=optional_moment(ruling.review_us),
        votes=[
            VoteView(adjudicator=each.adjudicator, in_favour=each.in_favour, opinion=said(each.opinion))
            for each in case.votes_on(ruling)
        ],
    )


def disposition_views(found: Sequence[Disposition]) -> list[DispositionView]:
    """Who is to hold what."""
    return [DispositionView(facet=each.facet, holder=each.holder) for each in found]


def optional_moment(at_us: int | None) -> str | None:
    """A moment, if there is one."""
    return None if at_us is None else moment(at_us)

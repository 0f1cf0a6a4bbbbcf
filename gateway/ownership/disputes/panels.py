"""What adjudicators do: offer to sit, step back, order measures, draft a ruling, vote, and rule."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import Conflict, Impossible
from gateway.ownership.disputes import measures
from gateway.ownership.disputes.asked import Conditions, Dispositions, DisputeId, microseconds
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.dispositions import facts, require_bound, require_complete, require_sound
from gateway.ownership.disputes.hearing import Hearing
from gateway.ownership.disputes.outcomes import ruled_facts
from gateway.ownership.disputes.states import State, Step
from gateway.ownership.disputes.texts import Prose
from gateway.ownership.disputes.values import PANEL, MeasureKind, Ruling, Side, Vote


class OfferSeat(Operation):
    """Offer to sit on the panel, and state that you have no interest in the matter."""

    kind: ClassVar[str] = "dispute.offer_seat"

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Nobody hears a matter in both instances."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.SEAT_OFFERED)
        if acting.subject.id in {event.actor for event in hearing.case.events}:
            raise Conflict("You acted in this matter before, so you cannot judge it, or not again.")
        hearing.take(Step.SEAT_OFFERED)
        return hearing.outcome(adjudicator=acting.subject.id)


class Recuse(Operation):
    """Leave the panel, with the reason."""

    kind: ClassVar[str] = "dispute.recuse"

    dispute: DisputeId
    reason: Prose = Field(description="Why you step back.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Your votes count no more; somebody else may be appointed."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.RECUSED)
        detail = {"adjudicator": acting.subject.id, "reason": hearing.keep(self.reason)}
        hearing.take(Step.RECUSED, detail)
        return hearing.outcome()


class OrderMeasure(Operation):
    """Order an interim measure, as a member of the panel."""

    kind: ClassVar[str] = "dispute.order_measure"

    dispute: DisputeId
    measure: MeasureKind = Field(description="What binds the asset until the dispute ends or it is lifted.")
    reason: Prose = Field(description="Why it cannot wait.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """It binds the pipeline with this change."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.MEASURE_ORDERED)
        detail = {"measure": self.measure.value, "reason": hearing.keep(self.reason)}
        hearing.take(Step.MEASURE_ORDERED, detail)
        _order(change, hearing.case, self.measure)
        return hearing.outcome(measure=self.measure.value)


class LiftMeasure(Operation):
    """Lift an interim measure, as a member of the panel."""

    kind: ClassVar[str] = "dispute.lift_measure"

    dispute: DisputeId
    measure: MeasureKind = Field(description="What shall bind no more.")
    reason: Prose = Field(description="Why it is not needed.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """What moves the disputed facets would decide the dispute, so the status quo stays."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.MEASURE_LIFTED)
        if self.measure is MeasureKind.STATUS_QUO:
            raise Conflict("The status quo holds until the dispute ends.")
        detail = {"measure": self.measure.value, "reason": hearing.keep(self.reason)}
        hearing.take(Step.MEASURE_LIFTED, detail)
        if not measures.lift(change, self.dispute, self.measure):
            raise Conflict("No such measure is in force.")
        return hearing.outcome(measure=self.measure.value)


class DraftRuling(Operation):
    """Draft a ruling for the panel to vote on: who holds what, on which conditions, why, and for how long."""

    kind: ClassVar[str] = "dispute.draft_ruling"

    dispute: DisputeId
    dispositions: Dispositions
    reasons: Prose = Field(description="The reasons of the ruling.")
    conditions: Conditions = ()
    term: AwareDatetime | None = Field(None, description="When what it gives ends; without it, never.")
    review: AwareDatetime | None = Field(None, description="When it must be looked at again.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """It decides every disputed facet, and nothing else."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.RULING_DRAFTED)
        case, number = hearing.case, len(hearing.case.drafts) + 1
        _require_panel(case)
        ruling = Ruling(
            number=number,
            instance=case.instance,
            author=acting.subject.id,
            dispositions=tuple(each.value() for each in self.dispositions),
            reasons=hearing.keep(self.reasons),
            conditions=tuple(each.value(hearing) for each in self.conditions),
            term_us=microseconds(self.term),
            review_us=microseconds(self.review),
        )
        _require_lawful(case, ruling, change.at_us)
        hearing.take(Step.RULING_DRAFTED, {"ruling": facts(ruling)})
        return hearing.outcome(ruling=number)


class CastVote(Operation):
    """Vote on a draft of a ruling, for it or against it, with a dissent or an opinion of your own."""

    kind: ClassVar[str] = "dispute.vote"

    dispute: DisputeId
    ruling: int = Field(gt=0, description="Number of the draft.")
    in_favour: bool = Field(description="Whether you are for it.")
    opinion: Prose | None = Field(None, description="A dissent, or reasons of your own.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """One vote on each draft, and for one draft only."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.VOTED)
        draft = _draft(hearing.case, self.ruling)
        _require_free(hearing.case, draft, acting.subject.id, in_favour=self.in_favour)
        opinion = hearing.keep(self.opinion or "")
        vote = Vote(draft.instance, draft.number, acting.subject.id, self.in_favour, opinion)
        hearing.take(Step.VOTED, {"vote": facts(vote)})
        return hearing.outcome(ruling=draft.number)


class Rule(Operation):
    """Make the draft that the panel voted for its ruling."""

    kind: ClassVar[str] = "dispute.rule"

    dispute: DisputeId
    ruling: int = Field(gt=0, description="Number of the draft.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Everybody on the panel has voted, more than half are for it, and no challenge waits."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.RULED)
        case, draft = hearing.case, _draft(hearing.case, self.ruling)
        _require_panel(case)
        sitting = {seat.adjudicator for seat in case.bench}
        silent = sitting - {vote.adjudicator for vote in case.votes_on(draft)}
        if silent:
            raise Conflict(f"{len(silent)} member(s) of the panel have not voted on this draft.")
        if case.majority != draft:
            raise Conflict("The panel is not for this draft.")
        if any(each.upheld is None and each.adjudicator in sitting for each in case.challenges):
            raise Conflict("A challenge of a member of the panel waits to be decided.")
        hearing.take(Step.RULED, ruled_facts(case, draft))
        return hearing.outcome(ruling=draft.number)


def _order(change: Change, case: Case, measure: MeasureKind) -> None:
    if measure is MeasureKind.UNION_OF_DENIES:
        both = case.parties_of(Side.CLAIMANT, Side.RESPONDENT)
        measures.order(change, case.id, measure, case.asset, departments=both)
    elif measure is MeasureKind.STATUS_QUO:
        measures.order(change, case.id, measure, case.asset, facets=case.facets)
    else:
        measures.order(change, case.id, measure, case.asset)


def _require_lawful(case: Case, ruling: Ruling, at_us: int) -> None:
    require_sound(case, ruling.dispositions, at_us)
    require_complete(case, ruling.dispositions)
    require_bound(case, ruling.conditions)
    for moment in (ruling.term_us, ruling.review_us, *(each.due_us for each in ruling.conditions)):
        if moment is not None and moment <= at_us:
            raise Impossible("A term, a review or a condition lies in the future, and this one is past.")
    if ruling.term_us is not None and ruling.review_us is None:
        raise Impossible("What ends must be looked at before: give a review date.")


def _require_panel(case: Case) -> None:
    if case.state is State.DELIBERATION and len(case.bench) < PANEL:
        raise Conflict(f"The panel has {len(case.bench)} of {PANEL} members, so it cannot rule.")


def _draft(case: Case, number: int) -> Ruling:
    for draft in case.drafts:
        if draft.number == number and draft.instance == case.instance:
            return draft
    raise Impossible(f"There is no draft {number} before this panel.")


def _require_free(case: Case, draft: Ruling, adjudicator: str, *, in_favour: bool) -> None:
    own = [vote for vote in case.votes if vote.adjudicator == adjudicator and vote.instance == case.instance]
    if any(vote.ruling == draft.number for vote in own):
        raise Conflict("You have voted on this draft; a vote stands.")
    if in_favour and any(vote.in_favour for vote in own):
        raise Conflict("You are for another draft already, and can be for one only.")


OPERATIONS: tuple[type[Operation], ...] = (
    OfferSeat,
    Recuse,
    OrderMeasure,
    LiftMeasure,
    DraftRuling,
    CastVote,
    Rule,
)

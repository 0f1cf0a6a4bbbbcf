"""What parties say for themselves: answers, joining, challenges, settlements, an appeal."""

from typing import ClassVar

from pydantic import Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import Conflict, Impossible
from gateway.ownership.disputes import execution
from gateway.ownership.disputes.asked import Dispositions, DisputeId
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.clerk import Adjudicator
from gateway.ownership.disputes.dispositions import facts, require_sound
from gateway.ownership.disputes.hearing import Hearing
from gateway.ownership.disputes.people import Succession, stands_for
from gateway.ownership.disputes.states import Step
from gateway.ownership.disputes.texts import Prose
from gateway.ownership.disputes.values import Challenge, Kind, Settlement, Side
from gateway.ownership.registry.parties import require_party


class Answer(Operation):
    """Answer what others say in a dispute that your department is a party of."""

    kind: ClassVar[str] = "dispute.answer"

    dispute: DisputeId
    statement: Prose = Field(description="The answer.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """As often as there is something to say, until the evidence is sealed."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.ANSWERED)
        hearing.take(Step.ANSWERED, {"statement": hearing.keep(self.statement)})
        return hearing.outcome()


class Join(Operation):
    """Join a dispute whose outcome concerns your department."""

    kind: ClassVar[str] = "dispute.join"

    dispute: DisputeId
    statement: Prose = Field(description="What your department asks for.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Whoever joins is heard, may claim, and may be bound; its denials bind nobody meanwhile."""
        hearing = Hearing(change, acting, self.dispute)
        if hearing.case.kind is Kind.MANDATE:
            raise Conflict("In a mandate there are applications; see mandate.apply.")
        hearing.party(Step.JOINED)
        require_party(change.connection, acting.subject.department, change.at_us + 1)
        statement = hearing.keep(self.statement)
        hearing.take(Step.JOINED, {"side": Side.INTERVENER.value, "statement": statement})
        return hearing.outcome()


class ChallengeAdjudicator(Operation):
    """Challenge an adjudicator whom your department does not trust to be impartial."""

    kind: ClassVar[str] = "dispute.challenge"

    dispute: DisputeId
    adjudicator: Adjudicator
    reason: Prose = Field(description="What speaks against the adjudicator.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """A party challenges an adjudicator once in an instance."""
        hearing = Hearing(change, acting, self.dispute)
        party, case = hearing.party(Step.CHALLENGED), hearing.case
        if self.adjudicator not in {seat.adjudicator for seat in case.bench}:
            raise Conflict("Only a member of the panel can be challenged.")
        made = {(each.party, each.adjudicator, each.instance) for each in case.challenges}
        if (party, self.adjudicator, case.instance) in made:
            raise Conflict("Your department challenged this adjudicator already.")
        number = len(case.challenges) + 1
        challenge = Challenge(number, party, self.adjudicator, case.instance, hearing.keep(self.reason))
        hearing.take(Step.CHALLENGED, {"challenge": facts(challenge)})
        return hearing.outcome(challenge=number)


class ProposeSettlement(Operation):
    """Propose how the parties of a dispute might agree."""

    kind: ClassVar[str] = "dispute.propose_settlement"

    dispute: DisputeId
    dispositions: Dispositions
    terms: Prose = Field(description="What else is agreed.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """It binds nobody until every party has accepted."""
        hearing = Hearing(change, acting, self.dispute)
        if hearing.case.kind is Kind.MANDATE:
            raise Conflict("What nobody holds is not the applicants' to share out; a panel awards it.")
        party = hearing.party(Step.SETTLEMENT_PROPOSED)
        given = tuple(each.value() for each in self.dispositions)
        require_sound(hearing.case, given, hearing.change.at_us)
        number = len(hearing.case.settlements) + 1
        settlement = Settlement(number, party, given, hearing.keep(self.terms), frozenset({party}))
        hearing.take(Step.SETTLEMENT_PROPOSED, {"settlement": facts(settlement)})
        return hearing.outcome(settlement=number)


class AcceptSettlement(Operation):
    """Accept a proposed settlement for your own department; with the last acceptance it is carried out."""

    kind: ClassVar[str] = "dispute.accept_settlement"
    changes_rights: ClassVar[bool] = True

    dispute: DisputeId
    settlement: int = Field(gt=0, description="Number of the settlement.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """A party that vanished without a successor has nobody to consent, so it need not."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.SETTLEMENT_ACCEPTED)
        proposed = {each.number: each for each in hearing.case.settlements}.get(self.settlement)
        if proposed is None:
            raise Impossible(f"There is no settlement {self.settlement} in this dispute.")
        own = stands_for(hearing.case, acting.subject.department, hearing.successors)
        if set(own) <= proposed.accepted:
            raise Conflict("Your department has accepted this settlement already.")
        hearing.take(Step.SETTLEMENT_ACCEPTED, {"settlement": self.settlement, "parties": list(own)})
        agreed = {each.number: each for each in hearing.case.settlements}[self.settlement]
        if not _missing(hearing.case, agreed, hearing.successors):
            hearing.follow(Step.SETTLED, execution.settlement(change, hearing.case, agreed))
        return hearing.outcome()


class Appeal(Operation):
    """Appeal against a ruling, once, to another panel."""

    kind: ClassVar[str] = "dispute.appeal"

    dispute: DisputeId
    statement: Prose = Field(description="What is wrong with the ruling.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Deliberation begins anew, before people who did not sit before."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.APPEALED)
        hearing.take(Step.APPEALED, {"statement": hearing.keep(self.statement)})
        return hearing.outcome()


def _missing(case: Case, settlement: Settlement, successors: Succession) -> set[str]:
    """The parties that have not accepted and still could."""
    return {party.id for party in case.parties if successors(party.id)} - settlement.accepted


OPERATIONS: tuple[type[Operation], ...] = (
    Answer,
    Join,
    ChallengeAdjudicator,
    ProposeSettlement,
    AcceptSettlement,
    Appeal,
)

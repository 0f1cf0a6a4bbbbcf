"""What the clerk does: let a dispute in or not, move it on, seat a panel, have a ruling carried out."""

from typing import Annotated, ClassVar

from pydantic import Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import Conflict
from gateway.ownership.disputes import execution
from gateway.ownership.disputes.answering import admission
from gateway.ownership.disputes.asked import DisputeId
from gateway.ownership.disputes.hearing import Hearing
from gateway.ownership.disputes.states import State, Step
from gateway.ownership.disputes.texts import Prose
from gateway.ownership.disputes.values import PANEL

Adjudicator = Annotated[
    str, Field(min_length=1, max_length=64, description="Opaque subject id of the adjudicator.")
]


class _Move(Operation):
    """Moves a dispute on; subclasses say which step that is."""

    step: ClassVar[Step]

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """One step of the procedure."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.take(self.step)
        return hearing.outcome()


class Admit(Operation):
    """Admit a filed dispute: interim measures and legal holds bind from now on."""

    kind: ClassVar[str] = "dispute.admit"

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Whoever has come to hold what is claimed is a party as well."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.ADMITTED)
        hearing.take(Step.ADMITTED, admission(change, hearing.case))
        return hearing.outcome()


class Reject(Operation):
    """Refuse a filed dispute as inadmissible, with reasons."""

    kind: ClassVar[str] = "dispute.reject"

    dispute: DisputeId
    reason: Prose = Field(description="Why it is inadmissible.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """The end of it; the parties may file again what is amended."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.take(Step.REJECTED, {"reason": hearing.keep(self.reason)})
        return hearing.outcome()


class Serve(_Move):
    """Serve notice on every party; their time to answer begins."""

    kind: ClassVar[str] = "dispute.serve"
    step: ClassVar[Step] = Step.SERVED


class OpenEvidence(_Move):
    """Open the time for exhibits."""

    kind: ClassVar[str] = "dispute.open_evidence"
    step: ClassVar[Step] = Step.EVIDENCE_OPENED


class Seal(_Move):
    """Seal the evidence: nothing can be added to it any more."""

    kind: ClassVar[str] = "dispute.seal"
    step: ClassVar[Step] = Step.SEALED


class Mediate(_Move):
    """Open mediation."""

    kind: ClassVar[str] = "dispute.mediate"
    step: ClassVar[Step] = Step.MEDIATION_OPENED


class Deliberate(Operation):
    """Hand the dispute to a full panel."""

    kind: ClassVar[str] = "dispute.deliberate"

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Without a full panel there is nobody to deliberate."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.DELIBERATION_OPENED)
        if hearing.case.state is State.MEDIATION and len(hearing.case.bench) < PANEL:
            raise Conflict(f"The panel has {len(hearing.case.bench)} of {PANEL} members; appoint the others.")
        hearing.take(Step.DELIBERATION_OPENED)
        return hearing.outcome()


class OpenAppeal(_Move):
    """Serve the ruling on the parties; the time to appeal begins."""

    kind: ClassVar[str] = "dispute.open_appeal"
    step: ClassVar[Step] = Step.APPEAL_OPENED


class Execute(Operation):
    """Carry out the final ruling: the registry says what it says from now on."""

    kind: ClassVar[str] = "dispute.execute"

    dispute: DisputeId

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """The assertions of the ruling and its execution are one change."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.EXECUTED)
        if hearing.case.state is not State.FINAL:
            hearing.take(Step.EXECUTED)
        hearing.take(Step.EXECUTED, execution.ruling(change, hearing.case))
        return hearing.outcome()


class Review(Operation):
    """Note that an executed ruling was reviewed, and what came of it."""

    kind: ClassVar[str] = "dispute.review"

    dispute: DisputeId
    statement: Prose = Field(description="What was found.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """A ruling is reviewed once; what must change takes a new dispute or transfer."""
        hearing = Hearing(change, acting, self.dispute)
        if hearing.case.reviewed:
            raise Conflict("This ruling was reviewed already.")
        statement = hearing.keep(self.statement)
        hearing.take(Step.REVIEWED, {"reviewed": self.dispute, "statement": statement})
        return hearing.outcome()


class Appoint(Operation):
    """Appoint to the panel an adjudicator who offered to sit."""

    kind: ClassVar[str] = "dispute.appoint"

    dispute: DisputeId
    adjudicator: Adjudicator

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Up to a full panel of this instance."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.APPOINTED)
        case = hearing.case
        seats = {seat.adjudicator: seat for seat in case.seats if seat.instance == case.instance}
        seat = seats.get(self.adjudicator)
        if seat is None or seat.left or seat.appointed:
            raise Conflict("Only somebody who offers to sit in this instance can be appointed, and once.")
        if len(case.bench) >= PANEL:
            raise Conflict(f"The panel has its {PANEL} members.")
        hearing.take(Step.APPOINTED, {"adjudicator": self.adjudicator})
        return hearing.outcome(adjudicator=self.adjudicator)


class DecideChallenge(Operation):
    """Decide a party's challenge of an adjudicator, with reasons."""

    kind: ClassVar[str] = "dispute.decide_challenge"

    dispute: DisputeId
    challenge: int = Field(gt=0, description="Number of the challenge.")
    upheld: bool = Field(description="Whether the adjudicator must leave the panel.")
    reason: Prose = Field(description="Why.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Each challenge is decided once."""
        hearing = Hearing(change, acting, self.dispute)
        hearing.party(Step.CHALLENGE_DECIDED)
        open_ones = {each.number for each in hearing.case.challenges if each.upheld is None}
        if self.challenge not in open_ones:
            raise Conflict(f"No challenge {self.challenge} waits to be decided.")
        reason = hearing.keep(self.reason)
        hearing.take(
            Step.CHALLENGE_DECIDED,
            {"challenge": self.challenge, "upheld": self.upheld, "reason": reason},
        )
        return hearing.outcome(challenge=self.challenge)


OPERATIONS: tuple[type[Operation], ...] = (
    Admit,
    Reject,
    Serve,
    OpenEvidence,
    Seal,
    Mediate,
    Deliberate,
    OpenAppeal,
    Execute,
    Review,
    Appoint,
    DecideChallenge,
)

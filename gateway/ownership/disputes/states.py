"""The procedure of disputes and mandates: which step may be taken where, by whom, and what silence means.

    draft -> filed -> admitted -> notice_served -> evidence_open -> evidence_sealed -> mediation
          -> deliberation -> ruled -> appeal_open -> final -> executed

A filed dispute may be inadmissible; parties may settle or withdraw; what nobody decides lapses. An appeal
leads back to deliberation, once, before another panel. Everything here is pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a dispute stands; the order of definition is that of the procedure."""

    DRAFT = "draft"
    FILED = "filed"
    ADMITTED = "admitted"
    NOTICE_SERVED = "notice_served"
    EVIDENCE_OPEN = "evidence_open"
    EVIDENCE_SEALED = "evidence_sealed"
    MEDIATION = "mediation"
    DELIBERATION = "deliberation"
    RULED = "ruled"
    APPEAL_OPEN = "appeal_open"
    FINAL = "final"
    EXECUTED = "executed"
    INADMISSIBLE = "inadmissible"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Step(StrEnum):
    """What is done in a dispute; each is one event, and one record ``dispute.<step>`` in the log."""

    OPENED = "opened"
    CLAIMED = "claimed"
    FILED = "filed"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    SERVED = "served"
    ANSWERED = "answered"
    JOINED = "joined"
    EVIDENCE_OPENED = "evidence_opened"
    EXHIBITED = "exhibited"
    SEALED = "sealed"
    MEDIATION_OPENED = "mediation_opened"
    SETTLEMENT_PROPOSED = "settlement_proposed"
    SETTLEMENT_ACCEPTED = "settlement_accepted"
    SETTLED = "settled"
    SEAT_OFFERED = "seat_offered"
    APPOINTED = "appointed"
    CHALLENGED = "challenged"
    CHALLENGE_DECIDED = "challenge_decided"
    RECUSED = "recused"
    MEASURE_ORDERED = "measure_ordered"
    MEASURE_LIFTED = "measure_lifted"
    RECOMMENDED = "recommended"
    DELIBERATION_OPENED = "deliberation_opened"
    RULING_DRAFTED = "ruling_drafted"
    VOTED = "voted"
    RULED = "ruled"
    APPEAL_OPENED = "appeal_opened"
    APPEALED = "appealed"
    BECAME_FINAL = "became_final"
    EXECUTED = "executed"
    REVIEWED = "reviewed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Who(StrEnum):
    """Who may take a step; the roles are those of principals in the settings."""

    INITIATOR = "initiator"  # role owner, for the party that opened the dispute
    PARTY = "party"  # role owner, for a party of the dispute
    OUTSIDER = "outsider"  # role owner, for a department that is no party yet
    CLERK = "clerk"  # role clerk, of no party
    ADJUDICATOR = "adjudicator"  # role adjudicator, a person of no party
    PANEL = "panel"  # the same, with a seat in this instance
    TIME = "time"  # nobody: silence, or another step, brings it about


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states a step may be taken, by whom, and where it leads; None stays where it is.

    ``instance`` 1 is the first hearing, 2 the appeal, 0 either.
    """

    who: Who
    sources: frozenset[State]
    target: State | None = None
    instance: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """How many days a state waits, and which step the silence of all stands for."""

    days: int
    step: Step


class StepRefused(ValueError):
    """The step cannot be taken where the dispute stands."""


def _span(first: State, last: State) -> frozenset[State]:
    order = list(State)
    return frozenset(order[order.index(first) : order.index(last) + 1])


FIRST, APPEAL = 1, 2

_HEARD = _span(State.NOTICE_SERVED, State.EVIDENCE_OPEN)
_OPEN = _span(State.ADMITTED, State.DELIBERATION)
_BOUND = _span(State.ADMITTED, State.FINAL)
_NEGOTIABLE = _span(State.NOTICE_SERVED, State.DELIBERATION)

RULES: Mapping[Step, Rule] = {
    Step.CLAIMED: Rule(Who.PARTY, _HEARD | {State.DRAFT}),
    Step.FILED: Rule(Who.INITIATOR, frozenset({State.DRAFT}), State.FILED),
    Step.ADMITTED: Rule(Who.CLERK, frozenset({State.FILED}), State.ADMITTED),
    Step.REJECTED: Rule(Who.CLERK, frozenset({State.FILED}), State.INADMISSIBLE),
    Step.SERVED: Rule(Who.CLERK, frozenset({State.ADMITTED}), State.NOTICE_SERVED),
    Step.ANSWERED: Rule(Who.PARTY, _HEARD),
    Step.JOINED: Rule(Who.OUTSIDER, _HEARD),
    Step.EVIDENCE_OPENED: Rule(Who.CLERK, frozenset({State.NOTICE_SERVED}), State.EVIDENCE_OPEN),
    Step.EXHIBITED: Rule(Who.PARTY, frozenset({State.EVIDENCE_OPEN})),
    Step.SEALED: Rule(Who.CLERK, frozenset({State.EVIDENCE_OPEN}), State.EVIDENCE_SEALED),
    Step.MEDIATION_OPENED: Rule(Who.CLERK, frozenset({State.EVIDENCE_SEALED}), State.MEDIATION),
    Step.SETTLEMENT_PROPOSED: Rule(Who.PARTY, _NEGOTIABLE),
    Step.SETTLEMENT_ACCEPTED: Rule(Who.PARTY, _NEGOTIABLE),
    Step.SETTLED: Rule(Who.TIME, _NEGOTIABLE, State.SETTLED),
    Step.SEAT_OFFERED: Rule(Who.ADJUDICATOR, _OPEN),
    Step.APPOINTED: Rule(Who.CLERK, _OPEN),
    Step.CHALLENGED: Rule(Who.PARTY, _OPEN),
    Step.CHALLENGE_DECIDED: Rule(Who.CLERK, _OPEN),
    Step.RECUSED: Rule(Who.PANEL, _OPEN),
    Step.MEASURE_ORDERED: Rule(Who.PANEL, _BOUND),
    Step.MEASURE_LIFTED: Rule(Who.PANEL, _BOUND),
    Step.RECOMMENDED: Rule(Who.PANEL, frozenset({State.DELIBERATION})),
    Step.DELIBERATION_OPENED: Rule(Who.CLERK, frozenset({State.MEDIATION}), State.DELIBERATION),
    Step.RULING_DRAFTED: Rule(Who.PANEL, frozenset({State.DELIBERATION})),
    Step.VOTED: Rule(Who.PANEL, frozenset({State.DELIBERATION})),
    Step.RULED: Rule(Who.PANEL, frozenset({State.DELIBERATION}), State.RULED),
    Step.APPEAL_OPENED: Rule(Who.CLERK, frozenset({State.RULED}), State.APPEAL_OPEN, FIRST),
    Step.APPEALED: Rule(Who.PARTY, frozenset({State.APPEAL_OPEN}), State.DELIBERATION, FIRST),
    # Nobody shortens the time in which a party may appeal, so only time ends it.
    Step.BECAME_FINAL: Rule(
        Who.TIME, frozenset({State.DELIBERATION, State.RULED, State.APPEAL_OPEN}), State.FINAL
    ),
    Step.EXECUTED: Rule(Who.CLERK, frozenset({State.FINAL}), State.EXECUTED),
    Step.REVIEWED: Rule(Who.CLERK, frozenset({State.EXECUTED})),
    Step.WITHDRAWN: Rule(Who.INITIATOR, _span(State.DRAFT, State.MEDIATION), State.WITHDRAWN),
    Step.LAPSED: Rule(Who.TIME, _span(State.DRAFT, State.FINAL), State.LAPSED),
}

ENDS = frozenset(
    {State.EXECUTED, State.INADMISSIBLE, State.SETTLED, State.WITHDRAWN, State.LAPSED},
)
"""States that nothing leaves."""

BOUND = _BOUND
"""States in which interim measures and legal holds are in force."""

# One table: how long each state waits unless the settings say otherwise, and what silence then means. A
# clerk's silence lets the dispute go on, for it must not be an office's to bury a matter; a panel's silence
# leaves everything as it was.
SILENCE: Mapping[State, Silence] = {
    State.DRAFT: Silence(30, Step.LAPSED),
    State.FILED: Silence(7, Step.ADMITTED),
    State.ADMITTED: Silence(3, Step.SERVED),
    State.NOTICE_SERVED: Silence(14, Step.EVIDENCE_OPENED),
    State.EVIDENCE_OPEN: Silence(30, Step.SEALED),
    State.EVIDENCE_SEALED: Silence(3, Step.MEDIATION_OPENED),
    State.MEDIATION: Silence(14, Step.DELIBERATION_OPENED),
    # Or, with a majority behind a draft, RULED; on appeal without one, BECAME_FINAL: the first ruling stands.
    State.DELIBERATION: Silence(30, Step.LAPSED),
    State.RULED: Silence(3, Step.APPEAL_OPENED),
    State.APPEAL_OPEN: Silence(14, Step.BECAME_FINAL),
    State.FINAL: Silence(3, Step.EXECUTED),
}

_DAY_US = 86_400_000_000

DAYS: Mapping[State, int] = {state: waiting.days for state, waiting in SILENCE.items()}
"""How many days each state waits in a dispute that was opened with no others."""


def after(state: State, step: Step, instance: int = FIRST, *, by_time: bool = False) -> tuple[State, int]:
    """The state and instance that ``step`` leads to; raises StepRefused.

    ``by_time``: nobody takes the step, silence or another step brings it about.
    """
    rule = RULES.get(step)
    if rule is None or state not in rule.sources:
        raise StepRefused(f"a dispute that is {_words(state)} cannot be {_words(step)}")
    if rule.instance not in {0, instance}:
        raise StepRefused("a ruling is appealed once; the ruling on appeal stands")
    if step is Step.BECAME_FINAL and instance == FIRST and state is not State.APPEAL_OPEN:
        raise StepRefused("a ruling becomes final when the time for an appeal is over")
    if rule.who is Who.TIME and not by_time:
        raise StepRefused(f"nobody can make a dispute {_words(step)}: it follows by itself")
    return rule.target or state, APPEAL if step is Step.APPEALED else instance


def silence(state: State, instance: int = FIRST, *, majority: bool = False) -> Step | None:
    """The step that silence stands for; None where nothing is waited for.

    ``majority``: more than half of the panel's seats are behind one draft of a ruling.
    """
    if state is State.DELIBERATION:
        if majority:
            return Step.RULED
        return Step.BECAME_FINAL if instance == APPEAL else Step.LAPSED
    if state is State.RULED and instance == APPEAL:
        return Step.BECAME_FINAL
    waiting = SILENCE.get(state)
    return waiting.step if waiting else None


def due_us(state: State, since_us: int, days: Mapping[State, int] = DAYS) -> int | None:
    """When the silence that begins at ``since_us`` takes effect; None where nothing is waited for."""
    return since_us + days[state] * _DAY_US if state in SILENCE else None


def _words(name: State | Step) -> str:
    return name.value.replace("_", " ")

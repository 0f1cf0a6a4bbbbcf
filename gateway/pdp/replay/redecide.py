"""Recorded decisions made again by another policy, or on other facts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from gateway.domain import Decision, JsonObject
from gateway.errors import PolicyUnavailable
from gateway.pdp.judge import InputUnknown, Judge
from gateway.pdp.replay.recorded import RecordedDecision

Transform = Callable[[JsonObject], JsonObject]
"""Makes other facts of recorded ones, for what would have been; must not change what it is given."""


class Outcome(StrEnum):
    """How a decision made again compares with the one on record."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ERROR = "error"
    UNREPLAYABLE = "unreplayable"


@dataclass(frozen=True, slots=True)
class Redecided:
    """A recorded decision beside the one made again.

    ``decision`` is None where none was made, and ``reason`` then says why: an error means that the policy
    gave no answer, so a gateway would have refused the call.
    """

    recorded: RecordedDecision
    outcome: Outcome
    decision: Decision | None = None
    reason: str = ""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of the side that won when decided again."""
        return winning_rules(self.decision) if self.decision else ()

    @property
    def same_rules(self) -> bool:
        """Whether the same rules decided, in the same order."""
        return self.rules == self.recorded.rules


def redecide(
    decisions: Iterable[RecordedDecision], judge: Judge, transform: Transform | None = None
) -> Iterator[Redecided]:
    """Make each decision again, on its facts as recorded or as ``transform`` makes them; streams."""
    for recorded in decisions:
        yield redecided(recorded, judge, transform(recorded.facts) if transform else recorded.facts)


def redecided(recorded: RecordedDecision, judge: Judge, facts: JsonObject) -> Redecided:
    """One decision made again on these facts."""
    try:
        decision = judge.decide(facts)
    except InputUnknown as unknown:
        return Redecided(recorded, Outcome.UNREPLAYABLE, reason=f"input of another version: {unknown}")
    except PolicyUnavailable as failed:
        return Redecided(recorded, Outcome.ERROR, reason=failed.reason_admin)
    same = decision.allow == recorded.allow
    return Redecided(recorded, Outcome.UNCHANGED if same else Outcome.CHANGED, decision)


def winning_rules(decision: Decision) -> tuple[str, ...]:
    """The rules of the side that won, as records name them, the deciding one first."""
    effect = effect_of(decision)
    return tuple(f"{reason.package}.{reason.rule}" for reason in decision.reasons if reason.effect == effect)


def effect_of(decision: Decision) -> Literal["allow", "deny"]:
    """The verdict by the name that records give it."""
    return "allow" if decision.allow else "deny"

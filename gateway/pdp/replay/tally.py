"""What a replay counts: outcomes, flips, reasons, and how they spread over time."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.pdp.replay.recorded import RecordedDecision
from gateway.pdp.replay.redecide import Outcome

_EXAMPLES = 3


class Change(StrEnum):
    """What another policy would have done otherwise; the order is that of how much it matters."""

    DENY_TO_ALLOW = "deny to allow"
    ALLOW_TO_DENY = "allow to deny"
    OTHER_OBLIGATIONS = "other obligations"
    OTHER_RULES = "other rules"

    @property
    def flips(self) -> bool:
        """Whether the verdict itself is another."""
        return self in {Change.DENY_TO_ALLOW, Change.ALLOW_TO_DENY}


@dataclass(frozen=True, slots=True)
class Flip:
    """Changes that came about alike: whose calls, on what, and by which rules before and after."""

    change: Change
    department: str
    asset: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One recorded decision, judged."""

    recorded: RecordedDecision
    outcome: Outcome
    flip: Flip | None = None
    reason: str = ""


@dataclass(slots=True)
class Tally:
    """Counts of a part of the log, or of all of it; parts add up in the order of the log."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    flips: Counter[Flip] = field(default_factory=Counter)
    examples: dict[Flip, list[str]] = field(default_factory=dict)
    reasons: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    revisions: Counter[str] = field(default_factory=Counter)
    times: Counter[tuple[int, str]] = field(default_factory=Counter)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    cross_checked: int = 0
    disagreements: list[str] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many calls of the log were looked at."""
        return self.outcomes.total()

    def changes(self, change: Change) -> int:
        """How many changes of one kind there are."""
        return sum(count for flip, count in self.flips.items() if flip.change is change)

    def ranked(self) -> list[tuple[Flip, int]]:
        """Every flip with its count: those that open come first, then the frequent ones."""
        order = list(Change)
        return sorted(
            self.flips.items(),
            key=lambda item: (order.index(item[0].change), -item[1], item[0].department, item[0].asset),
        )

    def count(self, compared: Compared, bucket_us: int) -> None:
        """Count one judged decision."""
        recorded, flip = compared.recorded, compared.flip
        self.outcomes[compared.outcome] += 1
        self.revisions[recorded.revision] += 1
        self.cells[recorded.department, recorded.asset] += 1
        if compared.reason:
            self.reasons[compared.outcome, compared.reason] += 1
        label = flip.change.value if flip else compared.outcome.value
        self.times[recorded.wall_us // bucket_us * bucket_us, label] += 1
        if flip is not None:
            self.flips[flip] += 1
            kept = self.examples.setdefault(flip, [])
            if len(kept) < _EXAMPLES:
                kept.append(recorded.id)

    def pass_over(self, reason: str, wall_us: int, bucket_us: int) -> None:
        """Count a call that holds nothing to decide again."""
        self.outcomes[Outcome.UNREPLAYABLE] += 1
        self.reasons[Outcome.UNREPLAYABLE, reason] += 1
        self.times[wall_us // bucket_us * bucket_us, Outcome.UNREPLAYABLE.value] += 1

    def add(self, later: "Tally") -> None:
        """Take in the counts of a part that stands behind this one."""
        for name in ("outcomes", "flips", "reasons", "revisions", "times", "cells"):
            getattr(self, name).update(getattr(later, name))
        for flip, examples in later.examples.items():
            kept = self.examples.setdefault(flip, [])
            kept.extend(examples[: _EXAMPLES - len(kept)])
        self.cross_checked += later.cross_checked
        self.disagreements += later.disagreements

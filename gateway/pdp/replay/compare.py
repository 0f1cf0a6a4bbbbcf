"""Judges stretches of the log by one policy, beside the record or beside another policy."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest

from gateway.domain import Obligations
from gateway.errors import PolicyUnavailable
from gateway.pdp.forms import Form
from gateway.pdp.judge import InputUnknown, Judge
from gateway.pdp.replay.recorded import RecordedDecision, Undecided
from gateway.pdp.replay.redecide import Outcome, effect_of, redecided, winning_rules
from gateway.pdp.replay.tally import Change, Compared, Flip, Tally
from gateway.pdp.source import PolicySource

NO_DECISION = "recorded without a decision"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a replay compares.

    ``baseline`` is what the candidate is held against: a policy, or the record itself if None. With
    ``only_own`` nothing is judged but what the candidate itself decided. One call in ``check_every`` is also
    put to the interpreter (0: none). ``department`` and ``asset`` narrow what is looked at; empty means all.
    """

    candidate: PolicySource
    form: Form
    baseline: PolicySource | None = None
    baseline_form: Form = "interpreter"
    only_own: bool = False
    bucket_us: int = 3_600_000_000
    check_every: int = 0
    department: str = ""
    asset: str = ""


class Comparison:
    """Judges recorded decisions on such terms; for one thread."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._candidate = Judge.formed(terms.candidate, terms.form)
        self._baseline = Judge.formed(terms.baseline, terms.baseline_form) if terms.baseline else None

    def tally(self, calls: Iterable[RecordedDecision | Undecided]) -> Tally:
        """Count a stretch of the log."""
        counted, bucket_us = Tally(), self._terms.bucket_us
        for call in calls:
            if isinstance(call, Undecided):
                if not self._narrowed:
                    counted.pass_over(_undecided(call), call.wall_us, bucket_us)
            elif self._meant(call):
                counted.count(self.compare(call), bucket_us)
                self._cross_check(call, counted)
        return counted

    def compare(self, recorded: RecordedDecision) -> Compared:
        """Judge one decision."""
        if self._terms.only_own and recorded.revision != self._candidate.revision:
            return Compared(recorded, Outcome.UNREPLAYABLE, reason="decided by another revision")
        before: Obligations | None = None
        if self._baseline is not None:
            try:
                decision = self._baseline.decide(recorded.facts)
            except InputUnknown as unknown:
                return Compared(recorded, Outcome.UNREPLAYABLE, reason=f"input of another version: {unknown}")
            except PolicyUnavailable as failed:
                return Compared(recorded, Outcome.ERROR, reason=f"baseline: {failed.reason_admin}")
            recorded = replace(recorded, effect=effect_of(decision), rules=winning_rules(decision))
            before = decision.obligations
        return self._judged(recorded, before)

    def _judged(self, recorded: RecordedDecision, before: Obligations | None) -> Compared:
        again = redecided(recorded, self._candidate, recorded.facts)
        if again.decision is None:
            return Compared(recorded, again.outcome, reason=again.reason)
        change: Change | None = None
        if again.outcome is Outcome.CHANGED:
            change = Change.DENY_TO_ALLOW if again.decision.allow else Change.ALLOW_TO_DENY
        elif before is not None and before != again.decision.obligations:
            change = Change.OTHER_OBLIGATIONS
        elif not again.same_rules:
            change = Change.OTHER_RULES
        flip = _flip(change, recorded, again.rules) if change else None
        return Compared(recorded, again.outcome, flip)

    def _cross_check(self, recorded: RecordedDecision, counted: Tally) -> None:
        every = self._terms.check_every
        if not every or recorded.index % every or self._candidate.form == "interpreter":
            return
        try:
            agree = self._candidate.forms_agree(recorded.facts)
        except InputUnknown:
            return  # nothing was judged, so there is nothing to check; it is counted as unreplayable
        counted.cross_checked += 1
        if not agree:
            counted.disagreements.append(recorded.id)

    @property
    def _narrowed(self) -> bool:
        return bool(self._terms.department or self._terms.asset)

    def _meant(self, recorded: RecordedDecision) -> bool:
        wanted = self._terms
        return (not wanted.department or recorded.department == wanted.department) and (
            not wanted.asset or recorded.asset == wanted.asset
        )


def _flip(change: Change, recorded: RecordedDecision, after: tuple[str, ...]) -> Flip:
    """Told by the first rule in which the two differ: the deciding one wherever the verdict flips."""
    pairs = zip_longest(recorded.rules, after, fillvalue="")
    first_before, first_after = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    return Flip(change, recorded.department, recorded.asset, first_before, first_after)


def _undecided(call: Undecided) -> str:
    return f"{NO_DECISION}: {call.code or 'no code'}"

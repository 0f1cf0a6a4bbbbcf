"""What would have been decided had another party spoken for an asset: recorded calls, decided again."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from audit.query import LogReader
from gateway.domain import JsonObject
from gateway.ownership.evidence.span import Span
from gateway.pdp.judge import Judge
from gateway.pdp.replay import recorded
from gateway.pdp.replay.recorded import RecordedDecision
from gateway.pdp.replay.redecide import Outcome, Redecided, Transform, redecided

_FAR_US = 2**62
# Flips that are listed one by one; all are counted.
MOST_LISTED = 1_000

Change = Literal["allow to deny", "deny to allow"]


@dataclass(frozen=True, slots=True)
class Flip:
    """A call that would have come out otherwise: where it is on record, and the rules that would decide."""

    index: int
    department: str
    change: Change
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """All calls of an asset decided again as if ``party`` had spoken for it.

    An empty ``party`` is the control: the facts as they are on record, which must give the recorded verdicts.
    ``reasons`` count what could not be decided again, by why.
    """

    party: str
    calls: int
    counts: Mapping[Outcome, int]
    changes: Mapping[Change, int]
    flips: tuple[Flip, ...]
    reasons: Mapping[str, int]

    def facts(self) -> JsonObject:
        """All of it as JSON."""
        return {
            "party": self.party,
            "calls": self.calls,
            "counts": {each.value: self.counts.get(each, 0) for each in Outcome},
            "changes": {str(change): count for change, count in sorted(self.changes.items())},
            "flips": [
                {
                    "index": flip.index,
                    "department": flip.department,
                    "change": flip.change,
                    "rules": list(flip.rules),
                }
                for flip in self.flips
            ],
            "not_decided": dict(sorted(self.reasons.items())),
        }


Judges: TypeAlias = Mapping[str, Judge | None]
"""By revision; None for a policy whose text is at hand and does not pass this release's checks."""


def spoken_for_by(party: str, facets: Iterable[str]) -> Transform:
    """Facts in which the party holds these facets and answers for the asset, and nobody disputes it."""
    held = dict.fromkeys((*facets, "accountable_owner"), party)

    def swapped(facts: JsonObject) -> JsonObject:
        resource = facts.get("resource")
        facets = resource.get("facets") if isinstance(resource, dict) else None
        if not isinstance(resource, dict) or not isinstance(facets, dict):
            return facts
        kept = {name: value for name, value in resource.items() if name != "disputed_by"}
        return {**facts, "resource": {**kept, "facets": {**facets, **held}}}

    return swapped


def counterfactuals(
    reader: LogReader,
    span: Span,
    asset: str,
    judges: Judges,
    claims: Mapping[str, Sequence[str]],
) -> tuple[Counterfactual, ...]:
    """The control, then one for each party of ``claims`` (party: facets it claims), over one span.

    Each call is decided by the policy that decided it. One pass over the log.
    """
    tellers = [_Teller("", None), *(_Teller(party, spoken_for_by(party, claims[party])) for party in claims)]
    for decision in _decisions(reader, span, asset):
        for teller in tellers:
            teller.take(decision, judges)
    return tuple(teller.told() for teller in tellers)


def _decisions(reader: LogReader, span: Span, asset: str) -> Iterator[RecordedDecision]:
    bounds = recorded.Span(span.first, span.end, span.since_us, span.until_us or _FAR_US)
    with reader.connect() as connection:
        for each in recorded.read_span(connection, bounds):
            if isinstance(each, RecordedDecision) and each.asset == asset:
                yield each


class _Teller:
    """Counts how the calls come out for one party."""

    def __init__(self, party: str, transform: Transform | None) -> None:
        self._party = party
        self._transform = transform
        self._counts: Counter[Outcome] = Counter()
        self._changes: Counter[Change] = Counter()
        self._reasons: Counter[str] = Counter()
        self._flips: list[Flip] = []

    def take(self, decision: RecordedDecision, judges: Judges) -> None:
        """Decides one call again."""
        judge = judges.get(decision.revision)
        if judge is None:
            self._counts[Outcome.UNREPLAYABLE] += 1
            self._reasons[_missing(decision.revision, judges)] += 1
            return
        facts = self._transform(decision.facts) if self._transform else decision.facts
        self._count(redecided(decision, judge, facts))

    def told(self) -> Counterfactual:
        """What was counted."""
        return Counterfactual(
            self._party,
            self._counts.total(),
            dict(self._counts),
            dict(self._changes),
            tuple(self._flips),
            dict(self._reasons),
        )

    def _count(self, again: Redecided) -> None:
        self._counts[again.outcome] += 1
        if again.decision is None:
            self._reasons[again.reason] += 1
        elif again.outcome is Outcome.CHANGED:
            change: Change = "deny to allow" if again.decision.allow else "allow to deny"
            self._changes[change] += 1
            if len(self._flips) < MOST_LISTED:
                was = again.recorded
                self._flips.append(Flip(was.index, was.department, change, again.rules))


def _missing(revision: str, judges: Judges) -> str:
    if revision in judges:
        return f"policy revision {revision[:12]} does not pass this release's checks"
    return f"no text of policy revision {revision[:12]}"

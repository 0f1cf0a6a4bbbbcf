"""Why a recorded decision came out as it did, and what would have to be otherwise for it not to."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from gateway.domain import Decision, JsonObject, Reason
from gateway.errors import PolicyUnavailable
from gateway.pdp.explain.places import Places, RulePlace
from gateway.pdp.explain.trials import FactChange, Who, changes
from gateway.pdp.explain.vocabulary import Vocabulary
from gateway.pdp.judge import InputUnknown, Judge
from gateway.pdp.replay.recorded import RecordedDecision
from gateway.pdp.replay.redecide import winning_rules

_MOST_TRIALS = 20_000


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason of the decision, and the rules of the policy that give it."""

    reason: Reason
    places: tuple[RulePlace, ...]


@dataclass(frozen=True, slots=True)
class Flips:
    """The smallest changes of the facts that turn the verdict, each tried; what is easiest to do comes first.

    ``complete`` says that no pair was left untried where pairs were looked for.
    """

    found: tuple[tuple[FactChange, ...], ...]
    trials: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A recorded decision, made again by the policy of its revision."""

    recorded: RecordedDecision
    decision: Decision
    reasons: tuple[Explained, ...]
    flips: Flips

    @property
    def confirmed(self) -> bool:
        """Whether verdict and rules on record are those that the policy gives."""
        same = self.decision.allow == self.recorded.allow
        return same and winning_rules(self.decision) == self.recorded.rules


def explain(recorded: RecordedDecision, judge: Judge) -> Explanation:
    """Explain a decision by the policy that made it.

    Raises ``InputUnknown`` and ``PolicyUnavailable`` as the judge does.
    """
    source = judge.source
    decision = judge.decide(recorded.facts)
    places = Places(source.modules)
    effect = "allow" if decision.allow else "deny"
    winning = [reason for reason in decision.reasons if reason.effect == effect]
    others = [reason for reason in decision.reasons if reason.effect != effect]
    return Explanation(
        recorded,
        decision,
        tuple(Explained(reason, places.of(reason)) for reason in (*winning, *others)),
        smallest_flips(recorded.facts, decision, judge, Vocabulary(source.modules, source.data)),
    )


def smallest_flips(facts: JsonObject, decision: Decision, judge: Judge, vocabulary: Vocabulary) -> Flips:
    """Single changes that turn the verdict, and pairs where no single one can be made as things are."""
    singles = list(changes(facts, vocabulary))
    found = [(change,) for change in singles if _turns((change,), facts, decision, judge)]
    if any(change.who.ready for (change,) in found):
        return Flips(_ranked(found), len(singles), complete=True)
    pairs = [
        pair
        for pair in combinations([change for change in singles if change.who.ready], 2)
        if pair[0].path != pair[1].path
    ]
    tried = pairs[:_MOST_TRIALS]
    both = [pair for pair in tried if _turns(pair, facts, decision, judge)]
    return Flips(_ranked([*both, *found]), len(singles) + len(tried), complete=len(tried) == len(pairs))


def _turns(tried: Sequence[FactChange], facts: JsonObject, decision: Decision, judge: Judge) -> bool:
    for change in tried:
        facts = change.applied(facts)
    try:
        return judge.decide(facts).allow != decision.allow
    except (InputUnknown, PolicyUnavailable):
        # Facts that no policy may be asked about, or that it has no answer to, turn nothing.
        return False


def _ranked(found: Sequence[tuple[FactChange, ...]]) -> tuple[tuple[FactChange, ...], ...]:
    order = list(Who)
    return tuple(sorted(found, key=lambda each: max(order.index(change.who) for change in each)))

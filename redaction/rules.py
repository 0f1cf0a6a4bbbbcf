"""Detection by rules: a pattern, what confirms a match of it, and the words around it that make it likely."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import regex

from redaction.automaton import Automaton
from redaction.base import Category, Finding

THRESHOLD = 0.5
_BY_CONTEXT = 0.45
_CONFIRMED = 0.3  # a match of a pattern this telling needs no context once its checksum is right
_BEFORE, _AFTER = 60, 30  # code points around a match in which context words count

Confirm = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern for one entity type.

    ``score`` is how telling a bare match is, in 0..1. ``confirm`` says True for a value whose checksum is
    right, False for one that cannot be, None where it cannot tell. ``context`` are words (lower case, any
    part of a word counts) that make a match likely.
    """

    entity_type: str
    pattern: str
    score: float
    context: tuple[str, ...] = ()
    confirm: Confirm | None = field(default=None, compare=False)


class RuleDetector:
    """Finds what rules describe; light enough for the event loop on short texts."""

    heavy = False

    def __init__(self, name: str, rules: Sequence[Rule], *, category: Category) -> None:
        self._rules = tuple(rules)
        self._category = category
        self._automaton = Automaton([rule.pattern for rule in rules])
        self._contexts = [_any_of(rule.context) for rule in rules]
        self._name = name
        told = (f"{r.entity_type}\x00{r.pattern}\x00{r.score}\x00{','.join(r.context)}" for r in rules)
        self._digest = hashlib.sha256("\x01".join((name, *told)).encode()).hexdigest()

    @property
    def name(self) -> str:
        """The plug-in kind."""
        return self._name

    @property
    def digest(self) -> str:
        """Hex SHA-256 over all rules."""
        return self._digest

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The findings of each text; raises ``TimeoutError`` where a pattern takes too long to decide."""
        return [list(self._found(text)) for text in texts]

    def _found(self, text: str) -> Iterator[Finding]:
        for number in self._automaton.candidates(text):
            rule = self._rules[number]
            for start, end in self._automaton.spans(number, text):
                verdict = rule.confirm(text[start:end]) if rule.confirm else None
                score = self._score(number, verdict, text, start, end)
                if end > start and score >= THRESHOLD:
                    yield Finding(
                        rule.entity_type,
                        start,
                        end,
                        score,
                        self._name,
                        self._category,
                        validated=verdict is True,
                    )

    def _score(self, number: int, verdict: bool | None, text: str, start: int, end: int) -> float:
        rule = self._rules[number]
        if verdict is False:
            return 0
        score = 1.0 if verdict and rule.score >= _CONFIRMED else rule.score
        if score < THRESHOLD and (words := self._contexts[number]) is not None:
            around = text[max(0, start - _BEFORE) : start] + "\n" + text[end : end + _AFTER]
            score += _BY_CONTEXT if words.search(around) else 0
        return min(score, 1.0)


def _any_of(words: Sequence[str]) -> "regex.Pattern[str] | None":
    # Words count from their beginning, so that "account" stands for "accounts" but "tin" not for "printing".
    return (
        regex.compile(rf"(?<!\w)(?:{'|'.join(map(regex.escape, words))})", regex.IGNORECASE)
        if words
        else None
    )

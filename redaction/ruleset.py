"""All rules at once: one pass of an automaton says where something may be, and only there is it sought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import regex

from redaction.automaton import Automaton, available
from redaction.base import Category, Finding
from redaction.check import BEYOND, Check
from redaction.cues import AROUND, LONELY, Cues, Word
from redaction.octets import shadow
from redaction.probe import probe

if TYPE_CHECKING:
    from redaction.rules import Rule

THRESHOLD = 0.5
_BY_CONTEXT = 0.5
_CONFIRMED = 0.3  # a match of a pattern this telling needs no context once its checksum is right
_PIECE = (
    32_768  # code points looked at together, so that a long text costs as much a character as a short one
)
_APART = 8  # expressions of rules that need context in one group; a text has words for few of them


@dataclass(frozen=True, slots=True)
class Owned:
    """A rule, and whose findings it makes."""

    rule: "Rule"
    detector: str
    category: Category


class RuleSet:
    """Rules of any number of detectors; thread-safe.

    With Hyperscan, or without it (no wheel for the platform, or not ``accelerated``), the findings are the
    same; only the time they take differs.
    """

    def __init__(self, rules: Sequence[Owned], *, accelerated: bool | None = None) -> None:
        self._rules = tuple(_Rule(number, each) for number, each in enumerate(rules))
        self._uses = _uses(self._rules)
        self._words = _words(self._rules)
        self._alone = sum(rule.bit for rule in self._rules if rule.alone)
        self._lonely = _lonely(self._uses)
        self._margin = max((use.check.longest for use in self._uses), default=0) + BEYOND
        told = _by_expression(self._uses)
        first = [each for each in told.values() if any(use.mask & self._alone for use in each)]
        later = [each for each in told.values() if not any(use.mask & self._alone for use in each)]
        apart = [later[at : at + _APART] for at in range(0, len(later), _APART)]
        self._first, self._later = first, later
        self._apart = [_mask(use for uses in group for use in uses) for group in apart]
        wanted = available() if accelerated is None else accelerated
        self._automaton = (
            Automaton(
                [uses[0].check.expression for uses in first],
                [probe(rf"(?<!\w){regex.escape(word.text)}").expression for word in self._words],
                [[uses[0].check.expression for uses in group] for group in apart],
            )
            if wanted and rules
            else None
        )

    def wait(self) -> None:
        """Returns once everything is compiled; raises if something could not be."""
        if self._automaton is not None:
            self._automaton.wait()

    def find(self, text: str) -> list[Finding]:
        """What the rules find in a text; raises ``TimeoutError`` where a pattern takes too long to decide."""
        if len(text) <= _PIECE:
            return self._found(text)
        found: list[Finding] = []
        for low in range(0, len(text), _PIECE):
            offset = max(0, low - self._margin)
            piece = text[offset : low + _PIECE + self._margin]
            found += (
                _moved(finding, offset)
                for finding in self._found(piece)
                if low <= finding.start + offset < low + _PIECE
            )
        return found

    def _found(self, text: str) -> list[Finding]:
        automaton = self._automaton
        places, cues, viable = self._look_slowly(text) if automaton is None else self._look(automaton, text)
        found: dict[tuple[str, int, int], Finding] = {}
        for use, ends in places:
            if not use.mask & viable:
                continue
            for match in use.check.matches(text, ends):
                for rule in use.rules:
                    if rule.bit & viable:
                        rule.judge(match, use.check.group, cues, found)
        return list(found.values())

    def _viable(self, text: str, cues: Cues) -> int:
        """The rules that may have something to say."""
        viable = self._alone | cues.rules
        return viable | self._lonely[len(text.strip(AROUND))] if len(text) <= LONELY else viable

    def _look(self, automaton: Automaton, text: str) -> "_Looked":
        octets = shadow(text)
        hits: list[tuple[int, int]] = []
        automaton.scan(octets, hits.append)
        cues = Cues(text)
        seen: dict[int, list[int]] = {}
        first, words = len(self._first), self._words
        for number, end in hits:
            if number >= first:
                cues.add(words[number - first], end)
            elif number in seen:
                seen[number].append(end)
            else:
                seen[number] = [end]
        places = [(use, ends) for number, ends in seen.items() for use in self._first[number]]
        viable = self._viable(text, cues)
        return [*places, *self._look_apart(automaton, octets, viable)], cues, viable

    def _look_apart(self, automaton: Automaton, octets: bytes, viable: int) -> "_Places":
        """Where those rules may match that need context, of the groups in which some have it."""
        hits: list[tuple[int, int]] = []
        for group, mask in enumerate(self._apart):
            if mask & viable:
                automaton.scan_apart(octets, group, hits.append)
        seen: dict[int, list[int]] = {}
        for number, end in hits:
            seen.setdefault(number, []).append(end)
        before = len(self._first) + len(self._words)
        return [(use, ends) for number, ends in seen.items() for use in self._later[number - before]]

    def _look_slowly(self, text: str) -> "_Looked":
        cues = Cues(text)
        octets = shadow(text).lower()
        for word in self._words:
            for end in word.ends(text, octets):
                cues.add(word, end)
        return [(use, None) for use in self._uses], cues, self._viable(text, cues)


class _Rule:
    """A rule with what is known of it before any text is seen."""

    __slots__ = (
        "alone",
        "bit",
        "category",
        "confirm",
        "detector",
        "entity_type",
        "lonely",
        "rule",
        "score",
        "strong",
        "trim",
    )

    def __init__(self, number: int, owned: Owned) -> None:
        rule = owned.rule
        self.rule = rule
        self.bit = 1 << number
        self.entity_type = rule.entity_type
        self.score = rule.score
        self.confirm = rule.confirm
        self.detector = owned.detector
        self.category = owned.category
        self.lonely = rule.lonely
        self.trim = rule.trim
        self.strong = rule.score >= THRESHOLD
        self.alone = self.strong or (rule.confirm is not None and rule.score >= _CONFIRMED)

    def judge(
        self,
        match: "regex.Match[str]",
        group: str | int,
        cues: "Cues",
        found: dict[tuple[str, int, int], Finding],
    ) -> None:
        """Adds what a match comes to, if anything."""
        start, end = match.span(group)
        value = match[group]
        if self.trim is not None:
            value = value[: self.trim(value)]
            end = start + len(value)
        told = bool(cues.rules & self.bit) and cues.near(self.bit, start, end)
        lonely = self.lonely and not told and cues.is_all(start, end)
        if end <= start or not (told or lonely or self.alone):
            return
        verdict = self.confirm(value) if self.confirm else None
        # Digits alone, with nothing around them and nothing to confirm them, may be anything.
        told = told or (lonely and (verdict is True or not value.isdigit()))
        if verdict is False:
            return
        score = 1.0 if verdict and self.score >= _CONFIRMED else self.score
        if told:
            score = min(score + _BY_CONTEXT, 1.0)
        if score < THRESHOLD:
            return
        key = (self.entity_type, start, end)
        known = found.get(key)
        # Of rules that say the same of a place the surest counts, whichever came first.
        if known is None or (known.score, known.validated) < (score, verdict is True):
            found[key] = Finding(
                self.entity_type, start, end, score, self.detector, self.category, validated=verdict is True
            )


class _Use:
    """A check and the rules that share it."""

    __slots__ = ("check", "mask", "rules")

    def __init__(self, check: Check) -> None:
        self.check = check
        self.rules: list[_Rule] = []
        self.mask = 0

    def add(self, rule: _Rule) -> None:
        self.rules.append(rule)
        self.mask |= rule.bit


def _uses(rules: Sequence[_Rule]) -> list[_Use]:
    uses: dict[tuple[str, bool], _Use] = {}
    for rule in rules:
        key = rule.rule.pattern, rule.rule.trusted
        if key not in uses:
            uses[key] = _Use(Check(rule.rule.pattern, trusted=rule.rule.trusted))
        uses[key].add(rule)
    return list(uses.values())


def _by_expression(uses: Sequence[_Use]) -> dict[str, list[_Use]]:
    by_expression: dict[str, list[_Use]] = {}
    for use in uses:
        by_expression.setdefault(use.check.expression, []).append(use)
    return by_expression


def _lonely(uses: Sequence[_Use]) -> list[int]:
    """By the size of a text that may be nothing but one value: the rules of which it may be one."""
    sizes = [0] * (LONELY + 1)
    for use in uses:
        bits = sum(rule.bit for rule in use.rules if rule.lonely)
        for size in range(min(use.check.longest, LONELY) + 1):
            sizes[size] |= bits
    return sizes


def _mask(uses: Iterable[_Use]) -> int:
    mask = 0
    for use in uses:
        mask |= use.mask
    return mask


def _words(rules: Sequence[_Rule]) -> list[Word]:
    words: dict[str, Word] = {}
    for rule in rules:
        # A rule that is telling by itself gains nothing by context.
        for text in () if rule.strong else rule.rule.context:
            words.setdefault(text.strip(), Word(text.strip())).rules |= rule.bit
    return list(words.values())


def _moved(finding: Finding, by: int) -> Finding:
    return finding._replace(start=finding.start + by, end=finding.end + by)


_Places: TypeAlias = Sequence[tuple[_Use, list[int] | None]]
_Looked: TypeAlias = tuple[_Places, Cues, int]

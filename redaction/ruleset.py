"""All rules at once: one pass of an automaton says where something may be, and only there is it sought."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from redaction.automaton import Automaton, available
from redaction.base import Category, Finding
from redaction.cues import LONELY, Cues, Word
from redaction.octets import shadow
from redaction.probe import probe

if TYPE_CHECKING:
    from redaction.rules import Rule

FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
THRESHOLD = 0.5
_BY_CONTEXT = 0.5
_CONFIRMED = 0.3  # a match of a pattern this telling needs no context once its checksum is right
# The last guard against a pattern that backtracks without end: what is not decided by then is a failure.
TIMEOUT_S = 2.0
_QUICK = 512  # a match no longer than this is decided, by a pattern of ours, before a clock could be read
_PIECE = (
    32_768  # code points looked at together, so that a long text costs as much a character as a short one
)
_BEYOND = 128  # code points around a match that look-around and context words may see


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
        self._checks = _checks(self._rules)
        expressions = dict.fromkeys(check.expression for check in self._checks)
        numbers = {expression: number for number, expression in enumerate(expressions)}
        self._by_probe: list[list[_Check]] = [[] for _ in expressions]
        for check in self._checks:
            self._by_probe[numbers[check.expression]].append(check)
        self._words = _words(self._rules)
        self._alone = sum(rule.bit for rule in self._rules if rule.alone)
        self._every = (1 << len(self._rules)) - 1
        self._margin = max((check.longest for check in self._checks), default=0) + _BEYOND
        wanted = available() if accelerated is None else accelerated
        words = [probe(rf"(?<!\w){regex.escape(word.text)}").expression for word in self._words]
        self._automaton = Automaton([*expressions], words) if wanted and rules else None

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
        places, cues = self._look(text) if self._automaton is not None else self._look_slowly(text)
        # In a text that may be nothing but one value, every rule may have something to say.
        viable = self._every if len(text) <= LONELY else self._alone | cues.rules
        found: dict[tuple[str, int, int], Finding] = {}
        for check, ends in places:
            if not check.rules_mask & viable:
                continue
            for match in check.matches(text, ends):
                for rule in check.rules:
                    if rule.bit & viable:
                        rule.judge(match, check.group, cues, found)
        return list(found.values())

    def _look(self, text: str) -> "tuple[_Places, Cues]":
        hits: list[tuple[int, int]] = []
        self._automaton.scan(shadow(text), hits.append)  # type: ignore[union-attr]  # the caller has looked
        ends: dict[int, list[int]] = {}
        cues = Cues(text)
        count = len(self._by_probe)
        for number, end in hits:
            if number >= count:
                cues.add(self._words[number - count], end)
            elif number in ends:
                ends[number].append(end)
            else:
                ends[number] = [end]
        return [(check, at) for number, at in ends.items() for check in self._by_probe[number]], cues

    def _look_slowly(self, text: str) -> "tuple[_Places, Cues]":
        cues = Cues(text)
        octets = shadow(text).lower()
        for word in self._words:
            for end in word.ends(text, octets):
                cues.add(word, end)
        return [(check, None) for check in self._checks], cues


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
        if known is None or known.score < score:
            found[key] = Finding(
                self.entity_type, start, end, score, self.detector, self.category, validated=verdict is True
            )


class _Check:
    """A pattern that one or more rules share, and how to find it near where the automaton saw it."""

    __slots__ = (
        "_pattern",
        "_slow",
        "_written",
        "expression",
        "group",
        "least",
        "longest",
        "reach",
        "rules",
        "rules_mask",
        "spaced",
    )

    def __init__(self, rule: "Rule") -> None:
        told = probe(rule.pattern)
        self.expression = told.expression
        self.least = told.least
        self.reach = told.reach
        self.longest = told.longest
        self.spaced = told.spaced
        self._written = told.begins + told.pattern
        self._pattern: regex.Pattern[str] | None = None
        self.group: str | int = "value" if "(?P<value>" in told.pattern else 0
        self.rules: list[_Rule] = []
        self.rules_mask = 0
        self._slow = not rule.trusted or told.longest > _QUICK

    def add(self, rule: _Rule) -> None:
        self.rules.append(rule)
        self.rules_mask |= rule.bit

    @property
    def pattern(self) -> "regex.Pattern[str]":
        """The pattern, compiled when first needed: most never are, and all together take seconds."""
        if self._pattern is None:
            self._pattern = regex.compile(self._written, FLAGS)
        return self._pattern

    def matches(self, text: str, ends: Sequence[int] | None) -> "Iterator[regex.Match[str]]":
        """The matches from left to right, none overlapping; ``ends`` is where the automaton saw some."""
        if ends is None:
            yield from self.pattern.finditer(text, timeout=TIMEOUT_S)
            return
        free = 0  # from here on a match may begin
        for end in ends:
            last = end - self.least  # behind it no match begins that the automaton saw end here
            start = max(free, end - self.reach)
            if not self.spaced:
                # What lies between the beginning and what the automaton saw last holds no space.
                start = max(start, text.rfind(" ", start, max(end - 1, 0)) + 1)
            while start <= last:
                match = self._at(text, start, last + self.longest + _BEYOND)
                if match is None or match.start() > last:
                    start = last + 1
                else:
                    yield match
                    start = match.end()
            free = max(free, start)

    def _at(self, text: str, start: int, end: int) -> "regex.Match[str] | None":
        pattern = self._pattern or self.pattern
        if self._slow:
            return pattern.search(text, start, end, timeout=TIMEOUT_S)
        return pattern.search(text, start, end)


def _checks(rules: Sequence[_Rule]) -> "list[_Check]":
    checks: dict[tuple[str, bool], _Check] = {}
    for rule in rules:
        key = (rule.rule.pattern, rule.rule.trusted)
        if key not in checks:
            checks[key] = _Check(rule.rule)
        checks[key].add(rule)
    return list(checks.values())


def _words(rules: Sequence[_Rule]) -> list[Word]:
    words: dict[str, Word] = {}
    for rule in rules:
        # A rule that is telling by itself gains nothing by context.
        for text in () if rule.strong else rule.rule.context:
            words.setdefault(text.strip(), Word(text.strip())).rules |= rule.bit
    return list(words.values())


def _moved(finding: Finding, by: int) -> Finding:
    return Finding(
        finding.entity_type,
        finding.start + by,
        finding.end + by,
        finding.score,
        finding.detector,
        finding.category,
        finding.validated,
    )


_Places = Sequence[tuple[_Check, list[int] | None]]

"""All rules at once: one pass of an automaton says where something may be, and only there is it sought."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import regex

from redaction.automaton import Automaton, available
from redaction.base import Finding
from redaction.check import BEYOND, Check
from redaction.cues import AROUND, LONELY, Cues, Word
from redaction.judge import Judge, Owned
from redaction.octets import shadow
from redaction.probe import probe

PIECE = 32_768  # code points looked at together, so that a long text costs as much a character as a short one
Seen: TypeAlias = Mapping[int, Sequence[int]]  # where the least of a sign ends, by its number
_APART = 8  # expressions of rules that need context in one group; a text has words for few of them


class RuleSet:
    """Rules of any number of detectors; thread-safe.

    With Hyperscan, or without it (no wheel for the platform, or not ``accelerated``), the findings are the
    same; only the time they take differs. ``signs`` are patterns that are looked for in the same pass.
    """

    def __init__(
        self, rules: Sequence[Owned], signs: Sequence[str] = (), *, accelerated: bool | None = None
    ) -> None:
        self._rules = tuple(Judge(number, each) for number, each in enumerate(rules))
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
        self._signs = [probe(sign).expression for sign in signs]
        wanted = available() if accelerated is None else accelerated
        self._automaton = Automaton(*self._expressions(apart)) if wanted and rules else None

    def _expressions(self, apart: Sequence[Sequence[Sequence["_Use"]]]) -> tuple[list[str], list[list[str]]]:
        """What is looked for in each text, and in groups for those texts in which there is a word for one."""
        probes = [uses[0].check.expression for uses in self._first]
        words = [probe(rf"(?<!\w){regex.escape(word.text)}").expression for word in self._words]
        groups = [[uses[0].check.expression for uses in group] for group in apart]
        # The signs once more, alone, for pieces of a long text that the rules are not to be tried on.
        return [*probes, *words, *self._signs], [*groups, *([self._signs] if self._signs else [])]

    def wait(self) -> None:
        """Returns once everything is compiled; raises if something could not be."""
        if self._automaton is not None:
            self._automaton.wait()

    def find(self, text: str) -> list[Finding]:
        """What the rules find in a text; raises ``TimeoutError`` where a pattern takes too long to decide."""
        return self.find_and_see(text)[0]

    def find_and_see(self, text: str) -> tuple[list[Finding], Seen | None]:
        """The same, and which signs the text has; None if that is not known."""
        if len(text) <= PIECE:
            return self._found(text)
        found: list[Finding] = []
        for low in range(0, len(text), PIECE):
            offset = max(0, low - self._margin)
            piece = text[offset : low + PIECE + self._margin]
            found += (
                _moved(finding, offset)
                for finding in self._found(piece)[0]
                if low <= finding.start + offset < low + PIECE
            )
        return found, None

    def see(self, text: str) -> Seen | None:
        """Which signs the text has, and where each ends; None if that is not known."""
        if self._automaton is None:
            return None
        hits: list[tuple[int, int]] = []
        self._automaton.scan_apart(shadow(text), len(self._apart), hits.append)
        first = len(self._first) + len(self._words) + len(self._signs) + len(self._later)
        return _by_number((number - first, end) for number, end in hits)

    def _found(self, text: str) -> tuple[list[Finding], Seen | None]:
        automaton = self._automaton
        places, cues, viable, seen = (
            self._look_slowly(text) if automaton is None else self._look(automaton, text)
        )
        found: dict[tuple[str, int, int], Finding] = {}
        for use, ends in places:
            if not use.mask & viable:
                continue
            for match in use.check.matches(text, ends):
                for rule in use.rules:
                    if rule.bit & viable:
                        rule.judge(match, use.check.group, cues, found)
        return list(found.values()), seen

    def _viable(self, text: str, cues: Cues) -> int:
        """The rules that may have something to say."""
        viable = self._alone | cues.rules
        return viable | self._lonely[len(text.strip(AROUND))] if len(text) <= LONELY else viable

    def _look(self, automaton: Automaton, text: str) -> "_Looked":
        octets = shadow(text)
        hits: list[tuple[int, int]] = []
        automaton.scan(octets, hits.append)
        cues = Cues(text)
        seen = _by_number(hits)
        places: list[tuple[_Use, list[int] | None]] = []
        signs: dict[int, Sequence[int]] = {}
        words = len(self._first)
        beyond = words + len(self._words)
        for number, ends in seen.items():
            if number < words:
                places += [(use, ends) for use in self._first[number]]
            elif number < beyond:
                cues.add(self._words[number - words], ends)
            else:
                signs[number - beyond] = ends
        viable = self._viable(text, cues)
        self._look_apart(automaton, octets, viable, places)
        return places, cues, viable, signs

    def _look_apart(
        self, automaton: Automaton, octets: bytes, viable: int, places: "list[tuple[_Use, list[int] | None]]"
    ) -> None:
        """Adds where those rules may match that need context, of the groups in which some have it."""
        hits: list[tuple[int, int]] = []
        for group, mask in enumerate(self._apart):
            if mask & viable:
                automaton.scan_apart(octets, group, hits.append)
        before = len(self._first) + len(self._words) + len(self._signs)
        for number, ends in _by_number(hits).items():
            places += [(use, ends) for use in self._later[number - before]]

    def _look_slowly(self, text: str) -> "_Looked":
        cues = Cues(text)
        octets = shadow(text).lower()
        for word in self._words:
            cues.add(word, word.ends(text, octets))
        return [(use, None) for use in self._uses], cues, self._viable(text, cues), None


class _Use:
    """A check and the rules that share it."""

    __slots__ = ("check", "mask", "rules")

    def __init__(self, check: Check) -> None:
        self.check = check
        self.rules: list[Judge] = []
        self.mask = 0

    def add(self, rule: Judge) -> None:
        self.rules.append(rule)
        self.mask |= rule.bit


def _uses(rules: Sequence[Judge]) -> list[_Use]:
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


def _by_number(hits: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    seen: dict[int, list[int]] = {}
    for number, end in hits:
        if number in seen:
            seen[number].append(end)
        else:
            seen[number] = [end]
    return seen


def _mask(uses: Iterable[_Use]) -> int:
    mask = 0
    for use in uses:
        mask |= use.mask
    return mask


def _words(rules: Sequence[Judge]) -> list[Word]:
    words: dict[str, Word] = {}
    for rule in rules:
        # A rule that is telling by itself gains nothing by context.
        for text in () if rule.strong else rule.rule.context:
            words.setdefault(text.strip(), Word(text.strip())).rules |= rule.bit
    return list(words.values())


def _moved(finding: Finding, by: int) -> Finding:
    return finding._replace(start=finding.start + by, end=finding.end + by)


_Places: TypeAlias = Sequence[tuple[_Use, list[int] | None]]
_Looked: TypeAlias = tuple[_Places, Cues, int, Seen | None]

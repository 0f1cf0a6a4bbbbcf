"""Detection by rules: a pattern, what confirms a match of it, and the words around it that make it likely."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from redaction import unveil
from redaction.base import Category, Finding
from redaction.judge import Owned
from redaction.ruleset import PIECE, RuleSet, Seen

_OVERLAP = 512  # code points
Confirm = Callable[[str], bool | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern for one entity type; its group ``value``, if it has one, is what is found.

    ``score`` is how telling a bare match is, in 0..1. ``confirm`` says True for a value whose checksum is
    right, False for one that cannot be, None where it cannot tell. ``context`` are words (lower case, counted
    from their beginning) that make a match likely; ``lonely`` says that a text which is nothing but the value
    does so too. ``trim`` says how many code points of what was matched are the value. A rule that is not
    ``trusted`` is an operator's: its pattern gets a time limit for each place where it may match.
    """

    entity_type: str
    pattern: str
    score: float
    context: tuple[str, ...] = ()
    confirm: Confirm | None = field(default=None, compare=False)
    trusted: bool = True
    lonely: bool = False
    trim: Callable[[str], int] | None = field(default=None, compare=False)


class RuleDetector:
    """Finds what rules describe; light enough for the event loop on short texts.

    ``Detection`` joins all rule detectors into one automaton; alone, each compiles its own on first use.
    """

    heavy = False

    def __init__(self, name: str, rules: Sequence[Rule], *, category: Category) -> None:
        self._name = name
        self.rules = tuple(Owned(rule, name, category) for rule in rules)
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
        return [_found(self._set, text) for text in texts]

    @cached_property
    def _set(self) -> RuleSet:
        return RuleSet(self.rules, unveil.SIGNS)


class JoinedRules:
    """Several detectors by rules as one, over one automaton; each finding still says whose it is."""

    heavy = False
    name = "rules"

    def __init__(self, detectors: Sequence[RuleDetector]) -> None:
        rules = [rule for detector in detectors for rule in detector.rules]
        self._set = RuleSet(rules, unveil.SIGNS)
        self.digest = hashlib.sha256("".join(each.digest for each in detectors).encode()).hexdigest()

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The findings of each text; raises ``TimeoutError`` where a pattern takes too long to decide."""
        return [_found(self._set, text) for text in texts]


def _found(rules: RuleSet, text: str) -> list[Finding]:
    """What the rules find in a text and, in its own places, in the other ways to read it."""
    found, seen = rules.find_and_see(text)
    known: set[tuple[str, int, int]] = set()
    # In pieces, for a view holds a place for each of its characters.
    for offset in range(0, len(text), PIECE):
        piece = text[offset : offset + PIECE + _OVERLAP]
        for view in views(rules, piece, seen if len(text) <= PIECE else None):
            known = known or {(finding.entity_type, finding.start, finding.end) for finding in found}
            for finding in rules.find(view.text):
                start, end = view.back(finding.start, finding.end)
                key = (finding.entity_type, start + offset, end + offset)
                if piece[start:end] != view.text[finding.start : finding.end] and key not in known:
                    known.add(key)
                    found.append(finding._replace(start=start + offset, end=end + offset))
    return found


def views(rules: RuleSet, text: str, seen: Seen | None = None) -> list[unveil.View]:
    """The other ways to read a text, in which the rules saw these signs, if they have looked already."""
    seen = rules.see(text) if seen is None else seen
    return unveil.views(text) if seen is None else unveil.views(text, seen)

"""What a match of a rule comes to: its checksum and the words near it decide."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redaction.base import Category, Finding
from redaction.cues import Cues

if TYPE_CHECKING:
    import regex

    from redaction.rules import Rule

THRESHOLD = 0.5
_BY_CONTEXT = 0.5
_CONFIRMED = 0.3  # a match of a pattern this telling needs no context once its checksum is right


@dataclass(frozen=True, slots=True)
class Owned:
    """A rule, and whose findings it makes."""

    rule: "Rule"
    detector: str
    category: Category


class Judge:
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
        cues: Cues,
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

"""Findings held against labels, character by character; pure.

White space never counts: whether the space between two words is masked tells nobody anything.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from redaction.evaluation.labels import UNKNOWN_LANGUAGE, Group, LabelledSet
from redaction.evaluation.samples import Gold, Sample

COVERED = 0.9  # of a span's characters, from which on it counts as found
_Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations


@dataclass(frozen=True, slots=True)
class Found:
    """A span that an engine would mask."""

    start: int
    end: int
    group: Group


@dataclass(slots=True)
class GroupScore:
    """Counts of one group: ``gold`` spans, those covered, by any type and by theirs; findings, true ones."""

    gold: int = 0
    covered: int = 0
    typed: int = 0
    found: int = 0
    true: int = 0

    def add(self, other: "GroupScore") -> None:
        """Adds the counts of another."""
        self.gold += other.gold
        self.covered += other.covered
        self.typed += other.typed
        self.found += other.found
        self.true += other.true


@dataclass(slots=True)
class Score:
    """Counts over rows of one file and language.

    ``entity`` characters are inside labelled spans of a group, ``leaked`` those of them left readable;
    ``plain`` characters are in no label, ``stray`` those of them masked by a group that the set judges,
    ``unjudged`` those masked by other groups only. ``clean`` and ``clean_stray`` are of rows without labels.
    """

    rows: int = 0
    characters: int = 0
    entity: int = 0
    leaked: int = 0
    plain: int = 0
    stray: int = 0
    unjudged: int = 0
    clean: int = 0
    clean_stray: int = 0
    groups: dict[Group, GroupScore] = field(default_factory=lambda: defaultdict(GroupScore))

    def add(self, other: "Score") -> None:
        """Adds the counts of another."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for group, score in other.groups.items():
            self.groups[group].add(score)

    @property
    def total(self) -> GroupScore:
        """All groups as one."""
        total = GroupScore()
        for score in self.groups.values():
            total.add(score)
        return total


_COUNTS = (
    "rows", "characters", "entity", "leaked", "plain", "stray", "unjudged", "clean", "clean_stray",
)  # fmt: skip


def score(
    samples: Sequence[Sample], findings: Sequence[Iterable[Found]], labelled: LabelledSet
) -> dict[str, Score]:
    """The counts by language."""
    scores: dict[str, Score] = defaultdict(Score)
    for sample, found in zip(samples, findings, strict=True):
        language = sample.language or labelled.language or UNKNOWN_LANGUAGE
        _Row(sample, tuple(found), labelled).add_to(scores[language])
    return dict(scores)


def share(part: int, whole: int) -> float | None:
    """``part`` of ``whole``; None where there is nothing to have a share of."""
    return part / whole if whole else None


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The interval in which the true share lies with 95 % confidence (Wilson, 1927); 0 to 1 of nothing."""
    if not total:
        return 0.0, 1.0
    rate = hits / total
    spread = _Z * math.sqrt(rate * (1 - rate) / total + _Z * _Z / (4 * total * total))
    scale = 1 + _Z * _Z / total
    middle = rate + _Z * _Z / (2 * total)
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


class _Marks:
    """Marked characters of one text."""

    def __init__(self, size: int, spans: Iterable[tuple[int, int]]) -> None:
        self._marks = bytearray(size)
        for start, end in spans:
            self._marks[start:end] = b"\x01" * (end - start)

    def bits(self, start: int = 0, end: int | None = None) -> int:
        """The marks of a stretch as the bits of a number, so that sets of marks meet in one operation."""
        return int.from_bytes(self._marks[start:end])


class _Row:
    """One text, its labels, and what an engine found in it."""

    def __init__(self, sample: Sample, found: Sequence[Found], labelled: LabelledSet) -> None:
        self._gold = [(gold, labelled.groups[gold.label]) for gold in sample.gold]
        self._found = found
        self._judged = labelled.judged
        self._size = len(sample.text)
        solid = [(at, at + 1) for at, char in enumerate(sample.text) if not char.isspace()]
        self._solid = self._marks(solid)
        self._golden = self._marks((gold.start, gold.end) for gold in sample.gold)
        self._masked = self._marks(_spans(found))

    def add_to(self, score: Score) -> None:
        """Adds this row's counts."""
        self._add_stray(score)
        self._add_recall(score)
        for each in self._found:
            if each.group in self._judged:
                counts = score.groups[each.group]
                counts.found += 1
                counts.true += self._golden.bits(each.start, each.end) > 0

    def _add_stray(self, score: Score) -> None:
        plain = self._solid.bits() & ~self._golden.bits()
        judged = self._marks(_spans(each for each in self._found if each.group in self._judged)).bits()
        stray = (plain & judged).bit_count()
        score.rows += 1
        score.characters += self._solid.bits().bit_count()
        score.plain += plain.bit_count()
        score.stray += stray
        score.unjudged += (plain & self._masked.bits() & ~judged).bit_count()
        if not self._gold:
            score.clean += plain.bit_count()
            score.clean_stray += stray

    def _add_recall(self, score: Score) -> None:
        by_group = {
            group: self._marks(_spans(each for each in self._found if each.group is group))
            for group in {group for _, group in self._gold} - {Group.IGNORED}
        }
        wanted = [(gold, group) for gold, group in self._gold if group in by_group]
        for gold, group in wanted:
            counts = score.groups[group]
            counts.gold += 1
            counts.covered += self._covered(gold, self._masked)
            counts.typed += self._covered(gold, by_group[group])
        entity = self._solid.bits() & self._marks((gold.start, gold.end) for gold, _ in wanted).bits()
        score.entity += entity.bit_count()
        score.leaked += (entity & ~self._masked.bits()).bit_count()

    def _covered(self, gold: Gold, marks: _Marks) -> bool:
        solid = self._solid.bits(gold.start, gold.end)
        return (solid & marks.bits(gold.start, gold.end)).bit_count() >= COVERED * solid.bit_count()

    def _marks(self, spans: Iterable[tuple[int, int]]) -> _Marks:
        return _Marks(self._size, spans)


def _spans(found: Iterable[Found]) -> Iterator[tuple[int, int]]:
    return ((each.start, each.end) for each in found)

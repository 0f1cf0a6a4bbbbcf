"""How findings come together: overlaps are settled by rule, and a value found once is found everywhere.

The rule, in order: a validated finding beats one that is not, then the longer, then the higher score, then
the earlier, then the entity type by name. A loser keeps what no winner covers, so that nothing that any
detector found is left uncovered. Of a person, the telling parts of the name are found too. Everything here
is pure.
"""

import re
import sys
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from operator import attrgetter
from typing import TypeVar

from redaction import person
from redaction.base import Finding

_WORD = re.compile(r"[^\W_]+")
_MIN_LETTERS = 4  # shorter values ("Al", "42") would be found in innocent words and counts
_MIN_DIGITS = 6  # a bare number must be longer still before it is worth finding again
PERSON = "PERSON"
_WORDS_ALONE = frozenset({PERSON, "LOCATION", "ORGANIZATION", "NRP"})  # one word may be all of it
_PART_SCORE = 0.6  # of a finding that rests on a part of a name
_FEW = 48  # up to so many values, looking for each costs less than looking at each word
_AT_ONCE = 20_000  # code points
_START = attrgetter("start")
Key = TypeVar("Key")


def merge(text: str, findings: Collection[Finding]) -> tuple[Finding, ...]:
    """Findings of ``text`` without overlaps, in order, covering each letter and digit that any covered.

    Save for a word without a digit that an unconfirmed number has beside a winner: its label ("card").
    """
    ordered = sorted(findings, key=_START)
    if all(one.end <= following.start for one, following in pairwise(ordered)):
        return tuple(ordered)
    kept: list[Finding] = []
    taken: list[tuple[int, int]] = []  # sorted, so that a finding meets only its neighbours
    for finding in sorted(set(findings), key=strength):
        for start, end in uncovered(finding.start, finding.end, taken):
            # What is left between winners may be no more than a comma.
            if (start, end) == (finding.start, finding.end) or _is_left(text, finding, start, end):
                kept.append(finding._replace(start=start, end=end))
                insort(taken, (start, end))
    kept.sort(key=_START)
    return tuple(kept)


def _is_left(text: str, finding: Finding, start: int, end: int) -> bool:
    """Whether what winners left of a finding is worth keeping."""
    words = _WORD.findall(text, start, end)
    if len(words) != 1 or finding.entity_type in _WORDS_ALONE:
        return bool(words)
    return any(map(str.isdigit, words[0])) or not any(map(str.isdigit, text[finding.start : finding.end]))


def uncovered(start: int, end: int, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of ``start..end`` is outside the spans ``taken``, which are sorted and do not overlap."""
    free: list[tuple[int, int]] = []
    at = max(bisect_right(taken, (start, start)) - 1, 0)
    for low, high in islice(taken, at, None):
        if low >= end:
            break
        if start < low:
            free.append((start, low))
        start = max(start, high)
    if start < end:
        free.append((start, end))
    return free


def clip(finding: Finding, start: int, end: int) -> Finding | None:
    """The part of a finding inside ``start..end``, counted from ``start``; None if there is none."""
    low, high = max(finding.start, start), min(finding.end, end)
    if low >= high:
        return None
    return finding._replace(start=low - start, end=high - start)


def spread(texts: Sequence[str], findings: Sequence[Collection[Finding]]) -> list[list[Finding]]:
    """The findings with each value found once also found wherever else it stands as whole words.

    Names of people are found in other cases, in the genitive and by their parts as well, save for parts that
    are ordinary words. The cost is linear in the texts, whatever the number of values.
    """
    everything = [list(found) for found in findings]
    places = Places(values_of(texts, findings))
    if places:
        for text, found in zip(texts, everything, strict=True):
            found.extend(places.more(text, found))
    return everything


class Places:
    """Where known values stand in texts; ``values`` maps each spelling to the finding it rests on."""

    def __init__(self, values: Mapping[str, Finding]) -> None:
        self._values = values
        self._places = _each_place if len(values) <= _FEW else _word_by_word(values)

    def __len__(self) -> int:
        return len(self._values)

    def more(self, text: str, found: Sequence[Finding]) -> list[Finding]:
        """The values that stand in the text where ``found`` has not found them."""
        known = {(finding.start, finding.end) for finding in found}
        people = sorted((each.start, each.end) for each in found if each.entity_type == PERSON)
        more: list[Finding] = []
        for start, end in self._places(text, self._values):
            if (start, end) not in known:
                basis = self._values[text[start:end]]
                if basis.entity_type != PERSON or (
                    not _inside(start, end, people) and _names_somebody(text, start, end)
                ):
                    more.append(basis._replace(start=start, end=end))
        return more


def values_of(texts: Sequence[str], findings: Sequence[Collection[Finding]]) -> dict[str, Finding]:
    """The values worth looking for again, in each spelling, and the strongest finding of each."""
    values = strongest(dict(enumerate(texts)), dict(enumerate(findings)))
    return with_spellings({value: finding for value, (_, finding) in values.items()})


def with_spellings(values: Mapping[str, Finding]) -> dict[str, Finding]:
    """The values, and for names of people how else they are written; what is a value itself stays one."""
    spelled = dict(values)
    for value, finding in values.items():
        if finding.entity_type == PERSON:
            part = finding._replace(score=min(finding.score, _PART_SCORE), validated=False)
            for spelling in person.spellings(value):
                spelled.setdefault(spelling, part)
    return spelled


def _inside(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    at = bisect_right(spans, (start, sys.maxsize)) - 1
    return at >= 0 and end <= spans[at][1]


def _names_somebody(text: str, start: int, end: int) -> bool:
    """Whether a name stands here as one: not in an address, nor where the text has it as a common word."""
    low = text.rfind(" ", 0, start) + 1
    high = text.find(" ", end)
    if "@" in text[low : high if high >= 0 else len(text)]:
        return False
    value = text[start:end]
    common = value.lower()
    return value == common or " " in value or not holds(text, common)


def strength(finding: Finding) -> tuple[bool, int, float, int, str]:
    """What findings are ordered by, the strongest first."""
    return (
        not finding.validated,
        finding.start - finding.end,
        -finding.score,
        finding.start,
        finding.entity_type,
    )


def strongest(
    texts: Mapping[Key, str], findings: Mapping[Key, Collection[Finding]]
) -> dict[str, tuple[Key, Finding]]:
    """The values worth looking for again; of each the strongest finding and the key of the text it is in."""
    values: dict[str, tuple[Key, Finding]] = {}
    for key, text in texts.items():
        for finding in _unrefuted(text, findings[key]):
            value = text[finding.start : finding.end]
            if _telling(value) and (value not in values or strength(finding) < strength(values[value][1])):
                values[value] = (key, finding)
    return values


def _unrefuted(text: str, findings: Collection[Finding]) -> Iterator[Finding]:
    """The findings that no validated one shows to be something else, in part or in whole."""
    validated = merge(text, [each for each in findings if each.validated])
    taken = [(each.start, each.end) for each in validated]
    for finding in findings:
        free = [(finding.start, finding.end)]
        if finding.validated or not taken or uncovered(finding.start, finding.end, taken) == free:
            yield finding


def holds(text: str, value: str) -> bool:
    """Whether the value stands in the text, as whole words."""
    return next(_each_place(text, (value,)), None) is not None


def _telling(value: str) -> bool:
    if value.isalpha():
        return len(value) >= _MIN_LETTERS and not person.is_ordinary(value)
    letters = sum(map(str.isalnum, value))
    return letters >= (_MIN_LETTERS if any(map(str.isalpha, value)) else _MIN_DIGITS)


def _each_place(text: str, values: Collection[str]) -> Iterator[tuple[int, int]]:
    """Where the values stand as whole words: each is looked for."""
    for value in values:
        start = text.find(value)
        while start >= 0:
            if _stands_alone(text, start, start + len(value)):
                yield start, start + len(value)
            start = text.find(value, start + 1)


def _word_by_word(values: Collection[str]) -> Callable[[str, Collection[str]], Iterator[tuple[int, int]]]:
    """The same at a cost that does not grow with the number of values: each word is looked up."""
    anchors: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for value in values:
        first = _WORD.search(value)
        if first is not None:
            anchors[first.group()].add((first.start(), len(value)))

    def places(text: str, values: Collection[str]) -> Iterator[tuple[int, int]]:
        # A search through a long text at once would keep the interpreter from everybody else.
        if len(text) <= _AT_ONCE and anchors.keys().isdisjoint(_WORD.findall(text)):
            return
        for word in _WORD.finditer(text):
            for offset, length in anchors.get(word.group(), ()):
                start = word.start() - offset
                end = start + length
                if (
                    start >= 0
                    and end <= len(text)
                    and text[start:end] in values
                    and _stands_alone(text, start, end)
                ):
                    yield start, end

    return places


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a span begins and ends where words do."""
    if start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        return False
    return not (end < len(text) and text[end].isalnum() and text[end - 1].isalnum())

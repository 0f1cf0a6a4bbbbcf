"""Where a text that arrives in pieces may be cut.

The text falls into plain segments, which cannot hold anything worth finding and go out as they are, and
suspect ones, which are held until what follows shows that they have ended. Every decision is made from the
start of the segment onwards and never changes when more text comes, so the segments are a function of the
text alone and not of the pieces in which it came.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from redaction.restore import lookalikes

# A word ends at white space, or after a full stop of a script that sets none: ideographic, full width.
_STOPS = "\u3002\uff01\uff1f"
_TOKEN = re.compile(rf"\s*([^\s{_STOPS}]*[{_STOPS}]|[^\s{_STOPS}]+)")
_SPACE = re.compile(r"\s+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_PLAIN = re.compile(rf"[({_QUOTES}*~]*[^\W\d_]+(?:['\u2019-][^\W\d_]+)*[){_QUOTES}*~.,;:!?\u2026]*")
_NEUTRAL = re.compile(rf"[-*|.,;:#>=~!?){_QUOTES}\u2022\u2013\u2014\u2026]+")
_DIGIT = re.compile(r"\d")
_SOFT = re.compile(r"[,;{}()\"'<>|](?=[^\s\]])")

_CONTEXT = 96  # code points before a segment that its detectors see: context words, first halves
_FOLLOWING = 64  # code points left after a forced cut, so that what it cuts through is seen from both sides

# Words in small letters that stand inside names, addresses and lists of names.
_JOINING = frozenset(
    [
        "a",
        "al",
        "am",
        "and",
        "bei",
        "ben",
        "bin",
        "d",
        "da",
        "dal",
        "das",
        "de",
        "dei",
        "del",
        "della",
        "den",
        "der",
        "des",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "et",
        "ext",
        "het",
        "i",
        "ibn",
        "im",
        "in",
        "la",
        "las",
        "le",
        "les",
        "lo",
        "los",
        "of",
        "op",
        "st",
        "'t",
        "te",
        "ten",
        "ter",
        "the",
        "und",
        "van",
        "vom",
        "von",
        "y",
        "z",
        "zu",
        "zum",
        "zur",
    ]
)
# Capitals that start sentences and name nobody; without these each sentence would be held and scanned.
_OPENERS = frozenset(
    [
        "I",
        "I'm",
        "I've",
        "I'll",
        "The",
        "This",
        "That",
        "These",
        "Those",
        "It",
        "It's",
        "You",
        "You're",
        "Your",
        "We",
        "We're",
        "Our",
        "They",
        "Their",
        "He",
        "She",
        "If",
        "But",
        "And",
        "Or",
        "So",
        "As",
        "At",
        "On",
        "For",
        "From",
        "With",
        "Here",
        "Here's",
        "There",
        "What",
        "When",
        "Where",
        "Which",
        "How",
        "Why",
        "Please",
        "Yes",
        "No",
        "Not",
        "Thank",
        "Thanks",
        "Sure",
        "Hello",
        "Hi",
        "Dear",
        "Then",
        "Also",
        "However",
        "Once",
        "Let",
        "Let's",
        "Is",
        "Are",
        "Do",
        "Does",
        "Can",
        "Could",
        "Would",
        "Should",
    ]
)
_AROUND = _QUOTES + "()*,:;!?"


class _Kind(Enum):
    PLAIN = auto()
    JOINING = auto()
    SUSPECT = auto()


@dataclass(frozen=True, slots=True, repr=False)
class Segment:
    """A stretch of text; a suspect one comes with what stands before and after it."""

    text: str
    suspect: bool = False
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class _Cut:
    end: int
    following: int
    suspect: bool


class Window:
    """Holds back the end of a text until it is known what it is; at most ``limit`` code points."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = ""
        self._before = ""

    def push(self, text: str) -> list[Segment]:
        """The segments that have ended now that this text has come."""
        self._held += text
        return list(self._segments(final=False))

    def flush(self) -> list[Segment]:
        """The segments that are left when nothing follows."""
        return list(self._segments(final=True))

    def _segments(self, *, final: bool) -> Iterator[Segment]:
        start = 0
        held = self._held
        while start < len(held) and (cut := self._cut(held, start, final=final)):
            text = held[start : cut.end]
            yield Segment(text, cut.suspect, self._before, held[cut.end : cut.following])
            self._before = (self._before + text)[-_CONTEXT:]
            start = cut.end
        self._held = held[start:]

    def _cut(self, held: str, start: int, *, final: bool) -> _Cut | None:
        plain = _plain_end(held, start, final=final)
        if plain > start:
            return _Cut(plain, plain, suspect=False)
        view = held[start : start + self._limit]
        full = len(view) == self._limit
        cut = _run_end(view, final=final and not full)
        if cut is None and full:
            end = _forced(view)
            cut = _Cut(end, len(view), suspect=True)
        return cut and _Cut(start + cut.end, start + cut.following, suspect=True)


def _plain_end(held: str, start: int, *, final: bool) -> int:
    """How far the text at ``start`` is plain beyond doubt."""
    position = start
    while True:
        space = _SPACE.match(held, position)
        position = space.end() if space else position
        token = _TOKEN.match(held, position)
        if token is None or not _complete(held, token, final=final) or _kind(token[1]) is _Kind.SUSPECT:
            return position
        position = token.end()


def _run_end(view: str, *, final: bool) -> _Cut | None:
    """Where the suspect run at the start of ``view`` ends; None when that cannot be told yet.

    One plain word ends it; after a word with digits it takes two ("3 march 2024").
    """
    end = position = plain = 0
    allowed = 1
    while token := _TOKEN.match(view, position):
        if end and _BLANK_LINE.search(view, position, token.start(1)):
            return _Cut(end, end, suspect=True)
        if not _complete(view, token, final=final):
            return None
        position = token.end()
        kind = _kind(token[1])
        if kind is _Kind.SUSPECT or (kind is _Kind.JOINING and not plain):
            end, plain = position, 0
            allowed = 2 if _DIGIT.search(token[1]) else 1
            if token[1][-1] in _STOPS:
                return _Cut(end, end, suspect=True)
        elif (plain := plain + 1) >= allowed:
            return _Cut(end, position, suspect=True)
    if final:
        return _Cut(len(view), len(view), suspect=True)
    return _Cut(end, end, suspect=True) if _BLANK_LINE.search(view, position) else None


def _complete(text: str, token: re.Match[str], *, final: bool) -> bool:
    return token.end() < len(text) or final or token[1][-1] in _STOPS


def _kind(word: str) -> _Kind:
    if _NEUTRAL.fullmatch(word):
        return _Kind.JOINING
    if _PLAIN.fullmatch(word) and (_small(word) or word.strip(_AROUND) in _OPENERS):
        return _Kind.JOINING if word in _JOINING else _Kind.PLAIN
    return _Kind.SUSPECT


def _small(word: str) -> bool:
    # Letters without case (most scripts of Asia) are not small: nothing shows that they name nobody.
    return word.islower() and (word.isascii() or all(char.islower() for char in word if char.isalpha()))


def _forced(view: str) -> int:
    """Where to cut a run that is longer than may be held: at a space if possible, never in a placeholder."""
    last = max(len(view) - _FOLLOWING, 1)
    spaces = [match.start() for match in _SPACE.finditer(view, 1, last)]
    softs = [match.end() for match in _SOFT.finditer(view, 1, last)]
    cut = (spaces or softs or [last])[-1]
    for start, end in lookalikes(view):
        if start < cut < end:
            return start or end
    return cut

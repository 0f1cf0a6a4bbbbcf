"""Context words: where they stand, and whether one that speaks for a rule is near a place."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

import regex

_BEFORE, _AFTER = 60, 30  # code points around a match in which context words count
LONELY = 64  # a text no longer than this may be nothing but one value
_LEAST_LONELY = 8
AROUND = " \t\r\n\"'`.,;"
_WHOLE = 4  # a context word no longer than this must stand alone: "tin" is not in "tiny"


class Word:
    """A context word and the rules that it speaks for."""

    __slots__ = ("_exact", "rules", "size", "text", "whole")

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = len(text)
        self.rules = 0
        self.whole = len(text) <= _WHOLE
        self._exact = None if text.isascii() else regex.compile(regex.escape(text), regex.IGNORECASE)

    def stands(self, text: str, start: int, end: int) -> bool:
        """Whether the word is there and begins (a short one also ends) where a word does."""
        if start and _wordy(text[start - 1]):
            return False
        if self.whole and end < len(text) and _wordy(text[end]):
            return False
        return self._exact is None or self._exact.match(text, start, end) is not None

    def ends(self, text: str, octets: bytes) -> Iterator[int]:
        """Where it may end, without an automaton; ``octets`` is the shadow in lower case."""
        if self._exact is not None:
            yield from (match.end() for match in self._exact.finditer(text, overlapped=True))
            return
        needle = self.text.encode("ascii")
        at = octets.find(needle)
        while at >= 0:
            yield at + self.size
            at = octets.find(needle, at + 1)


class Cues:
    """The context words of a text, in order."""

    __slots__ = ("_ends", "_places", "_sorted", "_text", "rules")

    def __init__(self, text: str) -> None:
        self.rules = 0
        self._text = text
        self._places: list[tuple[int, int, int]] = []
        self._ends: list[int] = []
        self._sorted = True

    def add(self, word: Word, ends: Iterable[int]) -> None:
        """Takes a word that seems to end at these places, where it does."""
        for end in ends:
            start = end - word.size
            if word.stands(self._text, start, end):
                self.rules |= word.rules
                self._places.append((end, start, word.rules))
                self._sorted = False

    def is_all(self, start: int, end: int) -> bool:
        """Whether the text is nothing but this value, as a field of a form or an argument of a tool is."""
        text = self._text
        return (
            len(text) <= LONELY
            and end - start >= _LEAST_LONELY
            and not text[:start].strip(AROUND)
            and not text[end:].strip(AROUND)
        )

    def near(self, rule: int, start: int, end: int) -> bool:
        """Whether a word of this rule stands before or behind what lies between."""
        if not self._sorted:
            self._places.sort()
            self._ends = [place[0] for place in self._places]
            self._sorted = True
        for at in range(bisect_left(self._ends, start - _BEFORE), len(self._places)):
            word_end, word_start, rules = self._places[at]
            if word_end > end + _AFTER:
                return False
            outside = (word_end <= start and word_start >= start - _BEFORE) or word_start >= end
            if rules & rule and outside:
                return True
        return False


def _wordy(char: str) -> bool:
    return char.isalnum() or char == "_"

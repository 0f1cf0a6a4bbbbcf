import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.months import MONTHS

# A word with the marks that combine with it, or any other visible sign by itself.
_UNIT = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+|[^\w\s]|_")
_LONGEST_WORD = 64  # characters; what is longer is no word of any language and becomes the unknown piece
_MOST_PIECES = 8
GAPS = 4
SHAPES = 14
LEXICON_CLASSES = 8
KINDS = SHAPES * GAPS * LEXICON_CLASSES


@dataclass(frozen=True, slots=True)
class Units:
    """A text as the classifier reads it: words and signs with their places in code points.

    ``pieces`` are a unit's word pieces. ``kinds`` joins its shape (capitals, digits), the gap before it and
    its class in the lexicon in one number below ``KINDS``. ``plain`` says of a unit that it can neither be
    nor begin anything sensitive: an everyday word in lower case, or punctuation.
    """

    starts: list[int]
    ends: list[int]
    pieces: list[tuple[int, ...]]
    kinds: list[int]
    plain: list[bool]

    def __len__(self) -> int:
        return len(self.starts)


_Known = tuple[tuple[int, ...], int, bool]  # a word's pieces, its kind without the gap, whether it is plain


class Reader:
    """Splits text into units; of what it has read it keeps only which plain words of the lexicon there were.

    ``vocabulary`` maps word pieces (``##`` marks one that continues a word) to numbers, ``lexicon`` folded
    words to classes from 1 to ``LEXICON_CLASSES - 1``, of which ``everyday`` holds those that nobody bears.
    """

    def __init__(
        self, vocabulary: Mapping[str, int], lexicon: Mapping[str, int], everyday: frozenset[int]
    ) -> None:
        self._vocabulary = vocabulary
        self._lexicon = lexicon
        self._everyday = everyday
        self._unknown = (vocabulary["[UNK]"],)
        self._plain: dict[str, _Known] = {}

    def read(self, text: str) -> Units:
        """The units of a text, in order."""
        plain, seen = self._plain, dict[str, _Known]()
        units = Units([], [], [], [], [])
        end = 0
        for match in _UNIT.finditer(text):
            start, stop = match.span()
            word = text[start:stop]
            known = plain.get(word) or seen.get(word)
            if known is None:
                known = self._look_up(word)
                # Everyday words tell nothing of who wrote them, and the lexicon has only so many.
                (plain if known[2] and word in self._lexicon else seen)[word] = known
            gap = 0 if start == end and end else _gap(text, end, start)
            end = stop
            units.starts.append(start)
            units.ends.append(stop)
            units.pieces.append(known[0])
            units.kinds.append(known[1] + gap)
            units.plain.append(known[2])
        return units

    def _look_up(self, word: str) -> _Known:
        folded = fold(word)
        form = shape(word)
        entry = self._lexicon.get(folded, 0)
        everyday = entry in self._everyday and folded not in MONTHS
        plain = form == SIGN or (form == _LOWER and (everyday or len(word) == 1))
        return self._pieces(folded), (entry * SHAPES + form) * GAPS, plain

    def _pieces(self, folded: str) -> tuple[int, ...]:
        """The longest pieces from the left; the unknown piece where one is missing."""
        whole = self._vocabulary.get(folded)
        if whole is not None:
            return (whole,)
        if len(folded) > _LONGEST_WORD:
            return self._unknown
        pieces: list[int] = []
        start = 0
        while start < len(folded):
            number, start = self._longest(folded, start)
            if number is None:
                return self._unknown
            pieces.append(number)
        return tuple(pieces if len(pieces) <= _MOST_PIECES else [*pieces[: _MOST_PIECES - 1], pieces[-1]])

    def _longest(self, folded: str, start: int) -> tuple[int | None, int]:
        mark = "##" if start else ""
        for end in range(len(folded), start, -1):
            number = self._vocabulary.get(mark + folded[start:end])
            if number is not None:
                return number, end
        return None, start


def fold(word: str) -> str:
    """Lower case without accents, as the word pieces are written."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in parts if unicodedata.category(char) != "Mn") or word


_LOWER, _TITLE, _UPPER, _MIXED, _INITIAL, SIGN, _ALNUM = range(7)
FIRST_NUMBER = 7  # of the shapes: from here on by how many digits there are
_DIGITS = {1: 7, 2: 8, 3: 9, 4: 10, 5: 11, 6: 12, 7: 12, 8: 12}  # by length
_MANY_DIGITS = 13


def shape(word: str) -> int:
    """A word's outward form, as a number below ``SHAPES``."""
    if word.isdigit():
        return _DIGITS.get(len(word), _MANY_DIGITS)
    if not word[0].isalnum():
        return SIGN
    if any(map(str.isdigit, word)):
        return _ALNUM
    if word.islower() or not (word.isupper() or word[0].isupper()):
        return _LOWER if word == word.lower() else _MIXED
    if word.isupper():
        return _UPPER if len(word) > 1 else _INITIAL
    return _TITLE if word[1:] == word[1:].lower() else _MIXED


def shapes(kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """The shapes of units, by their kinds."""
    found: NDArray[np.int64] = kinds // GAPS % SHAPES
    return found


def _gap(text: str, start: int, end: int) -> int:
    """0 for none, 1 for a blank, 2 for the first of a text or line, 3 for a wider blank."""
    between = text[start:end]
    if not start or "\n" in between:
        return 2
    return 1 if between == " " else 3


def flatten(pieces: Sequence[tuple[int, ...]]) -> tuple[list[int], list[int]]:
    """All pieces in a row, and how many each unit has."""
    return [piece for unit in pieces for piece in unit], [len(unit) for unit in pieces]

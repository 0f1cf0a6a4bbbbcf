"""What people and programs do to a text: cases, slips, blanks, line breaks; labels follow."""

import random
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

from redaction.training.documents import mistyped
from redaction.training.examples import Example

_PART = re.compile(r"\S+|\s+")


def noisy(example: Example, draw: random.Random) -> Example:
    """The example as it is (mostly), or changed in one or two ways."""
    roll = draw.random()
    if roll < 0.10:
        example = _changed(example, str.lower)
    elif roll < 0.15:
        example = _changed(example, str.upper)
    elif roll < 0.18:
        example = _changed(example, _plain)
    if draw.random() < 0.12:
        example = _changed(example, lambda part: mistyped(part, draw) if draw.random() < 0.12 else part)
    if draw.random() < 0.06:
        example = _changed(example, lambda part: _spaced(part, draw))
    return example


def joined(examples: list[Example], joint: str) -> Example:
    """Several examples as one text; what not all annotate is not annotated."""
    parts: list[str] = []
    spans: list[tuple[int, int, str]] = []
    length = 0
    for example in examples:
        spans += ((start + length, end + length, label) for start, end, label in example.spans)
        parts.append(example.text)
        length += len(example.text) + len(joint)
    annotated = frozenset.intersection(*(example.annotated for example in examples))
    return Example(joint.join(parts), tuple(spans), annotated, examples[0].language, examples[0].source)


def _changed(example: Example, change: Callable[[str], str]) -> Example:
    """Each word and blank changed by itself, so that spans can be moved along."""
    ends = {0: 0}
    parts: list[str] = []
    length = 0
    borders = sorted({edge for start, end, _ in example.spans for edge in (start, end)})
    pieces = _split(example.text, borders)
    at = 0
    for piece in pieces:
        made = change(piece)
        parts.append(made)
        at += len(piece)
        length += len(made)
        ends[at] = length
    spans = tuple((ends[start], ends[end], label) for start, end, label in example.spans)
    kept = tuple(span for span in spans if span[0] < span[1])
    return Example("".join(parts), kept, example.annotated, example.language, example.source)


def _split(text: str, borders: list[int]) -> list[str]:
    cuts = sorted({0, len(text), *borders, *(match.end() for match in _PART.finditer(text))})
    return [text[start:end] for start, end in pairwise(cuts)]


def _plain(part: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", part) if unicodedata.category(char) != "Mn")


def _spaced(part: str, draw: random.Random) -> str:
    if not part.isspace():
        return part
    return draw.choice((part, part, part + part, "\n", "\t"))

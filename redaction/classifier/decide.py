import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.engine import Probabilities
from redaction.classifier.honorifics import HONORIFICS
from redaction.classifier.units import Units, fold
from redaction.classifier.windows import Window

_OPENING = {"PHONE_NUMBER": "(+", "ID": "#", "PERSON": "@", "EMAIL_ADDRESS": "_", "USERNAME": "@"}
_CLOSING = {"EMAIL_ADDRESS": "_", "USERNAME": "_"}
_GLUE = {"EMAIL_ADDRESS": ".", "USERNAME": "_"}
_POSSESSIVES = ("'s", "\u2019s")
# A blank may follow the sign that joins these.
_LOOSE = frozenset({"STREET_ADDRESS", "DATE_TIME", "ID", "PHONE_NUMBER", "EMAIL_ADDRESS"})
_PARTICLES = frozenset((
    "van", "von", "de", "der", "den", "del", "della", "di", "da", "das", "do", "dos", "du", "la", "le", "el",
    "ten", "ter", "zu", "zum", "bin", "ibn", "al", "y", "e",
))  # fmt: skip
_MOST_PARTICLES = 3
_COUNTED = re.compile(r"[a-z]{3,}[0-9]{1,3}")  # word12: things are numbered so, persons are not
# What goes before a number and says which; it tells nobody's secret, and a model needs it.
_FIELD_WORDS = frozenset((
    "iban", "bic", "swift", "card", "ssn", "dni", "nie", "nif", "nhc", "nass", "pesel", "nip", "cpf", "cnpj",
    "bsn", "vat", "tel", "telefon", "phone", "fax", "email", "dob", "mrn",
))  # fmt: skip
_DASHES = frozenset("-\u2013")  # blanks may stand around those of an address: "4 - 2\u00ba"
_Run = tuple[str, int, int]  # label, first and last unit
_JOINTS = frozenset("-\u2013'\u2019./:,&+@_#()°º")  # signs that may stand inside an entity


@dataclass(frozen=True, slots=True)
class Span:
    """An entity as the classifier sees it; ``score`` is the highest probability of being anything."""

    label: str
    start: int
    end: int
    score: float


class Decision:
    """Turns probabilities of units into spans of text; any unit over its label's threshold counts."""

    def __init__(self, labels: Sequence[str], thresholds: dict[str, float]) -> None:
        self._labels = labels
        self._thresholds = np.array([thresholds[label] for label in labels[1:]], np.float32)

    def spans(self, text: str, units: Units, found: Sequence[tuple[Window, Probabilities]]) -> Iterator[Span]:
        """The entities of a text, in order; ``found`` are its windows with what the network said."""
        if not found:
            return
        # As lists, which are quicker than arrays one number at a time.
        marks, scores = (each.tolist() for each in self._marks(units, found))
        for number, mark in enumerate(marks):
            if self._labels[mark] == "ID" and _COUNTED.fullmatch(_char(text, units, number)):
                marks[number] = 0
        for label, *run in _runs(text, units, self._labels, marks):
            trimmed = _trimmed(text, units, label, *run)
            if trimmed is not None:
                first, last = trimmed
                score = round(max(scores[first : last + 1]), 3)
                yield Span(label, units.starts[first], units.ends[last], score)

    def _marks(
        self, units: Units, found: Sequence[tuple[Window, Probabilities]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """For each unit the number of its label, 0 for none, and how sure it is to be anything."""
        marks = np.zeros(len(units), np.int64)
        scores = np.zeros(len(units), np.float32)
        for window, probabilities in found:
            first, last = np.searchsorted(window.chosen, window.core)
            inside = probabilities[first:last]
            label = inside[:, 1:].argmax(-1)
            sure = 1 - inside[:, 0]
            decided = window.chosen[first:last]
            scores[decided] = np.minimum(sure, 1)
            marks[decided] = np.where(sure >= self._thresholds[label], label + 1, 0)
        return marks, scores


def _runs(text: str, units: Units, labels: Sequence[str], marks: Sequence[int]) -> Iterator[_Run]:
    """Each entity: neighbours of one label, over what joins them."""
    marked = [number for number, mark in enumerate(marks) if mark]
    at = 0
    while at < len(marked):
        first = last = marked[at]
        label = labels[marks[first]]
        at += 1
        while at < len(marked) and marks[marked[at]] == marks[first]:
            if not _joins(text, units, label, last, marked[at]):
                break
            last = marked[at]
            at += 1
        yield label, first, last


def _joins(text: str, units: Units, label: str, last: int, following: int) -> bool:
    """Whether two units are one entity: side by side, or a joining sign or a name's particles between."""
    if _breaks(text, label, units.ends[last], units.starts[following]):
        return False
    between = [_char(text, units, number) for number in range(last + 1, following)]
    if not between:
        return True
    if label == "PERSON" and len(between) <= _MOST_PARTICLES and all(each in _PARTICLES for each in between):
        return True
    most = 2 if label in _LOOSE else 1  # "Jr. St., 12": a sign may end a short form where another joins
    if len(between) > most or not _JOINTS.issuperset(between):
        return False
    if label == "STREET_ADDRESS" and between[0] in _DASHES:
        return True
    before = units.ends[last] == units.starts[last + 1]
    after = units.ends[following - 1] == units.starts[following]
    return before and (after or between[0] == "." or label in _LOOSE)


def _breaks(text: str, label: str, start: int, end: int) -> bool:
    """Whether what lies between ends an entity: a cell or a line; in an address, a line is a comma."""
    between = text[start:end]
    if label == "USERNAME":
        return any(map(str.isspace, between))
    return "\t" in between or between.count("\n") > (label == "STREET_ADDRESS")


def _trimmed(text: str, units: Units, label: str, first: int, last: int) -> tuple[int, int] | None:
    """The run without signs, labels of fields and a possessive at its ends, with the honorific before it."""
    while first <= last and _is_loose(text, units, first, label, _OPENING):
        first += 1
    while last >= first and _is_loose(text, units, last, label, _CLOSING):
        last -= 1
    if first > last or all(units.plain[first : last + 1]):
        return None
    if (
        label in ("PERSON", "ORGANIZATION")
        and last - first > 1
        and text[units.starts[last - 1] : units.ends[last]] in _POSSESSIVES
    ):
        last -= 2
    if label == "PERSON":
        first = _with_title(text, units, first)
    if label in _GLUE:
        first, last = _grown(text, units, (first, last), _GLUE[label])
    if (
        label in ("PERSON", "USERNAME")
        and first
        and _char(text, units, first - 1) == "@"
        and units.ends[first - 1] == units.starts[first]
    ):
        first -= 1
    return first, last


def _grown(text: str, units: Units, run: tuple[int, int], glue: str) -> tuple[int, int]:
    """The run with the words that a sign joins to its ends, no blank between: "jo.do@example.com"."""
    first, last = run
    while first > 1 and _is_glued(text, units, first - 2, glue):
        first -= 2
    while last + 2 < len(units) and _is_glued(text, units, last, glue):
        last += 2
    return first, last


def _is_glued(text: str, units: Units, number: int, glue: str) -> bool:
    """Whether a unit is a word, joined by this sign to another after it."""
    end, start = units.ends[number], units.starts[number + 2]
    return text[end:start] == glue and not any(_is_sign(text, units, each) for each in (number, number + 2))


def _with_title(text: str, units: Units, first: int) -> int:
    before = first - 1
    if before > 0 and _char(text, units, before) == ".":
        before -= 1
    if (
        before >= 0
        and fold(text[units.starts[before] : units.ends[before]]) in HONORIFICS
        and "\n" not in text[units.ends[before] : units.starts[first]]
    ):
        return before
    return first


def _is_loose(text: str, units: Units, number: int, label: str, kept: dict[str, str]) -> bool:
    """Whether a unit at the end of a run is no part of the value: a sign, or a word that says what it is."""
    char = _char(text, units, number)
    if _is_sign(text, units, number):
        return char not in kept.get(label, "")
    return label != "PERSON" and fold(char) in _FIELD_WORDS


def _char(text: str, units: Units, number: int) -> str:
    return text[units.starts[number] : units.ends[number]]


def _is_sign(text: str, units: Units, number: int) -> bool:
    return not text[units.starts[number]].isalnum()

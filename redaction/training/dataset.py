"""All that is learned from, as windows of numbers."""

import random
import re
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.honorifics import HONORIFICS
from redaction.classifier.units import GAPS, SHAPES, Reader, Units, flatten, fold
from redaction.training.documents import Documents
from redaction.training.examples import IGNORED, LABELS, Example, labelled
from redaction.training.fill import Filler
from redaction.training.noise import joined, noisy
from redaction.training.prose import LANGUAGES

_ANY = (1 << len(LABELS)) - 1
_NUMBER = {label: number for number, label in enumerate(LABELS)}
_HERE = Path(__file__).parent / "templates" / "quiet"
_LONGEST = 110  # units of a training window, without its frame
_AUTHORS = re.compile(r"[Aa]uthor|[Cc]opyright|[Ww]ritten by|[Cc]ontributed|\bby [A-Z]|@|http|[12][09]\d\d")


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows in a row: units with pieces, kinds, whether plain, and the labels that each may have, as bits."""

    pieces: NDArray[np.int32]
    counts: NDArray[np.uint8]
    kinds: NDArray[np.int32]
    plain: NDArray[np.bool_]
    allowed: NDArray[np.uint16]
    lengths: NDArray[np.int32]

    def save(self, path: Path) -> None:
        """Writes them to a file."""
        np.savez(path, **{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def load(cls, path: Path) -> "Windows":
        """Reads them from a file."""
        with np.load(path) as stored:
            return cls(**{name: stored[name] for name in cls.__slots__})


def recipe(data: Path, prose: Iterable[Example], size: float, seed: int) -> Iterator[Example]:
    """Everything to learn from; ``size`` 1 is the full amount of text that is made up."""
    draw = random.Random(seed)  # noqa: S311 - text to learn from, not a secret
    paragraphs = list(prose)
    by_language: dict[str, list[Example]] = {language: [] for language in LANGUAGES}
    for paragraph in paragraphs:
        by_language[paragraph.language].append(paragraph)
    yield from (noisy(one, draw) for one in _real(data, size, draw))
    for number, language in enumerate(LANGUAGES):
        amount = int((11_000 if language == "en" else 9_000) * size)
        yield from _made(language, amount, by_language[language], seed + number)
    yield from (noisy(one, draw) for one in draw.sample(paragraphs, int(len(paragraphs) * min(1, size))))
    yield from _code(int(2_500 * size), draw)


def _real(data: Path, size: float, draw: random.Random) -> Iterator[Example]:
    """The labelled sets; short texts about people twice, court dates once in three."""
    for example in labelled(data, "train"):
        if draw.random() > 2 * size:
            continue
        if example.source == "german_timex.all":
            if draw.random() < 0.33:
                yield example
            continue
        yield example
        if example.source.startswith(("btc", "wnut", "wikigold")) and example.spans:
            yield example


def _made(language: str, amount: int, prose: list[Example], seed: int) -> Iterator[Example]:
    filler = Filler(language, seed)
    documents = Documents(filler)
    draw = filler.draw
    quiet = quiet_lines(language)
    for _ in range(amount):
        roll = draw.random()
        if roll < 0.55:
            one = filler.sentence()
        elif roll < 0.85:
            one = documents.any()
        elif roll < 0.93:
            one = draw.choice(quiet)
        else:
            one = documents.quiet()
        yield noisy(_among(one, filler, prose, quiet), draw)


def _among(one: Example, filler: Filler, prose: list[Example], quiet: list[Example]) -> Example:
    """A text by itself, or between others."""
    draw = filler.draw
    roll = draw.random()
    if roll < 0.55 or not prose:
        return one
    if roll < 0.75:
        return joined([one, filler.sentence()], draw.choice((" ", "\n", "\n\n")))
    others = [draw.choice(prose if draw.random() < 0.6 else quiet), one]
    if draw.random() < 0.3:
        others.append(draw.choice(prose))
    elif draw.random() < 0.5:
        others.reverse()
    return joined(others, draw.choice((" ", "\n", "\n\n")))


def quiet_lines(language: str) -> list[Example]:
    """Our own sentences with nothing in them."""
    lines = (_HERE / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return [
        Example(line.replace("\\n", "\n"), (), language=language, source="quiet") for line in lines if line
    ]


def _code(amount: int, draw: random.Random) -> Iterator[Example]:
    """Pieces of Python's own library (PSF licence), without lines that speak of people or years."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    for _ in range(amount):
        lines = draw.choice(files).read_text(encoding="utf-8", errors="replace").splitlines()
        at = draw.randrange(max(1, len(lines) - 8))
        text = "\n".join(line for line in lines[at : at + draw.randint(2, 8)] if not _AUTHORS.search(line))
        if text.strip():
            yield Example(text, (), frozenset(LABELS[1:]) - {"PERSON"}, source="code")


def encode(examples: Iterable[Example], reader: Reader, seed: int) -> Windows:
    """The examples as windows; long ones are cut at random places, lexicon classes forgotten now and then."""
    draw = random.Random(seed)  # noqa: S311 - text to learn from, not a secret
    pieces: list[int] = []
    counts: list[int] = []
    kinds: list[int] = []
    plain: list[bool] = []
    allowed: list[int] = []
    lengths: list[int] = []
    for example in examples:
        units = reader.read(example.text)
        bits = allowed_labels(example, units)
        kind = _forgetful(units.kinds, draw) if example.source != "prose" else units.kinds
        for start, end in _cuts(len(units), draw):
            flat, each = flatten(units.pieces[start:end])
            pieces += flat
            counts += each
            kinds += kind[start:end]
            plain += units.plain[start:end]
            allowed += bits[start:end]
            lengths.append(end - start)
    return Windows(
        np.array(pieces, np.int32), np.array(counts, np.uint8), np.array(kinds, np.int32), np.array(plain, np.bool_),
        np.array(allowed, np.uint16), np.array(lengths, np.int32),
    )  # fmt: skip


def allowed_labels(example: Example, units: Units) -> list[int]:
    """For each unit the labels that it may have: one where it is known, several where the set does not say."""
    unlabelled = 1 | sum(1 << _NUMBER[label] for label in LABELS[1:] if label not in example.annotated)
    bits = [unlabelled] * len(units)
    at = 0
    for start, end, label in sorted(example.spans):
        while at < len(units) and units.ends[at] <= start:
            at += 1
        if (
            label == "PERSON"
            and at
            and example.text[units.starts[at - 1] : units.ends[at - 1]] == "."
            and at > 1
        ):
            _loosen(example, units, bits, at - 2)
        elif label == "PERSON" and at:
            _loosen(example, units, bits, at - 1)
        unit = at
        while unit < len(units) and units.starts[unit] < end:
            bits[unit] = _ANY if label == IGNORED else 1 << _NUMBER[label]
            unit += 1
    return bits


def _loosen(example: Example, units: Units, bits: list[int], unit: int) -> None:
    """An honorific before a name: sets disagree whether it belongs to it."""
    if fold(example.text[units.starts[unit] : units.ends[unit]]) in HONORIFICS:
        bits[unit] |= 1 << _NUMBER["PERSON"]
        if unit + 1 < len(bits) and example.text[units.starts[unit + 1] : units.ends[unit + 1]] == ".":
            bits[unit + 1] |= 1 << _NUMBER["PERSON"]


def _forgetful(kinds: list[int], draw: random.Random) -> list[int]:
    """Now and then no lexicon class, so that nothing is learned by heart from the lists."""
    share = draw.choice((0.0, 0.2, 0.5))
    low = GAPS * SHAPES
    return [kind % low if kind >= 2 * low and draw.random() < share else kind for kind in kinds]


def _cuts(length: int, draw: random.Random) -> Iterator[tuple[int, int]]:
    start = 0
    while start < length:
        size = _LONGEST if length <= _LONGEST else draw.randint(_LONGEST // 2, _LONGEST)
        yield start, min(length, start + size)
        start += size

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from redaction.evaluation.errors import DataInvalid

_SPAN = 3


@dataclass(frozen=True, slots=True)
class Gold:
    """A span that people labelled; offsets in code points, half open."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """A labelled text; ``language`` is empty where the row does not say it."""

    text: str
    gold: tuple[Gold, ...]
    language: str = ""


def read_samples(path: Path) -> Iterator[Sample]:
    """The rows of a JSON lines file, gzipped or plain; raises ``DataInvalid`` with the number of the line.

    A row is ``{"text": str, "spans": [[start, end, label], ...]}``, and may have ``lang``.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield _sample(line, f"{path.name}, line {number}")
    except (OSError, EOFError) as error:
        raise DataInvalid(f"{path}: cannot be read ({error})") from error


def _sample(line: bytes, place: str) -> Sample:
    try:
        row: object = orjson.loads(line)
    except orjson.JSONDecodeError:
        # "from None": the cause holds the line.
        raise DataInvalid(f"{place}: not JSON") from None
    if not isinstance(row, dict):
        raise DataInvalid(f"{place}: not an object")
    text, spans, language = row.get("text"), row.get("spans"), row.get("lang", "")
    if not isinstance(text, str) or not isinstance(spans, list) or not isinstance(language, str):
        raise DataInvalid(f'{place}: needs "text" (a string) and "spans" (a list); "lang" is a string')
    return Sample(text, tuple(_gold(span, len(text), place) for span in spans), language)


def _gold(span: object, size: int, place: str) -> Gold:
    if isinstance(span, list) and len(span) == _SPAN:
        start, end, label = span
        if type(start) is int and type(end) is int and isinstance(label, str) and 0 <= start < end <= size:
            return Gold(start, end, label)
    raise DataInvalid(f"{place}: a span is [start, end, label] inside its text")

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from redaction.evaluation.engines import Engine
from redaction.evaluation.labels import LabelledSet, Labels
from redaction.evaluation.made import made
from redaction.evaluation.samples import Sample, read_samples
from redaction.evaluation.scoring import Found, Score, score
from redaction.evaluation.split import held_out, text_digest

_BATCH_CHARACTERS = 65_536
_BATCH_TEXTS = 64
_WARMING = "Anna Smith of 1 Mill Lane, Leeds, wrote to anna@example.com on 3 May 2024."


@dataclass(frozen=True, slots=True, repr=False)
class LabelledFile:
    """Rows of a file that are measured, and what their labels mean."""

    name: str
    labelled: LabelledSet
    samples: tuple[Sample, ...]

    @property
    def characters(self) -> int:
        """Code points in all rows."""
        return sum(len(sample.text) for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows are measured: only those that training never sees, and at most so many (0: all)."""

    held_out: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """How well and how fast one engine did on one file."""

    engine: str
    file: str
    scores: dict[str, Score]
    characters: int
    seconds: float

    @property
    def speed(self) -> float:
        """Characters a millisecond."""
        return self.characters / max(self.seconds, 1e-9) / 1000


def load(path: Path, labels: Labels, choice: Choice) -> LabelledFile:
    """The rows to measure in a file or made set; a limited choice is the same rows in every run.

    Raises ``DataInvalid`` or ``LabelUnknown``.
    """
    samples = made(path) or list(read_samples(path))
    labelled = labels.of(path.name, samples)
    if choice.held_out:
        samples = [sample for sample in samples if held_out(sample.text)]
    if choice.limit:
        samples = sorted(samples, key=lambda sample: text_digest(sample.text))[: choice.limit]
    return LabelledFile(path.name, labelled, tuple(samples))


def warm(engine: Engine) -> None:
    """Lets an engine load what it loads on first use, so that it is not timed."""
    engine.find([_WARMING])


def measure(engine: Engine, file: LabelledFile, advance: Callable[[int], None]) -> Measured:
    """One engine on one file; ``advance`` is told the characters done after each batch."""
    findings: list[list[Found]] = []
    seconds = 0.0
    for batch in _batches(file.samples):
        started = time.perf_counter()
        findings += engine.find(batch)
        seconds += time.perf_counter() - started
        advance(sum(map(len, batch)))
    scores = score(file.samples, findings, file.labelled)
    return Measured(engine.name, file.name, scores, file.characters, seconds)


def combined(measured: Iterable[Measured]) -> dict[str, Score]:
    """The counts of several files, by language."""
    scores: dict[str, Score] = {}
    for each in measured:
        for language, counts in each.scores.items():
            scores.setdefault(language, Score()).add(counts)
    return scores


def _batches(samples: Sequence[Sample]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for sample in samples:
        batch.append(sample.text)
        size += len(sample.text)
        if size >= _BATCH_CHARACTERS or len(batch) == _BATCH_TEXTS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

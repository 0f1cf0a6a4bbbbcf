"""Names, places, organisations, addresses, dates and free-text identifiers, by our own token classifier."""

import hashlib
import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from redaction.base import Finding
from redaction.classifier.combining import Combined
from redaction.classifier.decide import Decision
from redaction.classifier.engine import Engine, Probabilities, ProcessorEngine
from redaction.classifier.errors import ClassifierUnusable
from redaction.classifier.files import FOLDER, Published, read
from redaction.classifier.units import Reader
from redaction.classifier.windows import Window, windows
from redaction.detectors._shown import Shown, shown
from redaction.detectors._strays import settled

_EVERYDAY = frozenset({1})
_DRIVER = Path("/dev/nvidiactl")
_NO_TORCH = 'CUDA needs torch: install custody-gateway[local], or set the classifier\'s `device` to "cpu"'
_FRAME = ("[CLS]", "[SEP]", "[PAD]")


class Options(BaseModel):
    """Where the classifier runs, and what it reports."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="`auto` takes a CUDA device where torch sees one, else the processor."
    )
    threads: int = Field(0, ge=0, le=64, description="Threads on the processor; 0 for one a core, at most 4.")
    weights: Path = Field(
        FOLDER, description="Folder of the classifier's files; those in the package by default."
    )
    ignore: tuple[str, ...] = Field((), description="Entity types that are not reported.")


def build(options: Options) -> "ClassifierDetector":
    """The detector; raises ``ClassifierUnusable`` if its files are missing or are not those published."""
    published = read(options.weights)
    return ClassifierDetector(published, _engine(published, options), options.ignore)


class ClassifierDetector:
    """Finds what has no form of its own; thread-safe, and concurrent calls share batches."""

    name = "classifier"
    heavy = True

    def __init__(self, published: Published, engine: Engine, ignore: Sequence[str] = ()) -> None:
        self._reader = Reader(published.vocabulary, published.lexicon, _EVERYDAY)
        start, end, pad = (published.vocabulary[piece] for piece in _FRAME)
        self._combined = Combined(engine, (start, end, pad))
        self._decision = Decision(published.labels, published.thresholds)
        self._ignored = frozenset(ignore)
        told = "\x00".join((published.digest, type(engine).__name__, *sorted(self._ignored)))
        self.digest = hashlib.sha256(told.encode()).hexdigest()

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The entities of each text, read as a person sees it; texts of one call go to the network together."""
        seen = [shown(text) for text in texts]
        read = [text if view is None else view.text for text, view in zip(texts, seen, strict=True)]
        return [
            found if view is None else [_placed(each, view) for each in found]
            for found, view in zip(self._detected(read), seen, strict=True)
        ]

    def _detected(self, texts: Sequence[str]) -> list[list[Finding]]:
        read_texts = [self._reader.read(text) for text in texts]
        found = [window for number, units in enumerate(read_texts) for window in windows(number, units)]
        answers = self._combined.run(found, read_texts)
        by_text: list[list[tuple[Window, Probabilities]]] = [[] for _ in texts]
        for window, answer in zip(found, answers, strict=True):
            by_text[window.text].append((window, answer))
        return [
            [
                Finding(span.label, span.start, span.end, span.score, self.name)
                for span in settled(text, self._decision.spans(text, units, answered))
                if span.label not in self._ignored
            ]
            for text, units, answered in zip(texts, read_texts, by_text, strict=True)
        ]


def _placed(finding: Finding, view: Shown) -> Finding:
    """A finding in what is seen of a text, where it stands in the text."""
    start, end = view.back(finding.start, finding.end)
    return finding._replace(start=start, end=end)


def _engine(published: Published, options: Options) -> Engine:
    # torch takes seconds to load, so it is asked only where the driver is there.
    if options.device == "cuda" or (options.device == "auto" and _DRIVER.exists()):
        try:
            accelerator = importlib.import_module("redaction.classifier.accelerator")
        except ImportError as error:
            raise ClassifierUnusable(_NO_TORCH) from error
        if accelerator.available():
            engine: Engine = accelerator.AcceleratorEngine(published)
            return engine
        if options.device == "cuda":
            raise ClassifierUnusable(
                'torch sees no CUDA device; set the classifier\'s `device` to "cpu" or mend the driver'
            )
    return ProcessorEngine(published, options.threads or min(4, os.cpu_count() or 1))

"""From a trained network to published files: quantized, with thresholds, measured, with its card."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from redaction.classifier.engine import ProcessorEngine
from redaction.classifier.files import MANIFEST, read
from redaction.classifier.network import Tagger
from redaction.classifier.units import Reader
from redaction.detectors.classifier import Options, build
from redaction.training.batches import Batches
from redaction.training.card import write_card
from redaction.training.dataset import Windows
from redaction.training.examples import COMPARISON, LABELS, Example, Split, labelled, split_of
from redaction.training.export import publish, seal
from redaction.training.measure import Tally, measure
from redaction.training.prose import paragraphs
from redaction.training.quantize import ranges_of
from redaction.training.report import say
from redaction.training.thresholds import choose

WATCHED = 8  # batches that the ranges of activations are taken from
_FALSE_ALARMS = 2.0  # of 1,000 clean units for each label; in what news and tweets call clean, many are right
_HELD_OUT_PROSE = 400  # paragraphs of each language to draw the held-out ones from
_ROWS = 120  # of each set at most, so that no set outweighs the others


@dataclass(frozen=True, slots=True)
class Places:
    """The labelled sets, the folder of what is made on the way, and the folder that is published."""

    data: Path
    work: Path
    out: Path


def finish(tagger: Tagger, reader: Reader, places: Places) -> None:
    """Publishes the network into a folder that already has vocabulary and lexicon."""
    watched = islice(Batches(Windows.load(places.work / "windows.npz"), 2_048).epoch(1), WATCHED)
    publish(tagger, ranges_of(tagger, watched), LABELS, dict.fromkeys(LABELS[1:], 0.5), places.out)
    tune(reader, places)
    say("measuring ...")
    write_card(places.out, read(places.out), measure_all(places))


def tune(reader: Reader, places: Places) -> None:
    """Sets the thresholds of published files by the split that is held out for them."""
    published = read(places.out)
    frame = tuple(published.vocabulary[piece] for piece in ("[CLS]", "[SEP]", "[PAD]"))
    engine = ProcessorEngine(published, threads=2)
    thresholds = choose(engine, reader, frame, held_out(places, "dev"), _FALSE_ALARMS)  # type: ignore[arg-type]  # three pieces
    stated = json.loads((places.out / MANIFEST).read_bytes())
    del stated["sha256"]
    seal(places.out, {**stated, "thresholds": thresholds})


def held_out(places: Places, split: Split) -> Iterator[Example]:
    """The labelled examples and the clean paragraphs of a split."""
    read: Counter[str] = Counter()
    for example in labelled(places.data, split):
        read[example.source] += 1
        if read[example.source] <= _ROWS:
            yield example
    if (places.work / "prose").is_dir():
        clean = paragraphs(places.work / "prose", _HELD_OUT_PROSE, seed=5)
        yield from (one for one in clean if split_of(one.text) == split)


def measure_all(places: Places) -> dict[tuple[str, str], Tally]:
    """Tallies of the test split and of the set that is never trained on."""
    detector = build(Options(weights=places.out, device="cpu"))
    return measure(detector, [*held_out(places, "test"), *islice(COMPARISON.read(places.data), 2 * _ROWS)])

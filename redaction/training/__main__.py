"""Makes the classifier anew: ``python -m redaction.training all`` (needs ``pip install --group training``)."""

import argparse
import gzip
import os
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch

from redaction.classifier.accelerator import tagger_of
from redaction.classifier.engine import ProcessorEngine
from redaction.classifier.files import FOLDER, LEXICON, VOCABULARY, read
from redaction.classifier.network import Tagger
from redaction.classifier.units import Reader
from redaction.training import lexicon, prose, rampart
from redaction.training.batches import Batches
from redaction.training.dataset import Windows, encode, quiet_lines, recipe
from redaction.training.distil import distil, narrowed
from redaction.training.examples import LABELS, labelled
from redaction.training.export import publish
from redaction.training.finish import WATCHED, Places, finish
from redaction.training.quantize import ranges_of
from redaction.training.report import say
from redaction.training.start import begin
from redaction.training.train import Course, train

_LAYERS, _INNER = (0, 1, 3, 5), 768  # of Rampart; the best of those that are fast enough (MODEL_CARD.md)
_WHOLE, _WIDE = (
    len(_LAYERS),
    0,
)  # layers that work on every unit: while learning from labels, and as published
_PARAGRAPHS = 25_000  # of each language, to count words in
_READ = 3_000  # of each language, to learn from
_EVERYDAY = frozenset({1})


def main() -> None:
    """One step, or all of them in turn."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    steps: dict[str, Callable[[argparse.Namespace], None]] = {
        "fetch": _fetch, "lexicon": _lexicon, "data": _data, "train": _train, "distil": _distil,
        "finish": _finish,
    }  # fmt: skip
    for name in steps if options.step == "all" else (options.step,):
        say(f"{name} ...")
        steps[name](options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m redaction.training", description=__doc__)
    parser.add_argument("step", choices=("all", "fetch", "lexicon", "data", "train", "distil", "finish"))
    data = os.environ.get("CUSTODY_TEST_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(data) / "pii", help="folder of the labelled sets")
    parser.add_argument(
        "--work", type=Path, default=Path("build/training"), help="folder for what is made on the way"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the published files")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--size", type=float, default=1.0, help="share of the full amount of text")
    parser.add_argument("--steps", type=int, default=1_900, help="batches of 2,048 units for each process")
    parser.add_argument(
        "--minutes", type=float, default=10_000, help="of training at most; shorter is no longer reproducible"
    )
    parser.add_argument("--rate", type=float, default=4e-4, help="how fast to learn at most")
    parser.add_argument(
        "--distil-steps", type=int, default=1_900, help="batches of 2,048 units to distil with"
    )
    parser.add_argument("--distil-rate", type=float, default=3e-4, help="how fast to learn from the teacher")
    parser.add_argument(
        "--teacher", type=Path, help="folder of published files to distil from, in place of what was trained"
    )
    parser.add_argument("--processes", type=int, default=2, help="that learn side by side")
    parser.add_argument("--go-on", action="store_true", help="from the last checkpoint")
    return parser.parse_args()


def _fetch(options: argparse.Namespace) -> None:
    prose.fetch(options.work / "prose")
    rampart.fetch(options.work)


def _lexicon(options: argparse.Namespace) -> None:
    texts = [
        one.text for one in prose.clean(options.work / "prose", int(_PARAGRAPHS * options.size), options.seed)
    ]
    texts += [one.text for one in labelled(options.data, "train")]
    texts += [one.text for language in prose.LANGUAGES for one in quiet_lines(language)] * 3
    lexicon.write(lexicon.build(texts), options.work / LEXICON)
    vocabulary = "\n".join(rampart.vocabulary(rampart.fetch(options.work)))
    (options.work / VOCABULARY).write_text(vocabulary, encoding="utf-8")


def _data(options: argparse.Namespace) -> None:
    clean = prose.clean(options.work / "prose", int(_READ * options.size), options.seed)
    examples = recipe(options.data, clean, options.size, options.seed)
    encode(examples, reader(options.work), options.seed).save(options.work / "windows.npz")


def _train(options: argparse.Namespace) -> None:
    begun = _begun(options.work)
    windows = Batches(Windows.load(options.work / "windows.npz"), 2_048)
    course = Course(
        steps=options.steps, seconds=60 * options.minutes, rate=options.rate, seed=options.seed, processes=options.processes,
        save=options.work / "tagger.pt",
    )  # fmt: skip
    if options.go_on:
        begun.load_state_dict(torch.load(course.save, weights_only=True))
    train(begun, windows, course)


def _distil(options: argparse.Namespace) -> None:
    """From the trained network, or one published before, to one that narrows."""
    batches = Batches(Windows.load(options.work / "windows.npz"), 2_048)
    folder = options.teacher or _taught(options.work, batches)
    teacher = read(folder)
    course = Course(
        steps=options.distil_steps, seconds=60 * options.minutes, rate=options.distil_rate, seed=options.seed, processes=1,
        save=options.work / "student.pt",
    )  # fmt: skip
    student = narrowed(tagger_of(teacher), _WIDE)
    if options.go_on:
        student.load_state_dict(torch.load(course.save, weights_only=True))
    distil(student, ProcessorEngine(teacher, 1), batches, course)


def _taught(work: Path, batches: Batches) -> Path:
    """The folder of the trained network, published so that it can answer quickly."""
    tagger = _begun(work)
    tagger.load_state_dict(torch.load(work / "tagger.pt", weights_only=True))
    folder = work / "teacher"
    folder.mkdir(exist_ok=True)
    _copy_words(work, folder)
    ranges = ranges_of(tagger.eval(), islice(batches.epoch(1), WATCHED))
    publish(tagger, ranges, LABELS, dict.fromkeys(LABELS[1:], 0.5), folder)
    return folder


def _finish(options: argparse.Namespace) -> None:
    teacher = read(options.teacher or options.work / "teacher")
    tagger = narrowed(tagger_of(teacher), _WIDE)
    tagger.load_state_dict(torch.load(options.work / "student.pt", weights_only=True))
    options.out.mkdir(parents=True, exist_ok=True)
    _copy_words(options.work, options.out)
    finish(tagger.eval(), reader(options.work), Places(options.data, options.work, options.out))


def _begun(work: Path) -> Tagger:
    return begin(rampart.weights(rampart.fetch(work)), _LAYERS, _INNER, _WHOLE)


def _copy_words(work: Path, folder: Path) -> None:
    for name in (VOCABULARY, LEXICON):
        if (work / name).resolve() != (folder / name).resolve():
            shutil.copyfile(work / name, folder / name)


def reader(folder: Path) -> Reader:
    """The reader over the vocabulary and the lexicon of a folder."""
    pieces = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")
    classes = gzip.decompress((folder / LEXICON).read_bytes()).decode().split("\n")
    listed = {word: number for number, line in enumerate(classes) for word in line.split()}
    return Reader({piece: number for number, piece in enumerate(pieces)}, listed, _EVERYDAY)


if __name__ == "__main__":
    main()

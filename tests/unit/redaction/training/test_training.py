import random
from pathlib import Path

import numpy as np
import pytest
import torch

from redaction.classifier.accelerator import tagger_of
from redaction.classifier.engine import ProcessorEngine
from redaction.classifier.files import LEXICON, VOCABULARY, read
from redaction.classifier.network import Size, Tagger
from redaction.classifier.units import Reader
from redaction.detectors.classifier import Options, build
from redaction.evaluation import held_out
from redaction.training.batches import Batches
from redaction.training.card import table
from redaction.training.dataset import allowed_labels, encode
from redaction.training.distil import answers_of, distil, divergence, narrowed
from redaction.training.documents import Documents
from redaction.training.examples import IGNORED, LABELS, Example, split_of
from redaction.training.export import publish, unused
from redaction.training.fill import KINDS, Filler, templates
from redaction.training.lexicon import EVERYDAY, write
from redaction.training.lexicon import build as build_lexicon
from redaction.training.measure import measure
from redaction.training.noise import joined, noisy
from redaction.training.prose import LANGUAGES
from redaction.training.quantize import ranges_of
from redaction.training.thresholds import choose
from redaction.training.train import Course, train


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_are_filled_where_they_say(language: str) -> None:
    """Every template fills, spans hold text, and the same seed gives the same text."""
    filler = Filler(language, 1)
    made = [filler.filled(template) for template in templates(language)]
    again = Filler(language, 1)
    assert [again.filled(template) for template in templates(language)] == made
    for example in made:
        assert "{" not in example.text
        assert all(example.text[start:end].strip() for start, end, _ in example.spans)
    assert set(KINDS.values()) <= {*LABELS, IGNORED}


def test_documents_and_noise_keep_spans_on_their_values() -> None:
    """Whatever is done to a text, its spans go along."""
    filler = Filler("de", 3)
    documents, draw = Documents(filler), random.Random(3)  # noqa: S311 - text to learn from, not a secret
    for _ in range(150):
        example = noisy(joined([documents.any(), documents.quiet(), filler.sentence()], "\n"), draw)
        borders = [edge for start, end, _ in example.spans for edge in (start, end)]
        assert borders == sorted(borders)
        assert not borders or borders[-1] <= len(example.text)


def test_what_a_set_does_not_label_stays_open() -> None:
    """A word without a label may be what the set never labels; an ignored one may be anything."""
    example = Example("Mr Bo met 7 x", ((3, 5, "PERSON"), (10, 11, IGNORED)), frozenset({"PERSON"}))
    units = Reader({"[UNK]": 0}, {}, frozenset()).read(example.text)
    person = 1 << LABELS.index("PERSON")
    everything = (1 << len(LABELS)) - 1
    title, name, met, seven, _ = allowed_labels(example, units)
    assert name == person
    assert met == everything & ~person
    assert title == everything
    assert seven == everything


def test_held_out_rows_are_never_learned_from() -> None:
    """Our split keeps what the evaluation keeps."""
    texts = [f"row {n}" for n in range(500)]
    assert all((split_of(text) == "train") != held_out(text) for text in texts)
    assert {split_of(text) for text in texts} == {"train", "dev", "test"}


def test_a_lexicon_knows_names_and_words(tmp_path: Path) -> None:
    """Everyday words, names and places get their classes, and the same words the same bytes."""
    lexicon = build_lexicon(["the parcel was late, the parcel was wet, a parcel"] * 3)
    assert lexicon["parcel"] == EVERYDAY
    assert {lexicon["anna"], lexicon["schmidt"], lexicon["hamburg"]}.isdisjoint({EVERYDAY, 0})
    write(lexicon, tmp_path / "a")
    write(lexicon, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_tagger_learns_and_is_published(tmp_path: Path) -> None:
    """A few steps on a few texts lower the loss, and what is published finds what was learned."""
    published = read()
    examples = [Filler("en", n).filled("Dear {person}, call {phone}.") for n in range(60)]
    reader = Reader(published.vocabulary, published.lexicon, frozenset({1}))
    batches = Batches(encode(examples, reader, 1), 512)
    size = Size(len(published.vocabulary), layers=2, wide=1, inner=64, labels=len(LABELS), hidden=48, heads=4)
    course = Course(steps=64, seconds=60, rate=3e-3, seed=1, processes=1, save=tmp_path / "tagger.pt")
    tagger = train(Tagger(size), batches, course)
    assert not unused(tagger)
    for name in (VOCABULARY, LEXICON):
        (tmp_path / name).write_bytes((published.folder / name).read_bytes())
    publish(tagger, ranges_of(tagger, batches.epoch(1)), LABELS, dict.fromkeys(LABELS[1:], 0.5), tmp_path)
    detector = build(Options(weights=tmp_path, device="cpu", threads=1))
    tallies = measure(detector, [Filler("en", 99).filled("Dear {person}, call {phone}.") for _ in range(20)])
    assert (tallies["filled", "en"].recall("PERSON") or 0) > 0.6
    assert "filled" in table(tallies)[2]


def test_a_student_learns_its_teachers_answers(tmp_path: Path) -> None:
    """Narrowed, a network keeps its weights; what it has forgotten it learns, and words stay as they are."""
    published = read()
    reader = Reader(published.vocabulary, published.lexicon, frozenset({1}))
    batches = Batches(encode([Filler("en", n).sentence() for n in range(40)], reader, 1), 512)
    student = narrowed(tagger_of(published), 1)
    assert student.size.wide == 1
    teacher = ProcessorEngine(published, 1)
    assert apart(student, teacher, batches) < 0.1
    student.out.reset_parameters()
    words = student.words.weight.detach().clone()
    before = apart(student, teacher, batches)
    course = Course(steps=12, seconds=60, rate=2e-4, seed=1, processes=1, save=tmp_path / "student.pt")
    distil(student, teacher, batches, course)
    assert apart(student, teacher, batches) < before
    assert torch.equal(student.words.weight, words)
    assert course.save.exists()


def apart(student: Tagger, teacher: ProcessorEngine, batches: Batches) -> float:
    """The mean divergence over all batches."""
    with torch.inference_mode():
        return sum(
            divergence(student(batch.given), answers_of(teacher, batch.given), batch.given.carried).item()
            for batch in batches.epoch(1)
        )


def test_thresholds_follow_what_is_wrong() -> None:
    """Each label gets a threshold within bounds, the higher the fewer false alarms are allowed."""
    published = read()
    reader = Reader(published.vocabulary, published.lexicon, frozenset({1}))
    examples = [Filler("fr", 5).sentence() for _ in range(20)]
    engine = ProcessorEngine(published, 1)
    strict, lax = (choose(engine, reader, (2, 3, 0), examples, alarms) for alarms in (0.0, 1000.0))
    assert set(strict) == set(LABELS[1:])
    assert all(0.35 <= lax[label] <= strict[label] <= 0.6 for label in strict)


def test_batches_say_where_pieces_begin() -> None:
    """Each unit's pieces begin where its offset says, windows framed and padded."""
    reader = Reader({"[UNK]": 0, "a": 7, "b": 8, "##b": 9}, {}, frozenset())
    windows = encode([Example("a bb a", ()), Example("b", ())], reader, 1)
    batch = Batches(windows, 64).batch(np.array([0, 1]))
    given = batch.given
    assert given.pieces.tolist() == [2, 7, 8, 9, 7, 3, 2, 8, 3, 0, 0]
    assert given.offsets.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert given.lengths.tolist() == [5, 3]
    assert given.chosen.tolist() == [[0, 2, 3, 4], [0, 2, 0, 0]]
    assert given.carried.tolist() == [4, 2]

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.base import Finding
from redaction.classifier.accelerator import AcceleratorEngine
from redaction.classifier.engine import ProcessorEngine
from redaction.classifier.errors import ClassifierUnusable
from redaction.classifier.files import read
from redaction.classifier.units import Reader
from redaction.classifier.windows import prepare, windows
from redaction.detectors.classifier import ClassifierDetector, Options, build

FILLER = "and then the letter was read again, so that nothing would be missing in the end. "


@cache
def detector() -> ClassifierDetector:
    """The detector as it is published, on the processor."""
    return build(Options(device="cpu", threads=1))


def values(text: str) -> set[tuple[str, str]]:
    """Type and text of what is found."""
    return {(each.entity_type, text[each.start : each.end]) for each in detector().detect([text])[0]}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Dear Mrs Whitfield, thank you for your letter of March 3, 2024.", "PERSON", "Mrs Whitfield"),
        ("Mein Name ist Jonas Brandt und ich wohne in Hamburg.", "PERSON", "Jonas Brandt"),
        ("Je m'appelle Chloé Moreau, née le 4 mai 1985.", "PERSON", "Chloé Moreau"),
        ("Me llamo Lucía Fernández y vivo en Sevilla.", "PERSON", "Lucía Fernández"),
        ("Mi chiamo Giulia Bianchi e abito a Torino.", "PERSON", "Giulia Bianchi"),
        ("Mijn naam is Sanne de Vries en ik woon in Utrecht.", "PERSON", "Sanne de Vries"),
        ("O meu nome é Tiago Ferreira e moro em Coimbra.", "PERSON", "Tiago Ferreira"),
        ("Nazywam się Anna Kowalska i mieszkam w Krakowie.", "PERSON", "Anna Kowalska"),
        ("my name is john smith and i live in boston", "PERSON", "john smith"),
        ('{"first_name": "Aisha", "city": "Leeds"}', "PERSON", "Aisha"),
        ("Please send it to 12 Alder Street, Springfield.", "STREET_ADDRESS", "12 Alder Street"),
        ("Die Rechnung vom 12.03.2021 ist offen.", "DATE_TIME", "12.03.2021"),
    ],
)
def test_finds_in_eight_languages(text: str, kind: str, value: str) -> None:
    """Persons, addresses and dates are found whole, in prose, chat and JSON."""
    assert any(found == kind and value in said for found, said in values(text))


def test_everyday_text_stays_as_it_is() -> None:
    """Nothing is found where there is nothing."""
    assert values(FILLER * 40) == set()


@pytest.mark.parametrize("before", range(0, 130, 7))
def test_a_window_border_hides_nothing(before: int) -> None:
    """A name is found wherever the border of a window falls."""
    words = "word " * before
    text = f"{words}Dear Mr. Jonathan Whitfield, thanks. {FILLER * 12}"
    assert any("Jonathan Whitfield" in said for kind, said in values(text) if kind == "PERSON")


def test_a_text_is_answered_the_same_in_any_company() -> None:
    """Batches do not change an answer: alone, among others, and from many threads at once."""
    texts = [
        f"{FILLER * (n % 5)}Dear Mr. Smith{n}, Anna Kowalska of Siemens AG wrote on 3 May {1990 + n}."
        for n in range(30)
    ]
    alone = [detector().detect([text])[0] for text in texts]
    assert detector().detect(texts) == alone
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: detector().detect([text])[0], texts)) == alone


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_answered(text: str) -> None:
    """Findings lie inside the text, in order, and do not overlap."""
    found = detector().detect([text])[0]
    ends = [0, *(each.end for each in found)]
    assert all(end <= each.start < each.end <= len(text) for end, each in zip(ends, found, strict=False))
    assert all(0 < each.score <= 1 and math.isfinite(each.score) for each in found)


@pytest.mark.parametrize(
    "text", ["", " \n", "\ud800\udc00 \udfff", "👩‍👩‍👧‍👦 שמי דנה", "a" * 100_000, "A1 " * 30_000, "\0" * 999]
)
def test_hard_text_is_answered(text: str) -> None:
    """Empty, huge, broken and right-to-left text is read as any other."""
    found = detector().detect([text])[0]
    assert all(isinstance(each, Finding) for each in found)


def test_processor_and_network_agree() -> None:
    """The 8-bit graph and the network in floating point, from the same tensors, say nearly the same."""
    published = read()
    reader = Reader(published.vocabulary, published.lexicon, frozenset({1}))
    texts = [
        reader.read("Dear Mr. Smith, Anna Kowalska of Siemens AG wrote on 3 May 1990 from 12 Main Street.")
    ]
    batch = prepare(list(windows(0, texts[0])), texts, (2, 3, 0))
    size = batch.carried[0]
    rough = ProcessorEngine(published, 1).run(batch)[0, :size]
    exact = AcceleratorEngine(published, "cpu").run(batch)[0, :size]
    assert np.abs(rough - exact).mean() < 0.02
    assert (rough.argmax(-1) == exact.argmax(-1)).mean() > 0.9


def test_what_is_not_asked_for_is_left_out() -> None:
    """Ignored types are not reported, and the digest tells."""
    other = build(Options(device="cpu", threads=1, ignore=("PERSON",)))
    assert all(each.entity_type != "PERSON" for each in other.detect(["I am Anna Kowalska from Berlin."])[0])
    assert other.digest != detector().digest


def test_cuda_that_is_not_there_is_refused() -> None:
    """Asked for CUDA where there is none, the classifier does not start, and says what to do."""
    with pytest.raises(ClassifierUnusable, match="device"):
        build(Options(device="cuda"))


def test_the_processor_needs_no_torch() -> None:
    """A gateway without the `local` extra runs the classifier: neither torch nor spaCy is loaded."""
    program = (
        "import sys; from redaction.detectors.classifier import Options, build; build(Options(device='cpu'));"
        "sys.exit(bool({'torch', 'spacy', 'onnx', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

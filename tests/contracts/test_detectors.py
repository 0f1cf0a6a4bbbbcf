"""What every detector keeps to; a file in redaction/detectors without a case here fails."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import cast

import pytest

from gateway import plugins
from redaction.base import Detector

# A text that the kind finds something in, and what it finds.
CASES = {
    "patterns": ("Ring Anna 😀 at anna.kowalska@example.com", "anna.kowalska@example.com"),
    "secrets": ("token 😀 ghp_" + "a1B2" * 9, "ghp_" + "a1B2" * 9),
    "names": ("Kind regards,\nAnna Kowalska", "Anna Kowalska"),
    "classifier": ("😀 My name is Anna Kowalska.", "Anna Kowalska"),
}
HARD = {
    "empty": "",
    "binary": "\x00\x01\xff" * 300,
    "right to left": "שמי דנה והטלפון שלי כאן",
    "emoji": "👩‍👩‍👧‍👦" * 50,
    "lone surrogate": "a\ud800b anna",
    "one long word": "a" * 100_000,
    "one long number": "1" * 20_000,
}


@cache
def detector(kind: str) -> Detector:
    """The detector of this kind with its default options."""
    return cast(
        "Detector", plugins.load("redaction.detectors", kind, {}, place="detectors.0", production=True)
    )


def test_each_kind_has_a_case() -> None:
    """No detector is without its contract."""
    assert set(plugins.kinds("redaction.detectors")) == set(CASES)


@pytest.mark.parametrize("kind", CASES)
def test_finds_its_own_in_code_points(kind: str) -> None:
    """A finding's place counts code points, so an emoji before it shifts nothing."""
    text, value = CASES[kind]
    (found,) = detector(kind).detect([text])
    assert value in {text[each.start : each.end] for each in found}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("kind", CASES)
def test_hard_text_is_answered(kind: str, name: str) -> None:
    """Whatever the text, there is an answer, and each finding lies inside it."""
    text = HARD[name]
    (found,) = detector(kind).detect([text])
    assert all(0 <= each.start < each.end <= len(text) and 0 < each.score <= 1 for each in found)


@pytest.mark.parametrize("kind", CASES)
def test_many_threads_agree(kind: str) -> None:
    """A detector gives the same answer from any thread, and for a text whatever stands beside it."""
    text, _ = CASES[kind]
    alone = detector(kind).detect([text])[0]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: detector(kind).detect(["before", text])[1], range(32)))
    assert all(set(answer) == set(alone) for answer in answers)


@pytest.mark.parametrize("kind", CASES)
def test_digest_is_stable(kind: str) -> None:
    """The digest names what decides, the same in every build of the same options."""
    again = plugins.load("redaction.detectors", kind, {}, place="detectors.0", production=True)
    assert again.digest == detector(kind).digest  # type: ignore[attr-defined]  # the loader knows no kinds


def test_digest_follows_the_options() -> None:
    """Other options give another digest."""
    options = {"ignore": ["PERSON"]}
    other = plugins.load("redaction.detectors", "classifier", options, place="x", production=True)
    assert other.digest != detector("classifier").digest  # type: ignore[attr-defined]  # the loader knows no kinds

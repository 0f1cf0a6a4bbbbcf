"""Whatever the text, a scan ends with findings that fit it or with a typed error."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.base import Finding
from redaction.detectors import secrets
from redaction.errors import DetectorFailed
from redaction.memory import ScanMemory
from redaction.redactor import Plan, Redactor, Scope

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
REPLACE = Plan({"*": "replace"})
DETECTOR = secrets.build(secrets.Options())

EMPTY = ["", " ", "\n", "\x00", "\ufeff", "\u200b\u200d"]
SCRIPTS = [
    "שלום {} עולם",
    "مرحبا {} بالعالم",
    "\u202e{} olleh\u202c",
    "Привет {}, κόσμε",
    "你好 {} 世界",
    "नमस्ते {} दुनिया",
]
EMOJI = ["👩‍👩‍👧‍👦 {} 🏳️‍🌈", "🇩🇪🇫🇷 {} 👍🏽", "e\u0301\u0327 {} Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢"]
SURROGATES = ["\ud800 {} \udc00", "\udfff{}", "\ud83d\ude00 {}", "{}\ud83d"]


def engine(detector: Any = DETECTOR, **limits: Any) -> Redactor:
    """A redactor over one detector."""
    return Redactor([detector], key=b"k" * 32, memory=ScanMemory(), **limits)


async def round_trip(text: str) -> tuple[str, str]:
    """What the model sees of a text, and what the caller sees when the model says it back."""
    redactor = engine()
    scan = await redactor.scan([text], department="retail")
    redaction = redactor.redact(scan, REPLACE, Scope("retail", b""))
    reply = await redactor.redact_reply(redaction, REPLACE, redaction.texts[0], restore=True)
    return redaction.texts[0], reply.text


@pytest.mark.parametrize("text", EMPTY)
async def test_nothing_stays_nothing(text: str) -> None:
    """Empty and invisible texts are scanned without an error and come back as they were."""
    assert await round_trip(text) == (text, text)


@pytest.mark.parametrize("around", SCRIPTS + EMOJI)
async def test_values_are_found_in_every_script(around: str) -> None:
    """Right-to-left, mixed scripts and emoji sequences neither hide a value nor change on the way."""
    seen, back = await round_trip(around.replace("{}", KEY))
    assert KEY not in seen
    assert back == around.replace("{}", KEY)


@pytest.mark.parametrize("around", SURROGATES)
async def test_lone_surrogates_hide_nothing(around: str) -> None:
    """Half characters become U+FFFD, pairs are joined, and a value beside them is found."""
    seen, back = await round_trip(around.replace("{}", KEY))
    assert KEY not in seen
    assert KEY in back
    assert back.encode()  # it has a UTF-8 form


@settings(max_examples=40)
@given(st.text(st.characters(exclude_categories=[]), max_size=200))
async def test_any_text_is_scanned_and_comes_back(text: str) -> None:
    """Any sequence of code points at all is scanned; what is not a lone surrogate comes back as it was."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert (await round_trip(text))[1] == whole


@settings(max_examples=40)
@given(st.binary(max_size=200))
async def test_binary_read_as_text_is_scanned(octets: bytes) -> None:
    """Octets that somebody read as Latin-1 are a text like others."""
    text = octets.decode("latin-1")
    assert (await round_trip(text))[1] == text


@pytest.mark.parametrize(
    "line",
    ["a", "ab ", "1", "1 ", "é", "-", "@", ".", "(", "\\", "{", "0x", "token=", "secret = ", "eyJ", "😀"],
)
async def test_long_run_of_anything_is_decided(line: str) -> None:
    """A long line of one thing repeated, the food of backtracking, is scanned within the deadline."""
    size = 60_000
    scan = await engine(deadline_s=60).scan([line * (size // len(line)) + " " + KEY], department="retail")
    assert scan.secrets["AWS_ACCESS_KEY"] == 1


async def test_ten_megabytes_in_one_line() -> None:
    """A huge text without a line break is scanned whole: a value at its end is found."""
    text = "lorem ipsum dolor " * 580_000 + KEY
    redactor = engine(deadline_s=120)
    scan = await redactor.scan([text], department="retail")
    redaction = redactor.redact(scan, REPLACE, Scope("retail", b""))
    assert scan.secrets == {"AWS_ACCESS_KEY": 1}
    assert redaction.texts[0].startswith("lorem ipsum")
    assert KEY not in redaction.texts[0]


class Odd:
    """A detector that does as it is told."""

    name = "odd"
    digest = "00"

    def __init__(self, answer: Any, *, heavy: bool) -> None:
        self.heavy = heavy
        self._answer = answer

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The answer that it was made with, called if it can be."""
        return self._answer(texts) if callable(self._answer) else self._answer  # type: ignore[no-any-return]  # nonsense is the point


class Panic(BaseException):
    """What native code raises."""


def raises(error: BaseException) -> Any:
    """An answer that raises."""

    def answer(texts: Sequence[str]) -> Any:
        raise error

    return answer


NONSENSE = [
    raises(ValueError(KEY)),
    raises(MemoryError(KEY)),
    raises(RecursionError(KEY)),
    raises(Panic(KEY)),
    None,
    [],
    [[], []],
    [[Finding("X", 0, 99, 1.0, "odd")]],
    [[Finding("X", 2, 2, 1.0, "odd")]],
    [[Finding("X", -1, 2, 1.0, "odd")]],
    [None],
    [[None]],
]


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("answer", NONSENSE)
async def test_detector_that_fails_or_answers_nonsense_fails_the_scan(answer: Any, heavy: bool) -> None:
    """An error, a panic of native code or an answer that does not fit ends in one error without words."""
    with pytest.raises(DetectorFailed) as caught:
        await engine(Odd(answer, heavy=heavy)).scan([KEY], department="retail")
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_detector_that_hangs_fails_the_scan() -> None:
    """A detector that does not come back ends in the same error when its time is up, and blocks nobody."""
    release = threading.Event()

    def hang(texts: Sequence[str]) -> list[list[Finding]]:
        release.wait(60)
        return [[] for _ in texts]

    redactor = engine(Odd(hang, heavy=True), deadline_s=0.05)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    try:
        with pytest.raises(DetectorFailed, match="in time"):
            await redactor.scan([KEY], department="retail")
    finally:
        release.set()
        ticking.cancel()
    assert ticks


async def test_nothing_of_a_failed_scan_is_remembered() -> None:
    """After a failure the text counts as not scanned: the next scan asks again."""
    answers = [lambda texts: [[] for _ in texts], raises(ValueError())]

    def once(texts: Sequence[str]) -> Any:
        return answers.pop()(texts)

    redactor = engine(Odd(once, heavy=False))
    with pytest.raises(DetectorFailed):
        await redactor.scan([KEY], department="retail")
    assert (await redactor.scan([KEY], department="retail")).counts == {}

"""Whole detection as requests run it: against Presidio's default engine, on long prompts, and on CUDA."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from gateway.bundled import example_settings
from gateway.cli.serve import settle_memory
from gateway.parts import detectors
from gateway.settings import load_settings
from redaction.base import Detector
from redaction.bulk import BulkScanner
from redaction.evaluation import peer_presidio
from redaction.evaluation.labels import read_labels
from redaction.memory import ScanMemory
from redaction.redactor import Plan, Redactor, Scope
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, middle
from tests.benchmarks.prompts import letters

LIGHT = ("patterns", "secrets")
FULL = "all detectors"
_TITLE = "detection: letters"
_LONG = "detection: a long prompt"
_TOGETHER = 16  # requests whose texts meet in one batch
_SEED = 710_000
_PROMPT = 400_000  # characters
_HUGE = 10_000_000
_ON_DEVICE = 512  # texts given to a CUDA device at once
_PROBE_S = 0.0005
_WARMING = 60_000
_PEER_SHARE = 40  # the peer gets one text of so many, for it is slow


def run(effort: Effort) -> list[Row]:
    """Speed side by side, then the time and the blocking of long prompts."""
    settings = load_settings(example_settings())
    everything, light = detectors(settings), detectors(settings, LIGHT)
    return [
        *asyncio.run(_speeds(everything, light, effort)),
        *asyncio.run(_long(everything, light, effort.rounds)),
        *_cuda(effort),
    ]


async def _speeds(everything: Sequence[Detector], light: Sequence[Detector], effort: Effort) -> list[Row]:
    texts = list(islice(letters(_SEED), max(effort.calls // 20, 160)))
    few = texts[: max(len(texts) // _PEER_SHARE, 16)]
    presidio = peer_presidio.build(read_labels())
    presidio.find(few[:2])
    started = time.perf_counter()
    presidio.find(few)
    peer = sum(map(len, few)) / (time.perf_counter() - started) / 1000
    rows = [Row(_TITLE, "Presidio's default engine", (Figure("characters/ms", peer, "1/ms"),))]
    for variant, chosen, together in (
        (", ".join(LIGHT), light, 1),
        (f"{FULL}, one at a time", everything, 1),
        (f"{FULL}, {_TOGETHER} at once", everything, _TOGETHER),
    ):
        speed = await _speed(BulkScanner(chosen, deadline_s=120), texts, together)
        figures = (Figure("characters/ms", speed, "1/ms"), Figure("of Presidio", speed / peer))
        rows.append(Row(_TITLE, variant, figures))
    return rows


async def _speed(scanner: BulkScanner, texts: Sequence[str], together: int) -> float:
    """Characters a millisecond over texts that were never seen before."""
    await scanner.scan(texts[:together])
    found = 0
    started = time.perf_counter()
    for at in range(0, len(texts), together):
        found += sum(map(len, await scanner.scan(texts[at : at + together])))
    seconds = time.perf_counter() - started
    if found < 2 * len(texts):
        raise BenchmarkFailed(f"{found} findings in {len(texts)} letters that hold several each")
    return sum(map(len, texts)) / seconds / 1000


async def _long(everything: Sequence[Detector], light: Sequence[Detector], rounds: int) -> list[Row]:
    return [
        await _prompt(f"{FULL}, {_PROMPT:,} characters", everything, _PROMPT, rounds),
        await _prompt(f"{', '.join(LIGHT)}, {_PROMPT:,} characters", light, _PROMPT, rounds),
        await _prompt(f"{', '.join(LIGHT)}, {_HUGE:,} characters", light, _HUGE, 1),
    ]


async def _prompt(variant: str, chosen: Sequence[Detector], size: int, rounds: int) -> Row:
    """A prompt in one text, scanned and redacted; how long that takes and how long the loop stands still."""
    redactor = Redactor(chosen, key=b"k" * 32, memory=ScanMemory(), deadline_s=300)
    # Patterns are compiled when they are first needed, which must not be while it is measured.
    await _redacted(redactor, _text(_WARMING, _SEED - 1))
    settle_memory()  # as the gateway does once everything is loaded
    measured = []
    for number in range(rounds):
        text = _text(size, _SEED + number)
        measured.append(await _watched(partial(_redacted, redactor, text)))
    return Row(
        _LONG,
        variant,
        (
            Figure("wall", middle(each.wall for each in measured), "s"),
            Figure("loop stands still", middle(each.still for each in measured) * 1000, "ms"),
            Figure("loop busy", middle(each.busy for each in measured) * 1000, "ms"),
        ),
    )


async def _redacted(redactor: Redactor, text: str) -> None:
    scan = await redactor.scan([text], department="bench")
    work = partial(redactor.redact, scan, Plan({"*": "replace"}), Scope("bench", b""))
    redaction = await redactor.aside(work, scan.texts)
    if len(redaction.vault) < len(text) // 2_000:
        raise BenchmarkFailed("a long prompt full of letters holds more than was found")


def _text(size: int, seed: int) -> str:
    def pieces() -> Iterator[str]:
        length = 0
        for letter in letters(seed):
            yield letter
            length += len(letter) + 1
            if length >= size:
                return

    return " ".join(pieces())[:size]


@dataclass(frozen=True, slots=True)
class _Watched:
    """Seconds that work took; the longest for which the loop ran nothing else, and its own share of that.

    On a busy machine the loop stands still because others run; what it is busy with is its own.
    """

    wall: float
    still: float
    busy: float


async def _watched(work: Callable[[], Awaitable[None]]) -> _Watched:
    still, busy = 0.0, 0.0

    async def probe() -> None:
        nonlocal still, busy
        while True:
            before, own = time.perf_counter(), time.thread_time()
            await asyncio.sleep(_PROBE_S)
            still = max(still, time.perf_counter() - before - _PROBE_S)
            busy = max(busy, time.thread_time() - own)

    probing = asyncio.create_task(probe())
    await asyncio.sleep(10 * _PROBE_S)
    still, busy = 0.0, 0.0
    started = time.perf_counter()
    await work()
    wall = time.perf_counter() - started
    await asyncio.sleep(2 * _PROBE_S)
    probing.cancel()
    return _Watched(wall, still, busy)


def _cuda(effort: Effort) -> list[Row]:
    """Tokens a second through the classifier in batches; says so where there is no device to measure on."""
    import torch  # noqa: PLC0415 - heavy, and needed for nothing else here

    if not torch.cuda.is_available():
        return [Row("detection: CUDA", "unmeasured, for there is no CUDA device here", ())]
    from redaction.detectors import classifier  # noqa: PLC0415 - loads weights onto the device

    detector = classifier.build(classifier.Options(device="cuda"))
    texts = list(islice(letters(_SEED), effort.calls // 2))
    tokens = sum(len(pieces) for text in texts for pieces in detector._reader.read(text).pieces)
    detector.detect(texts[:_ON_DEVICE])
    started = time.perf_counter()
    for at in range(0, len(texts), _ON_DEVICE):
        detector.detect(texts[at : at + _ON_DEVICE])
    speed = tokens / (time.perf_counter() - started)
    return [Row("detection: CUDA", torch.cuda.get_device_name(), (Figure("tokens", speed, "1/s"),))]

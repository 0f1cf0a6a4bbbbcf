import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from redaction.classifier.combining import Combined
from redaction.classifier.engine import Probabilities
from redaction.classifier.units import Units
from redaction.classifier.windows import Input, Window


class Echo:
    """Answers with each candidate's kind; counts its batches; no more threads at a time than lanes."""

    rows = 512

    def __init__(self, lanes: int = 1) -> None:
        self.lanes = lanes
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self._free = threading.Semaphore(lanes)

    def run(self, batch: Input) -> Probabilities:
        """The kinds as if they were probabilities of one label."""
        assert self._free.acquire(blocking=False), "more threads in the engine than it has lanes"
        self.batches.append(len(batch.kinds))
        self.gate.wait(10)
        self._free.release()
        if (batch.kinds == 13).any():
            raise ValueError("unlucky")
        return np.take_along_axis(batch.kinds, batch.chosen, 1)[..., None].astype(np.float32)


def call(kind: int, size: int = 10, windows: int = 1) -> tuple[list[Window], list[Units]]:
    """A call whose units all have this kind, every second of them a candidate."""
    text = Units(list(range(size)), list(range(1, size + 1)), [(1,)] * size, [kind] * size, [False] * size)
    return [Window(0, (0, size), (0, size), np.arange(0, size, 2))] * windows, [text]


def until(condition: Callable[[], bool]) -> None:
    """Waits for what another thread does, for ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_many_callers_get_their_own(lanes: int) -> None:
    """Whoever works for the others, each gets the answers to its own windows, in order."""
    combined = Combined(Echo(lanes), (1, 2, 0))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: combined.run(*call(n + 20, 5 + n % 40, 1 + n % 7)), range(200)))
    for n, answer in enumerate(answers):
        assert [part.shape for part in answer] == [((6 + n % 40) // 2, 1)] * (1 + n % 7)
        assert all((part == n + 20).all() for part in answer)


def test_waiting_callers_share_a_batch() -> None:
    """What waits while the engine is busy goes through it together."""
    engine = Echo()
    combined = Combined(engine, (1, 2, 0))
    engine.gate.clear()
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(combined.run, *call(20))
        until(lambda: engine.batches == [1])
        others = [pool.submit(combined.run, *call(30 + n)) for n in range(8)]
        until(lambda: len(combined._waiting) == 9)
        engine.gate.set()
        assert all(each.result(10) for each in (first, *others))
    assert engine.batches == [1, 8]


def test_one_call_fills_all_lanes() -> None:
    """The windows of a single call go through the engine side by side."""
    engine = Echo(lanes=3)
    combined = Combined(engine, (1, 2, 0))
    engine.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(combined.run, *call(20, windows=6))
        until(lambda: engine.batches == [2, 2, 2])
        engine.gate.set()
        assert len(answer.result(10)) == 6


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_fault_reaches_who_was_served(lanes: int) -> None:
    """The caller learns what the engine raised, and the next caller is served."""
    combined = Combined(Echo(lanes), (1, 2, 0))
    with pytest.raises(ValueError, match="unlucky"):
        combined.run(*call(13, windows=400))
    assert len(combined.run(*call(20))) == 1


def test_nothing_to_do_costs_nothing() -> None:
    """Without windows the engine is left alone."""
    engine = Echo()
    assert Combined(engine, (1, 2, 0)).run([], []) == []
    assert engine.batches == []

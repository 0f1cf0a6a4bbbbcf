import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from redaction.classifier.combining import Combined
from redaction.classifier.engine import Probabilities
from redaction.classifier.units import Units
from redaction.classifier.windows import Input, Window


class Echo:
    """Answers with each row's kind; counts its batches; one thread at a time."""

    rows = 512

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self._busy = threading.Lock()

    def run(self, batch: Input) -> Probabilities:
        """The kinds as if they were probabilities of one label."""
        assert self._busy.acquire(blocking=False), "two threads in the engine"
        self.gate.wait(10)
        self.batches.append(len(batch.kinds))
        self._busy.release()
        if (batch.kinds == 13).any():
            raise ValueError("unlucky")
        return batch.kinds[..., None].astype(np.float32)


def call(kind: int, size: int = 10, windows: int = 1) -> tuple[list[Window], list[Units]]:
    """A call whose units all have this kind."""
    text = Units(list(range(size)), list(range(1, size + 1)), [(1,)] * size, [kind] * size, [False] * size)
    return [Window(0, (0, size), (0, size))] * windows, [text]


def test_many_callers_get_their_own() -> None:
    """Whoever works for the others, each gets the answers to its own windows, in order."""
    combined = Combined(Echo(), (1, 2, 0))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: combined.run(*call(n + 20, 5 + n % 40, 1 + n % 7)), range(200)))
    for n, answer in enumerate(answers):
        assert [part.shape for part in answer] == [(5 + n % 40, 1)] * (1 + n % 7)
        assert all((part == n + 20).all() for part in answer)


def test_waiting_callers_share_a_batch() -> None:
    """What waits while the engine is busy goes through it together."""
    engine = Echo()
    combined = Combined(engine, (1, 2, 0))
    engine.gate.clear()
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(combined.run, *call(20))
        while not combined._waiting or combined._waiting[0].begun == 0:
            pass
        others = [pool.submit(combined.run, *call(30 + n)) for n in range(8)]
        while len(combined._waiting) < 9:
            pass
        engine.gate.set()
        assert all(each.result(10) for each in (first, *others))
    assert engine.batches == [1, 8]


def test_a_fault_reaches_who_was_served() -> None:
    """The caller learns what the engine raised, and the next caller is served."""
    combined = Combined(Echo(), (1, 2, 0))
    with pytest.raises(ValueError, match="unlucky"):
        combined.run(*call(13))
    assert len(combined.run(*call(20))) == 1


def test_nothing_to_do_costs_nothing() -> None:
    """Without windows the engine is left alone."""
    engine = Echo()
    assert Combined(engine, (1, 2, 0)).run([], []) == []
    assert engine.batches == []

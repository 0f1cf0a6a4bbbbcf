import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.engine import Engine, Probabilities
from redaction.classifier.units import Units
from redaction.classifier.windows import Window, batches, prepare

_ROUND = 4_096  # rows that one round takes at most, so that a short text need not wait for a long one


class Combined:
    """One engine for many threads: whoever has it also works for those who wait.

    Windows of concurrent calls share batches, shortest calls first. A call raises what the engine raised in
    the round that served it.
    """

    def __init__(self, engine: Engine, frame: tuple[int, int, int]) -> None:
        self._engine = engine
        self._frame = frame
        self._waiting: list[_Call] = []
        self._list = threading.Lock()
        self._turn = threading.Lock()

    def run(self, found: Sequence[Window], texts: Sequence[Units]) -> list[Probabilities]:
        """For each window the probabilities of the units that it has seen."""
        if not found:
            return []
        call = _Call(found, texts)
        with self._list:
            self._waiting.append(call)
        try:
            while not call.done:
                with self._turn:
                    if not call.done:
                        self._round()
        finally:
            with self._list:
                if call in self._waiting:
                    self._waiting.remove(call)
        if call.error is not None:
            raise call.error
        return [part for part in call.results if part is not None]

    def _round(self) -> None:
        """One share of work for the calls that wait, those with least left first."""
        with self._list:
            calls = sorted(self._waiting, key=lambda call: call.left)
        chosen: list[tuple[_Call, int]] = []
        rows = 0
        for call in calls:
            while call.begun < len(call.windows) and (not chosen or rows < _ROUND):
                chosen.append((call, call.begun))
                rows += call.windows[call.begun].rows
                call.begun += 1
        try:
            self._serve(chosen)
        except Exception as error:  # noqa: BLE001 - each caller must learn of it, whoever had the engine
            for call, _ in chosen:
                call.error = error

    def _serve(self, chosen: Sequence[tuple["_Call", int]]) -> None:
        texts = [call.texts[call.windows[number].text] for call, number in chosen]
        found = [_moved(call.windows[number], place) for place, (call, number) in enumerate(chosen)]
        for batch in batches(found, self._engine.rows):
            given = prepare([found[place] for place in batch], texts, self._frame)
            answer = self._engine.run(given)
            for row, place in enumerate(batch):
                call, number = chosen[place]
                low, high = found[place].seen
                call.settle(number, answer[row, 1 : 1 + high - low])


class _Call:
    """The windows of one caller, and what has been found out of them."""

    def __init__(self, windows: Sequence[Window], texts: Sequence[Units]) -> None:
        # Long windows last or first makes no difference: order within a call is kept by number.
        self.windows = windows
        self.texts = texts
        self.results: list[NDArray[np.float32] | None] = [None] * len(windows)
        self.begun = 0
        self.left = len(windows)
        self.error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.left == 0 or self.error is not None

    def settle(self, number: int, found: Probabilities) -> None:
        self.results[number] = found.copy()
        self.left -= 1


def _moved(window: Window, text: int) -> Window:
    return Window(text, window.seen, window.core)

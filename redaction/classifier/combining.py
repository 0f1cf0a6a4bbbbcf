import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.engine import Engine, Probabilities
from redaction.classifier.units import Units
from redaction.classifier.windows import Input, Window, prepare


class Combined:
    """One engine for many threads, as many batches at a time as it has lanes.

    Whoever calls works in a lane itself, for its own call or for a shorter one; helpers fill the lanes that
    are left, so that one long call has them all. Windows of concurrent calls share batches, shortest calls
    first. A call raises what the engine raised on a batch with windows of it.
    """

    def __init__(self, engine: Engine, frame: tuple[int, int, int]) -> None:
        self._engine = engine
        self._frame = frame
        self._waiting: list[_Call] = []
        self._at_work = 0
        self._helpers = 0
        self._changed = threading.Condition()

    def run(self, found: Sequence[Window], texts: Sequence[Units]) -> list[Probabilities]:
        """For each window the probabilities of its candidates."""
        if not found:
            return []
        call = _Call(found, texts)
        with self._changed:
            self._waiting.append(call)
            if len(found) > 1:
                self._call_helpers()
        try:
            while share := self._next(call):
                self._serve(share)
        finally:
            with self._changed:
                self._waiting.remove(call)
        if call.error is not None:
            raise call.error
        return [part for part in call.results if part is not None]

    def _call_helpers(self) -> None:
        while self._helpers < self._engine.lanes - 1:
            self._helpers += 1
            threading.Thread(target=self._help, name=f"classifier-{self._helpers}", daemon=True).start()
        self._changed.notify(self._helpers)

    def _help(self) -> None:
        while True:
            self._serve(self._next() or [])

    def _next(self, call: "_Call | None" = None) -> list["_Place"]:
        """Waits for a lane and for work; nothing once the call is done. Takes a lane if there is work."""
        with self._changed:
            while call is None or not call.done:
                idle = call is not None and not call.pending  # the rest of it is others' work by now
                if not idle and self._at_work < self._engine.lanes and (share := self._share()):
                    self._at_work += 1
                    return share
                self._changed.wait()
        return []

    def _share(self) -> list["_Place"]:
        """Windows of one size that go through the engine next; no more than leaves work for free lanes."""
        calls = sorted((call for call in self._waiting if call.pending), key=lambda call: call.left)
        if not calls:
            return []
        size = calls[0].windows[calls[0].pending[-1]].size
        waiting = sum(len(call.pending) for call in calls)
        most = max(1, min(self._engine.rows // size[0], -(-waiting // (self._engine.lanes - self._at_work))))
        share: list[_Place] = []
        for call in calls:
            while call.pending and len(share) < most and call.windows[call.pending[-1]].size == size:
                share.append(_Place(call, call.pending.pop()))
        return share

    def _serve(self, share: Sequence["_Place"]) -> None:
        answer: Probabilities | None = None
        error: Exception | None = None
        try:
            answer = self._engine.run(self._prepared(share))
        except Exception as raised:  # noqa: BLE001 - each caller must learn of it, whoever had the engine
            error = raised
        with self._changed:
            self._at_work -= 1
            for row, place in enumerate(share):
                if answer is None:
                    place.call.fail(error)
                else:
                    place.call.settle(place.number, answer[row])
            self._changed.notify_all()

    def _prepared(self, share: Sequence["_Place"]) -> Input:
        texts = [place.call.texts[place.window.text] for place in share]
        found = [
            Window(number, place.window.seen, place.window.core, place.window.chosen)
            for number, place in enumerate(share)
        ]
        return prepare(found, texts, self._frame)


class _Call:
    """The windows of one caller, and what has been found out of them; changed under the lock alone.

    ``pending`` are the numbers of those that nobody has begun, windows of one size side by side.
    """

    def __init__(self, windows: Sequence[Window], texts: Sequence[Units]) -> None:
        self.windows = windows
        self.texts = texts
        self.pending = sorted(range(len(windows)), key=lambda number: windows[number].size)
        self.results: list[NDArray[np.float32] | None] = [None] * len(windows)
        self.left = len(windows)
        self.error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.left == 0 or self.error is not None

    def settle(self, number: int, found: Probabilities) -> None:
        self.results[number] = found[1 : 1 + len(self.windows[number].chosen)]
        self.left -= 1

    def fail(self, error: Exception | None) -> None:
        self.error = error
        self.pending.clear()


@dataclass(frozen=True, slots=True)
class _Place:
    """A window of a call that has been taken into a batch."""

    call: _Call
    number: int

    @property
    def window(self) -> Window:
        return self.call.windows[self.number]

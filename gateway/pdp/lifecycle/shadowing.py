"""Asks a candidate beside the active policy: later, elsewhere, and for no more time than it was given."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gateway.domain import AccessRequest, Decision
from gateway.errors import PolicyUnavailable
from gateway.pdp.embedded import EmbeddedEngine
from gateway.pdp.lifecycle.differences import Kind, Tally, difference
from gateway.pdp.lifecycle.store import Shadow

_WAITING = 256  # more than this many behind, the candidate sees fewer
_BATCH = 16
_HUNDRED = 100
_NS_PER_MS = 1_000_000

_Asked = tuple[AccessRequest, Decision]


class Shadowing:
    """One shadow while it runs; ``tally`` is what it has seen since ``take``.

    A decision is offered after it was given and is never waited for. The candidate runs in one thread of its
    own; what is over its share, its time or its queue is counted as skipped.
    """

    def __init__(
        self,
        trial: Shadow,
        engine: EmbeddedEngine,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.trial = trial
        self.tally = Tally()
        self._engine = engine
        self._monotonic = monotonic
        self._clock_ns = clock_ns
        self._waiting: deque[_Asked] = deque()
        self._wake = asyncio.Event()
        self._offered = 0
        self._second, self._spent_ns = 0, 0
        self._thread = ThreadPoolExecutor(1, "custody-shadow")
        self._task = asyncio.create_task(self._run())

    def offer(self, request: AccessRequest, decision: Decision) -> None:
        """Shows the shadow what the active policy decided."""
        if not self._sampled():
            return
        if len(self._waiting) >= _WAITING or self._over_budget():
            self.tally.skipped += 1
            return
        self._waiting.append((request, decision))
        self._wake.set()

    def take(self) -> Tally:
        """What it has seen since the last time."""
        taken, self.tally = self.tally, Tally()
        return taken

    async def aclose(self) -> None:
        """Ends it; what waits is not asked any more."""
        self._task.cancel()
        await asyncio.wait({self._task})
        self._thread.shutdown(wait=False)

    def _sampled(self) -> bool:
        before, self._offered = self._offered, self._offered + 1
        percent = self.trial.terms.percent
        return self._offered * percent // _HUNDRED > before * percent // _HUNDRED

    def _over_budget(self) -> bool:
        now = int(self._monotonic())
        if now != self._second:
            self._second, self._spent_ns = now, 0
        return self._spent_ns >= self.trial.terms.budget_ms * _NS_PER_MS

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        # What its thread needs first is not the time of anybody's decision.
        await loop.run_in_executor(self._thread, self._engine.warm)
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                results, spent_ns = await loop.run_in_executor(self._thread, self._ask, batch)
                self._spent_ns += spent_ns
                self._count(results)

    def _count(self, results: list[Kind | PolicyUnavailable | None]) -> None:
        for result in results:
            if isinstance(result, PolicyUnavailable):
                self.tally.failed += 1
                self.tally.asked += 1
            else:
                self.tally.count(result)

    def _ask(self, batch: list[_Asked]) -> tuple[list[Kind | PolicyUnavailable | None], int]:
        began = self._clock_ns()
        results = [self._compared(request, decision) for request, decision in batch]
        return results, self._clock_ns() - began

    def _compared(self, request: AccessRequest, decision: Decision) -> Kind | PolicyUnavailable | None:
        try:
            return difference(request, decision, self._engine.decide_now(request))
        except PolicyUnavailable as unavailable:
            return unavailable

"""Makes records durable in groups: whoever asks while a commit runs is in the next one."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import anyio.to_thread

from audit.chain import Chain, Link
from audit.database import cause
from audit.entry import Receipt, Record
from audit.errors import AuditError, InvalidEntry, RecorderUnavailable
from audit.ids import Clock
from audit.note import Signer
from audit.numbering import Row
from audit.receipt import issue_receipts

_log = logging.getLogger(__name__)

DEADLINE_S = 2.0
# A stop must not outlast what orchestrators grant before they kill.
CLOSE_S = 5.0
CAPACITY = 8192
# Bounds one transaction; a receipt's path grows by one hash each time this doubles.
_MAX_BATCH = 512


@dataclass(slots=True, eq=False)
class _Waiter:
    """A record on its way to the disk, and who waits for it; the record never shows in ``repr``."""

    record: Record
    wall_us: int
    monotonic_us: int
    deadline: float
    future: asyncio.Future[Receipt]
    expired: bool = False

    def __repr__(self) -> str:
        return f"_Waiter(deadline={self.deadline})"


class Recorder:
    """Appends records from one event loop, through one thread, by group commit.

    The thread commits as soon as its last commit is done, with whatever has queued up. A caller hears of
    its record only once that is durable, or within ``deadline_s`` that it is not known to be; a record may
    still become durable after its caller was told no, and a caller that goes away takes nothing back.
    """

    def __init__(  # noqa: PLR0913 - every part is injected
        self,
        chain: Chain,
        signer: Signer,
        *,
        clock: Clock,
        committed: Callable[[int, Sequence[Row]], None],
        failed: Callable[[Record], None],
        deadline_s: float = DEADLINE_S,
        capacity: int = CAPACITY,
    ) -> None:
        # Touched by the thread alone.
        self._chain = chain
        self._signer = signer
        self._clock = clock
        self._committed = committed
        self._failed = failed
        self._deadline_s = deadline_s
        self._capacity = capacity
        self._queue: SimpleQueue[list[_Waiter] | None] = SimpleQueue()
        self._gathered: list[_Waiter] = []
        # Waiters in order of arrival, touched by the event loop alone.
        self._pending: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="audit-recorder", daemon=True)
        self._thread.start()

    async def append(self, record: Record) -> Receipt:
        """Make one record durable; raises RecorderUnavailable, InvalidEntry or EntryTooLarge."""
        loop = asyncio.get_running_loop()
        self._admit(loop)
        waiter = _Waiter(
            record,
            self._clock.wall_us(),
            self._clock.monotonic_us(),
            loop.time() + self._deadline_s,
            loop.create_future(),
        )
        self._pending.append(waiter)
        if self._timer is None:
            self._timer = loop.call_at(waiter.deadline, self._expire, loop)
        self._gathered.append(waiter)
        if len(self._gathered) == 1:
            # One hand-over for all records of one turn of the loop: a commit for each would cost more.
            loop.call_soon(self._hand_over)
        try:
            return await waiter.future
        except BaseException:
            self._failed(record)
            raise

    async def aclose(self) -> None:
        """Take no more records, make those that wait durable, and stop the thread.

        Raises RecorderUnavailable if the disk hangs for longer than ``CLOSE_S``.
        """
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
        await anyio.to_thread.run_sync(self._thread.join, CLOSE_S)
        if self._thread.is_alive():
            raise RecorderUnavailable(f"the last records were not durable within {CLOSE_S} s of closing")
        if self._timer is not None:
            self._timer.cancel()

    def _admit(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise RecorderUnavailable("the recorder serves another event loop")
        if self._closed:
            raise RecorderUnavailable("the recorder is closed")
        if len(self._pending) >= self._capacity:
            raise RecorderUnavailable(f"{self._capacity} records wait already")

    def _hand_over(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            self._queue.put(gathered)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those whose time is up; one timer serves all, for they wait in order."""
        now = loop.time()
        while self._pending and (self._pending[0].deadline <= now or self._pending[0].future.done()):
            waiter = self._pending.popleft()
            if not waiter.future.done():
                waiter.expired = True
                waiter.future.set_exception(RecorderUnavailable("the record was not durable in time"))
        self._timer = loop.call_at(self._pending[0].deadline, self._expire, loop) if self._pending else None

    def _resolve(self, answers: Sequence[tuple[_Waiter, Receipt | AuditError]]) -> None:
        """Wake the waiters of one batch; runs on the event loop."""
        for waiter, answer in answers:
            if waiter.future.done():
                continue
            if isinstance(answer, Receipt):
                waiter.future.set_result(answer)
            else:
                waiter.future.set_exception(answer)
        while self._pending and self._pending[0].future.done():
            self._pending.popleft()

    def _answer(self, answers: Sequence[tuple[_Waiter, Receipt | AuditError]]) -> None:
        if answers:
            # The loop may have closed while the disk was slow; then nobody waits any more.
            with suppress(RuntimeError):
                answers[0][0].future.get_loop().call_soon_threadsafe(self._resolve, answers)

    def _run(self) -> None:
        waiting: list[_Waiter] = []
        open_for_more = True
        while open_for_more or waiting:
            if open_for_more:
                open_for_more = self._take(waiting)
            # Whose caller was told no before anything was written need not be written.
            batch = [waiter for waiter in waiting[:_MAX_BATCH] if not waiter.expired]
            del waiting[:_MAX_BATCH]
            if batch:
                self._flush(batch)
        self._chain.close()

    def _take(self, waiting: list[_Waiter]) -> bool:
        """Take all records that are there, after waiting for one if there was none; whether more may come."""
        try:
            while (item := self._queue.get(block=not waiting)) is not None:
                waiting += item
        except Empty:
            return True
        return False

    def _flush(self, batch: Sequence[_Waiter]) -> None:
        try:
            late = self._chain.settle()
            if late is not None:
                self._tell(*late)
            waiters, links = self._link(batch)
            if links:
                first = self._chain.commit(links)
                self._tell(first, links)
                self._answer(list(zip(waiters, self._receipts(links, first), strict=True)))
        except Exception as error:  # noqa: BLE001 - rule 5: whatever fails here means that nothing is known to be durable
            _log.warning("audit batch of %d not durable: %s", len(batch), _describe(error))
            self._answer([(waiter, _unavailable(error)) for waiter in batch])

    def _tell(self, first: int, links: Sequence[Link]) -> None:
        self._committed(first, [link.row for link in links])

    def _link(self, batch: Sequence[_Waiter]) -> tuple[list[_Waiter], list[Link]]:
        """Encode the batch; what cannot be encoded is answered, and the rest goes on without it."""
        waiters: list[_Waiter] = []
        links: list[Link] = []
        refused: list[tuple[_Waiter, Receipt | AuditError]] = []
        for waiter in batch:
            try:
                link = self._chain.link(waiter.record, waiter.wall_us, waiter.monotonic_us)
            except InvalidEntry as error:
                refused.append((waiter, error))
            else:
                waiters.append(waiter)
                links.append(link)
        self._answer(refused)
        return waiters, links

    def _receipts(self, links: Sequence[Link], first: int) -> list[Receipt]:
        hashes = [link.hash for link in links]
        tokens = issue_receipts(self._signer, first, hashes, self._clock.wall_us())
        return [
            Receipt(link.row.id, index, link.hash, token)
            for index, (link, token) in enumerate(zip(links, tokens, strict=True), first)
        ]


def _unavailable(error: Exception) -> RecorderUnavailable:
    return RecorderUnavailable(f"the record could not be made durable: {_describe(error)}")


def _describe(error: Exception) -> str:
    return str(error) if isinstance(error, AuditError) else cause(error)

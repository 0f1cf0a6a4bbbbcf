import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

from redaction.errors import DetectorFailed

T = TypeVar("T")
_MAX_WAITING = 1_000  # calls that wait for a thread; more would time out anyway


class Workers:
    """A fixed number of daemon threads that run calls off the event loop.

    The number stays fixed even when calls hang (what comes after them is late and fails), and a hung thread
    does not hold up the end of the program: neither holds for ``anyio.to_thread`` or an executor.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._started = False
        self._waiting: SimpleQueue[_Job[object]] = SimpleQueue()

    async def run(self, call: Callable[[], T]) -> T:
        """The result of ``call``; whatever it raises, native panics included, comes as ``DetectorFailed``."""
        if self._waiting.qsize() > _MAX_WAITING:
            raise DetectorFailed("too many scans are waiting")
        self._start()
        job = _Job(call, asyncio.get_running_loop())
        self._waiting.put(job)  # type: ignore[arg-type]  # the queue carries jobs of every result type
        return await job.done

    async def aside(self, call: Callable[[], T]) -> T:
        """The result of ``call``, which raises what it raises: for our own work on texts, however long."""
        outcome = await self.run(lambda: _outcome(call))
        if isinstance(outcome, _Raised):
            raise outcome.error
        return outcome

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        for number in range(self._threads):
            threading.Thread(target=self._work, name=f"redaction-{number}", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._waiting.get().run()


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception


def _outcome(call: Callable[[], T]) -> T | _Raised:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - it is raised again where the call was asked for
        return _Raised(error)


class _Job(Generic[T]):
    """One call and the future that its caller awaits."""

    __slots__ = ("_call", "_loop", "done")

    def __init__(self, call: Callable[[], T], loop: asyncio.AbstractEventLoop) -> None:
        self._call = call
        self._loop = loop
        self.done: asyncio.Future[T] = loop.create_future()

    def run(self) -> None:
        if self.done.cancelled():
            return
        try:
            result = self._call()
        except BaseException as error:  # noqa: BLE001 - a panic of native code derives from BaseException
            self._tell(self._fail, type(error).__name__)
        else:
            self._tell(self._succeed, result)

    def _tell(self, settle: Callable[..., None], outcome: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(settle, outcome)

    def _succeed(self, result: T) -> None:
        if not self.done.done():
            self.done.set_result(result)

    def _fail(self, kind: str) -> None:
        # Only the kind of error: its message may quote the text.
        if not self.done.done():
            self.done.set_exception(DetectorFailed(f"a detector raised {kind}"))

"""The load generator, in a process of its own: ``python -m tests.benchmarks.client < job.json``.

It speaks HTTP straight on the transport, because a client library would use more of a core than what it
measures. Every answer is checked; the result goes to standard output as JSON.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Literal, cast

import httptools
import orjson
import uvloop
from pydantic import BaseModel, ConfigDict

from tests.benchmarks.exchange import MODEL, fault_in, request_body, shows_content
from tests.benchmarks.figures import quantile
from tests.benchmarks.prompts import letters

_DRAIN_S = 30
_SHOWN_FAULTS = 3


class Job(BaseModel):
    """What to send: at most ``requests`` and for at most ``seconds``, over ``connections`` at once.

    Without ``bodies``, each request carries a letter of its own, drawn from ``seed``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int
    connections: int
    seconds: float
    requests: int
    shape: Literal["plain", "stream"] = "plain"
    model: str = MODEL
    seed: int = 0
    key: str = ""
    bodies: tuple[str, ...] = ()


class Result(BaseModel):
    """What came back. Times are milliseconds; ``first_*`` is the time to the first words of a stream."""

    model_config = ConfigDict(frozen=True)

    requests: int
    seconds: float
    faults: int
    shown_faults: tuple[str, ...]
    p50_ms: float
    p99_ms: float
    first_p50_ms: float = 0
    first_p99_ms: float = 0
    client_cpu_s: float


class Tally:
    """Hands out the requests and takes in the answers."""

    def __init__(self, job: Job) -> None:
        self._bodies: Iterator[bytes] = iter(_requests(job))
        self._deadline = 0.0
        self._seconds = job.seconds
        self.shape = job.shape
        self.times_s: list[float] = []
        self.firsts_s: list[float] = []
        self.faults: list[str] = []
        self.idle = asyncio.Event()
        self.open = 0

    def start(self) -> None:
        """Starts the clock."""
        self._deadline = time.perf_counter() + self._seconds

    def next_request(self) -> bytes | None:
        """The next request to send; none when the job is done."""
        if time.perf_counter() >= self._deadline:
            return None
        return next(self._bodies, None)


class ClientConnection(asyncio.Protocol):
    """One keep-alive connection that sends its next request as soon as the last is answered."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._started = 0.0
        self._first = 0.0
        self._pieces: list[bytes] = []
        self._waiting = False
        tally.open += 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol interface."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection lost before its answer is a fault."""
        if self._waiting:
            self._tally.faults.append(f"the connection was lost: {exc!r}")
        self._tally.open -= 1
        if not self._tally.open:
            self._tally.idle.set()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's protocol interface."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._pieces.append(body)
        if self._tally.shape == "stream" and not self._first and shows_content(body):
            self._first = time.perf_counter()

    def on_message_complete(self) -> None:
        """Checks the answer and goes on."""
        tally, now = self._tally, time.perf_counter()
        self._waiting = False
        fault = fault_in(self._parser.get_status_code(), b"".join(self._pieces), tally.shape)
        if fault:
            tally.faults.append(fault)
        tally.times_s.append(now - self._started)
        if self._first:
            tally.firsts_s.append(self._first - self._started)
        self.send()

    def send(self) -> None:
        """Sends the next request, or closes the connection when there is none."""
        if self._transport is None:
            return
        request = self._tally.next_request()
        if request is None:
            self._transport.close()
            return
        self._parser = httptools.HttpResponseParser(self)
        self._pieces, self._first, self._waiting = [], 0.0, True
        self._started = time.perf_counter()
        self._transport.write(request)


async def run(job: Job) -> Result:
    """Sends the job's requests and tells what came back."""
    tally = Tally(job)
    loop = asyncio.get_running_loop()
    # All connect before any sends: a server under load would let the last of them wait.
    opened = [
        await loop.create_connection(lambda: ClientConnection(tally), "127.0.0.1", job.port)
        for _ in range(job.connections)
    ]
    started, cpu = time.perf_counter(), time.process_time()
    tally.start()
    for _, connection in opened:
        connection.send()
    try:
        await asyncio.wait_for(tally.idle.wait(), job.seconds + _DRAIN_S)
    except TimeoutError:
        tally.faults.append(f"{tally.open} answers did not come within {_DRAIN_S} s")
    return _result(tally, time.perf_counter() - started, time.process_time() - cpu)


def _requests(job: Job) -> list[bytes]:
    if job.bodies:
        bodies = [body.encode() for body in job.bodies]
    else:
        some = islice(letters(job.seed), job.requests)
        bodies = [request_body(letter, stream=job.shape == "stream", model=job.model) for letter in some]
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{job.port}\r\n"
    head += "content-type: application/json\r\n"
    head += f"authorization: Bearer {job.key}\r\n" if job.key else ""
    return [f"{head}content-length: {len(body)}\r\n\r\n".encode() + body for body in bodies]


def _result(tally: Tally, seconds: float, cpu_s: float) -> Result:
    times, firsts = sorted(tally.times_s), sorted(tally.firsts_s)
    return Result(
        requests=len(times),
        seconds=seconds,
        faults=len(tally.faults),
        shown_faults=tuple(sorted(set(tally.faults))[:_SHOWN_FAULTS]),
        p50_ms=quantile(times, 0.5) * 1000 if times else 0,
        p99_ms=quantile(times, 0.99) * 1000 if times else 0,
        first_p50_ms=quantile(firsts, 0.5) * 1000 if firsts else 0,
        first_p99_ms=quantile(firsts, 0.99) * 1000 if firsts else 0,
        client_cpu_s=cpu_s,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(
        uvloop.run(run(Job.model_validate(orjson.loads(sys.stdin.buffer.read())))).model_dump_json().encode()
    )

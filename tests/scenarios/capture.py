"""A model server that keeps every byte it is sent and answers as a test scripts it."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Literal, cast

import httptools
import orjson

End = Literal["done", "cut", "reset", "hang", "again"]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, parsed."""
        return cast("dict[str, Any]", orjson.loads(self.body))

    @property
    def streams(self) -> bool:
        """Whether the gateway wants events."""
        return bool(self.json.get("stream"))

    @property
    def last_text(self) -> str:
        """The text of the last message, whichever of the two shapes it has."""
        content = self.json["messages"][-1]["content"]
        if isinstance(content, str):
            return content
        return "".join(part["text"] for part in content)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: pieces of a body, each after ``pace_s``, and how the connection ends after them.

    ``done`` ends the body as HTTP wants, ``cut`` closes before its end, ``reset`` aborts, ``hang`` says no
    more, ``again`` says the pieces over and over. Status 0 leaves even the head out. Nothing goes out faster
    than the gateway reads.
    """

    pieces: Sequence[bytes] = ()
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    pace_s: float = 0.0
    end: End = "done"


Script = Callable[[Received], Reply]


@dataclass(slots=True)
class Seen:
    """What the server has seen since the test began."""

    wire: bytearray = field(default_factory=bytearray)
    requests: list[Received] = field(default_factory=list)
    cancelled: int = 0
    faults: list[BaseException] = field(default_factory=list)


class Capture:
    """The server, on a thread and event loop of its own; ``script`` and ``on_arrival`` are run there."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.script: Script = _no_script
        self.on_arrival: Callable[[Received], None] = _nothing
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="capture", daemon=True)
        self._thread.start()
        self._server = self._run(self._listen()).result(5)
        self.port = int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Where the gateway finds the model."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def prompts(self) -> list[Received]:
        """Every prompt that arrived."""
        return [request for request in self.seen.requests if request.target.endswith("/chat/completions")]

    def reset(self) -> None:
        """Forgets what it saw and how to answer."""
        self.seen = Seen()
        self.script = _no_script
        self.on_arrival = _nothing

    def close(self) -> None:
        """Stops listening, drops connections and ends the thread."""
        self._run(self._stop()).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)

    async def _stop(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Connection(asyncio.Protocol):
    """One keep-alive connection; answers one request at a time and notices when the gateway hangs up."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._answering: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol interface."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that is still under way was cancelled by the gateway."""
        self._transport = None
        if self._answering is not None and not self._answering.done():
            self._capture.seen.cancelled += 1
            self._answering.cancel()

    def pause_writing(self) -> None:
        """The gateway does not read: an answer that only lies in this buffer is not given yet."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Part of asyncio's protocol interface."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's protocol interface."""
        self._capture.seen.wire += data
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._target, self._headers, self._body = b"", {}, []

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Runs the test's hook and script; a fault in them is kept for the test, not lost in this thread."""
        request = Received(self._target.decode("latin-1"), self._headers, b"".join(self._body))
        seen = self._capture.seen
        try:
            self._capture.on_arrival(request)
            seen.requests.append(request)
            reply = self._capture.script(request)
        except Exception as error:  # noqa: BLE001  shown by the test that looks at seen.faults
            seen.faults.append(error)
            reply = Reply((b'{"error": {"message": "the script failed"}}',), status=500)
        self._answering = asyncio.get_running_loop().create_task(self._answer(reply))

    async def _answer(self, reply: Reply) -> None:
        if reply.status:
            self._write(_head(reply))
        for piece in cycle(reply.pieces) if reply.end == "again" else reply.pieces:
            # Even without a pace each piece is its own turn of the loop, as tokens are.
            await asyncio.sleep(reply.pace_s)
            self._write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await self._writable.wait()
        if reply.end == "hang":
            await asyncio.Event().wait()
        elif reply.end == "done":
            self._write(b"0\r\n\r\n")
        elif self._transport is not None:
            transport, self._transport = self._transport, None
            transport.abort() if reply.end == "reset" else transport.close()

    def _write(self, content: bytes) -> None:
        if self._transport is not None:
            self._transport.write(content)


def wait_until(met: Callable[[], bool], *, seconds: float = 15) -> None:
    """Returns once ``met`` holds; raises ``AssertionError`` when it has not by then."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.02)


def _head(reply: Reply) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} Scripted", f"content-type: {reply.content_type}"]
    lines += ["transfer-encoding: chunked", *(f"{name}: {value}" for name, value in reply.headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _no_script(request: Received) -> Reply:
    raise LookupError("this test expects no prompt to arrive")


def _nothing(request: Received) -> None:
    """No hook."""

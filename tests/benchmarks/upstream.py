"""A double of a model server that costs next to nothing: ``python -m tests.benchmarks.upstream PORT``.

It speaks OpenAI's chat completions straight on the transport, so that the machine's cores are left to what
is measured. ``GET /seen`` tells how many requests it answered, and in how many it saw an e-mail address.
"""

import asyncio
import sys
from collections import deque
from typing import cast

import httptools
import orjson
import uvloop

from tests.benchmarks.exchange import MARKER, PACED_MODEL, streamed_reply, whole_reply

PACE_S = 0.010

_JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_END = b"0\r\n\r\n"


class Seen:
    """Counts over all connections."""

    def __init__(self) -> None:
        self.requests = 0
        self.originals = 0


class ModelConnection(asyncio.Protocol):
    """One keep-alive connection; answers one request at a time."""

    def __init__(self, seen: Seen, loop: asyncio.AbstractEventLoop) -> None:
        self._seen = seen
        self._loop = loop
        self._whole = _answer(whole_reply())
        self._events = [b"%x\r\n%b\r\n" % (len(event), event) for event in streamed_reply()]
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._url = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol interface."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends a stream whose reader went away."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's protocol interface."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._url = url

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answers what was asked."""
        body, self._body = b"".join(self._body), []
        if self._url == b"/seen":
            self._write(_answer(orjson.dumps([self._seen.requests, self._seen.originals])))
            return
        self._seen.requests += 1
        self._seen.originals += MARKER in body
        asked = orjson.loads(body)
        if not asked.get("stream"):
            self._write(self._whole)
            return
        self._write(_EVENTS)
        self._next_event(deque(self._events), PACE_S if asked["model"] == PACED_MODEL else 0)

    def _next_event(self, left: deque[bytes], delay_s: float) -> None:
        # One write in each turn of the loop, as a model gives one token in each step.
        if not left:
            self._write(_END)
            return
        self._write(left.popleft())
        if delay_s:
            self._loop.call_later(delay_s, self._next_event, left, delay_s)
        else:
            self._loop.call_soon(self._next_event, left, delay_s)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def _answer(body: bytes) -> bytes:
    return _JSON % (len(body), body)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    seen = Seen()
    server = await loop.create_server(lambda: ModelConnection(seen, loop), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))

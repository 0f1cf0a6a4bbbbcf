"""HTTP/1.1 to a model server, one exchange at a time on a connection that is kept: parsed by llhttp.

aiohttp's client costs four times as much a call, and a whole governed call a tenth more. Both figures are in
tests/benchmarks/README.md; what a hostile server can do is tried in tests/unit/gateway/backends/.
"""

import asyncio
from http import HTTPStatus
from typing import cast

import httptools

_MAX_HEAD = 65_536  # bytes of status line and headers; servers send a few hundred
_MUCH = 262_144  # unread bytes of a body above which the server is told to wait
_ONE_WRITE = 65_536  # up to here, joining head and body costs less than a second system call


class BrokenHttp(Exception):
    """The server did not answer in HTTP to the end; the message is our own words, never the server's."""


class Connection(asyncio.Protocol):
    """One connection: ``send``, then read the head, then the body piece by piece.

    Each read takes the time (of the loop's clock) until which it may wait, and raises ``TimeoutError`` after
    it, or ``BrokenHttp``. ``reusable`` says that the exchange is over and the next one may begin.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._pieces: list[bytes] = []
        self._unread = 0
        self._paused = False
        self._head_size = 0
        self._headed = False
        self._delimited = False
        self._complete = True
        self._kept = True
        self._broken = ""
        self.status = 0
        self.content_type = ""

    @property
    def reusable(self) -> bool:
        """Whether the last answer was read to its end, and the server waits for the next request."""
        return self._complete and self._kept and not self._broken and not self._pieces

    def send(self, head: bytes, body: bytes) -> None:
        """Begins an exchange; ``head`` ends with the empty line."""
        self._complete = self._headed = self._delimited = False
        self._head_size = 0
        self.status, self.content_type = 0, ""
        if self._transport is None:
            return  # whoever reads is told
        if len(body) <= _ONE_WRITE:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)

    async def read_head(self, until: float) -> None:
        """Returns once ``status`` and ``content_type`` are those of the answer."""
        while not self._headed:
            await self._more(until)

    async def read_piece(self, until: float) -> bytes:
        """What has come of the body since the last piece; waits for more, and is empty at the end."""
        while not self._pieces:
            if self._complete:
                return b""
            await self._more(until)
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._unread = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return piece

    def drop(self, why: str = "dropped") -> None:
        """Ends the connection at once, which cancels what the server is doing for it."""
        self._broken = self._broken or why
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    async def _more(self, until: float) -> None:
        if self._broken:
            raise BrokenHttp(self._broken)
        self._waiter = self._loop.create_future()
        timer = self._loop.call_at(until, _expire, self._waiter)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol interface."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass of it

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's protocol interface."""
        if self._complete:
            self.drop("bytes that answer nothing")
            return
        self._head_size += 0 if self._headed else len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.drop(type(error).__name__)
        if not self._headed and self._head_size > _MAX_HEAD:
            self.drop("the head of the answer is too large")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio's protocol interface."""
        self._transport = None
        if self._headed and not self._complete and not self._delimited and exc is None:
            # RFC 9112 section 6.3: where nothing delimits a body, the end of the connection does.
            self._complete = True
        self._broken = self._broken or (type(exc).__name__ if exc else "the connection was closed")
        self._wake()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A second answer to one request leaves nobody sure which belongs to the next."""
        if self._complete:
            self._kept = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of an answer's headers, its type and what delimits its body matter."""
        name = name.lower()
        if name == b"content-type":
            self.content_type = value.partition(b";")[0].strip().lower().decode("latin-1")
        elif name in {b"content-length", b"transfer-encoding"}:
            self._delimited = True

    def on_headers_complete(self) -> None:
        """The head of an answer has come, or of an interim one that says nothing (RFC 9110 section 15.2)."""
        status = self._parser.get_status_code()
        if status >= HTTPStatus.OK and not self._complete:
            self.status = status
            self._headed = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._complete:
            return
        self._pieces.append(body)
        self._unread += len(body)
        if self._unread > _MUCH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The end of an answer, unless it was an interim one."""
        if self._headed and not self._complete:
            self._complete = True
            self._kept = self._kept and self._parser.should_keep_alive()


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())

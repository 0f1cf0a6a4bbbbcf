"""The least of HTTP that the data plane needs, straight on ASGI: headers, bodies, answers, a client gone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Self

import orjson
from anyio import CancelScope
from starlette.types import Message, Receive, Scope, Send

from gateway.errors import (
    BadRequest,
    BodyTooLarge,
    ClientGone,
    CustodyError,
    HeadersTooLarge,
    Unauthenticated,
)
from gateway.settings import ServerSettings

# RFC 9110 section 5.3 lets a list header stand twice; these hold one value, and two would let the gateway
# and a proxy before it disagree on which counts.
_SINGLE = frozenset(
    {
        "authorization",
        "x-api-key",
        "content-type",
        "content-length",
        "host",
        "idempotency-key",
        "if-match",
        "if-none-match",
    }
)

_STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # a proxy that gathers events would undo streaming
}


def read_headers(scope: Scope, limits: ServerSettings) -> dict[str, str]:
    """The request's headers, lower-case and single-valued.

    Raises ``HeadersTooLarge`` over the limit and ``BadRequest`` for a doubled header that may stand once.
    """
    raw: list[tuple[bytes, bytes]] = scope["headers"]
    if sum(len(name) + len(value) for name, value in raw) > limits.max_header_bytes:
        raise HeadersTooLarge(
            f"The headers are longer than {limits.max_header_bytes} bytes together; send fewer."
        )
    headers: dict[str, str] = {}
    for name_bytes, value in raw:
        name = name_bytes.decode("latin-1").lower()
        if name in headers and (name in _SINGLE or name.startswith("x-custody-")):
            raise BadRequest(f"The header {name} stands more than once; send it once.")
        headers[name] = value.decode("latin-1")
    return headers


class Connection:
    """One exchange with a client: its body within the limits, and the end of waiting once it is gone.

    Inside ``with connection`` everything awaited is cancelled as soon as the client disconnects; what must
    outlive it (the record) shields itself. One pending ``receive`` notices the disconnect, which costs a
    third of a task group.
    """

    def __init__(self, receive: Receive, headers: Mapping[str, str], limits: ServerSettings) -> None:
        self._receive = receive
        self._length = headers.get("content-length", "")
        self._limits = limits
        self._waiting = CancelScope()
        self._watcher: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        self._waiting.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._watcher is not None:
            self._watcher.cancel()
        return bool(self._waiting.__exit__(kind, error, trace))

    async def read_body(self) -> bytes:
        """The whole body; raises ``BodyTooLarge``, ``BadRequest`` for a stalled one, or ``ClientGone``."""
        limit = self._limits.max_body_bytes
        if self._length.isdecimal() and int(self._length) > limit:
            raise _too_large(limit)
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self._next()
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > limit:
                raise _too_large(limit)
            if not message.get("more_body", False):
                self._watcher = asyncio.ensure_future(self._watch())
                return b"".join(pieces)

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(self._limits.body_timeout_s):
                message = await self._receive()
        except TimeoutError:
            raise BadRequest("The request body stopped coming; send it again.") from None
        if message["type"] == "http.disconnect":
            raise ClientGone("The client closed the connection while it sent its request.")
        return message

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._waiting.cancel()


class _Patience:
    """Cancels what is inside ``with patience`` when one send takes longer than ``seconds``.

    One timer serves a whole stream: one for each send would cost as much as scanning what is sent.
    """

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._since: float | None = None
        self._scope = CancelScope()
        self._timer = self._loop.call_later(seconds, self._look)

    @property
    def lost(self) -> bool:
        """Whether a send took too long and was given up."""
        return self._scope.cancelled_caught

    def __enter__(self) -> Self:
        self._scope.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        return bool(self._scope.__exit__(kind, error, trace))

    def starts(self) -> None:
        """A send begins."""
        self._since = self._loop.time()

    def ends(self) -> None:
        """It is done."""
        self._since = None

    def _look(self) -> None:
        now = self._loop.time()
        if self._since is not None and now - self._since >= self._seconds:
            self._scope.cancel()
        else:
            since = now if self._since is None else self._since
            self._timer = self._loop.call_at(since + self._seconds, self._look)


class Replies:
    """What goes back on one exchange; every answer carries the request id."""

    def __init__(self, send: Send, request_id: str, *, websocket: bool = False) -> None:
        self._send = send
        self._websocket = websocket
        self._started = False
        self.request_id = request_id

    async def json(self, status: int, body: object, headers: Mapping[str, str]) -> None:
        """One whole answer."""
        content = orjson.dumps(body)
        length = {"content-type": "application/json", "content-length": str(len(content))}
        await self._start(status, {**length, **headers})
        await self._send({"type": "http.response.body", "body": content})

    async def stream(
        self, events: AsyncIterator[bytes], headers: Mapping[str, str], timeout_s: float
    ) -> None:
        """Server-sent events, one send each.

        Raises ``ClientGone`` when the client takes longer than ``timeout_s`` to read one.
        """
        await self._start(200, {**_STREAM_HEADERS, **headers})
        with _Patience(timeout_s) as patience:
            async for event in events:
                patience.starts()
                await self._send({"type": "http.response.body", "body": event, "more_body": True})
                patience.ends()
        if patience.lost:
            raise ClientGone("The client stopped reading.")
        await self._send({"type": "http.response.body", "body": b""})

    async def pass_on(self, message: Message) -> None:
        """A message of an answer that another application makes."""
        if message["type"] == "http.response.start":
            self._started = True
            message = {**message, "headers": [*message["headers"], *self._ids()]}
        await self._send(message)

    async def error(self, error: CustodyError) -> None:
        """A failure in OpenAI's shape; a stream that has begun is cut instead, which clients take as one."""
        if self._websocket:
            await self._send({"type": "websocket.close", "code": 1008})
        elif not self._started:
            await self.json(error.status, error_body(error, self.request_id), error_headers(error))

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self._started = True
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": [*raw, *self._ids()]})

    def _ids(self) -> list[tuple[bytes, bytes]]:
        request_id = self.request_id.encode()
        return [(b"x-request-id", request_id), (b"request-id", request_id)]


def error_body(error: CustodyError, request_id: str) -> dict[str, object]:
    """An error in OpenAI's shape, with what helps the caller to mend it."""
    extra = {
        "department": error.department,
        "rule": error.rule,
        "owner_contact": error.owner_contact,
        "remedy": error.remedy,
        "also": list(error.also),
    }
    shown = {name: value for name, value in extra.items() if value}
    core = {"message": error.reason_user, "type": error.type, "param": error.param, "code": error.code}
    return {"error": {**core, **shown, "request_id": request_id}}


def error_headers(error: CustodyError) -> dict[str, str]:
    """Whether the SDKs should try again on their own; for a 401 the scheme (RFC 9110, section 11.6.1)."""
    headers = {"x-should-retry": "true" if error.retry else "false"}
    return {**headers, "www-authenticate": "Bearer"} if isinstance(error, Unauthenticated) else headers


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {limit} bytes; send less, or ask for a higher limit.")

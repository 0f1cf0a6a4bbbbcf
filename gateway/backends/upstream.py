"""HTTP to one model server: the only file that knows the client library."""

import asyncio
import io
import ssl
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from yarl import URL

from gateway.backends.replies import failed
from gateway.errors import BackendUnavailable, CustodyError, UpstreamTimeout

# Under the 5 s after which uvicorn, which vLLM runs on, drops an idle connection: ours must go first.
_KEEPALIVE_S = 4
# Above this size the client warns about raw bytes; a file object it sends piece by piece.
_ONE_WRITE_BYTES = 2**20
# How long a connection may take to end a reply that is complete, before it is dropped and not kept.
_LINGER_S = 0.25
_MISCONFIGURED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NO_ROOM = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each part of an exchange may take, in seconds."""

    connect: float
    first_byte: float
    between_chunks: float
    total: float


class Upstream:
    """Posts bodies to one URL. Follows no redirect, keeps no cookie, reads no proxy variable.

    Each failure is one of ours: ``BackendUnavailable``, ``UpstreamFailed``, ``UpstreamTimeout``. None of
    them, nor what they are chained to, carries text of the server: it may repeat the prompt.
    """

    def __init__(self, url: str, deadlines: Deadlines, connections: int, tls: ssl.SSLContext | bool) -> None:
        self._url = URL(url)
        self._deadlines = deadlines
        self._connections = connections
        self._tls = tls
        # Only what ends a wait for a connection: the exchanges keep the other deadlines themselves.
        self._timeout = aiohttp.ClientTimeout(total=None, connect=deadlines.connect)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def post(self, body: bytes, headers: dict[str, str], *, first_byte: bool) -> "Exchange":
        """Sends ``body`` and gives the exchange once the server has accepted it (status 200).

        ``first_byte`` says whether the deadline for the first byte holds, or only that for the whole.
        """
        end = asyncio.get_running_loop().time() + self._deadlines.total
        wait = min(self._deadlines.first_byte, self._deadlines.total) if first_byte else self._deadlines.total
        try:
            async with asyncio.timeout(wait):
                response = await self._open().post(
                    self._url,
                    data=body if len(body) < _ONE_WRITE_BYTES else io.BytesIO(body),
                    headers=headers,
                    allow_redirects=False,
                    timeout=self._timeout,
                )
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from None
        if response.status != HTTPStatus.OK:
            response.close()
            raise _refused(response.status)
        return Exchange(response, end, self._deadlines.between_chunks)

    async def aclose(self) -> None:
        """Drops every connection; calls made after it fail."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise _unavailable("closed")
        if self._session is None:
            # Made on first use: a session belongs to the loop that runs then.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, ssl=self._tls, keepalive_timeout=_KEEPALIVE_S
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                # No encoding is asked for and none undone, so a small reply cannot unfold to a huge one.
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session


class Exchange:
    """One accepted call, to be read and then finished or closed."""

    def __init__(self, response: aiohttp.ClientResponse, end: float, between_chunks: float) -> None:
        self._response = response
        self._end = end
        self._between_chunks = between_chunks
        self.content_type = response.content_type

    async def read_whole(self, limit: int) -> bytes:
        """The body; raises ``UpstreamFailed`` when it is longer than ``limit`` bytes."""
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout_at(self._end):
                while piece := await self._response.content.readany():
                    size += len(piece)
                    if size > limit:
                        raise failed(f"the reply is longer than {limit} bytes")
                    pieces.append(piece)
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from None
        return b"".join(pieces)

    async def read_piece(self) -> bytes:
        """What has come since the last piece; waits for more, and is empty at the end."""
        soon = asyncio.get_running_loop().time() + self._between_chunks
        try:
            async with asyncio.timeout_at(min(soon, self._end)):
                return await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from None

    async def finish(self) -> None:
        """Keeps the connection for the next call, if the server ends its reply without delay."""
        try:
            async with asyncio.timeout(_LINGER_S):
                if not await self._response.content.readany():
                    self._response.release()
        except (aiohttp.ClientError, OSError):
            self.close()  # the answer was complete; only the connection is lost

    def close(self) -> None:
        """Drops the connection at once unless the reply was read to its end, which cancels the call."""
        self._response.close()


def _refused(status: int) -> CustodyError:
    if status in _MISCONFIGURED:
        return _unavailable(f"status {status}: the server does not take the gateway's credential")
    if status in _NO_ROOM:
        return _unavailable(f"status {status}")
    return failed(f"status {status}")


def _translated(error: Exception) -> CustodyError:
    """Our error for one of the client library's, of which only the type is kept."""
    name = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
        return _unavailable(name)
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(
            "The model server took too long; try again, or ask for fewer tokens.", reason_admin=name
        )
    return failed(name)


def _unavailable(reason_admin: str) -> BackendUnavailable:
    return BackendUnavailable(
        "The model server cannot be reached or has no room; try again shortly.", reason_admin=reason_admin
    )

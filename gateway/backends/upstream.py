"""HTTP to one model server: what is sent, how long each part may take, and what each failure is called."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from gateway.backends.connection import BrokenHttp, Connection
from gateway.backends.pool import Address, Pool
from gateway.backends.replies import failed
from gateway.errors import BackendUnavailable, CustodyError, UpstreamTimeout

# How long a connection may take to end a reply that is complete, before it is dropped and not kept.
_LINGER_S = 0.25
_MISCONFIGURED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NO_ROOM = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each part of an exchange may take, in seconds."""

    connect: float
    first_byte: float
    between_chunks: float
    total: float


class Upstream:
    """Posts bodies to one URL. Follows no redirect, keeps no cookie, reads no proxy variable.

    It asks for no encoding and undoes none, so a small reply cannot unfold to a huge one. Each failure is one
    of ours: ``BackendUnavailable``, ``UpstreamFailed``, ``UpstreamTimeout``. None of them, nor what they are
    chained to, carries text of the server: it may repeat the prompt.
    """

    def __init__(self, url: str, deadlines: Deadlines, connections: int, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        self._pool = Pool(Address(parts.hostname or "", port, tls), connections, deadlines.connect)
        self._head = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
        self._deadlines = deadlines

    async def post(self, body: bytes, headers: Mapping[str, str], *, first_byte: bool) -> "Exchange":
        """Sends ``body`` and gives the exchange once the server has accepted it (status 200).

        ``first_byte`` says whether the deadline for the first byte holds, or only that for the whole.
        """
        start = asyncio.get_running_loop().time()
        end = start + self._deadlines.total
        fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"{self._head}{fields}content-length: {len(body)}\r\n\r\n".encode("latin-1")
        try:
            connection = await self._pool.take()
        except OSError as error:  # a time-out is one as well
            raise _unavailable(type(error).__name__) from None
        exchange = Exchange(connection, self._pool, end, self._deadlines.between_chunks)
        try:
            connection.send(head, body)
            await connection.read_head(min(start + self._deadlines.first_byte, end) if first_byte else end)
        except (BrokenHttp, TimeoutError) as error:
            exchange.close()
            raise _translated(error) from None
        except BaseException:
            exchange.close()
            raise
        if connection.status != HTTPStatus.OK:
            connection.drop()  # the rest of a refusal is of no use
            exchange.close()
            raise _refused(connection.status)
        return exchange

    async def aclose(self) -> None:
        """Drops every connection; calls made after it fail."""
        self._pool.close()


class Exchange:
    """One accepted call, to be read and then finished or closed."""

    def __init__(self, connection: Connection, pool: Pool, end: float, between_chunks: float) -> None:
        self._connection = connection
        self._pool = pool
        self._end = end
        self._between_chunks = between_chunks

    @property
    def content_type(self) -> str:
        """The type that the server states, in lower case and without parameters."""
        return self._connection.content_type

    async def read_whole(self, limit: int) -> bytes:
        """The body; raises ``UpstreamFailed`` when it is longer than ``limit`` bytes."""
        pieces: list[bytes] = []
        size = 0
        while piece := await self._read(self._end):
            size += len(piece)
            if size > limit:
                raise failed(f"the reply is longer than {limit} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    async def read_piece(self) -> bytes:
        """What has come since the last piece; waits for more, and is empty at the end."""
        soon = asyncio.get_running_loop().time() + self._between_chunks
        return await self._read(min(soon, self._end))

    async def finish(self) -> None:
        """Keeps the connection for the next call, if the server ends its reply without delay."""
        soon = asyncio.get_running_loop().time() + _LINGER_S
        try:
            await self._connection.read_piece(soon)
        except (BrokenHttp, TimeoutError):
            self.close()  # the answer was complete; only the connection is lost

    def close(self) -> None:
        """Drops the connection at once unless the reply was read to its end, which cancels the call."""
        self._pool.give_back(self._connection)

    async def _read(self, until: float) -> bytes:
        try:
            return await self._connection.read_piece(until)
        except (BrokenHttp, TimeoutError) as error:
            raise _translated(error) from None


def _refused(status: int) -> CustodyError:
    if status in _MISCONFIGURED:
        return _unavailable(f"status {status}: the server does not take the gateway's credential")
    if status in _NO_ROOM:
        return _unavailable(f"status {status}")
    return failed(f"status {status}")


def _translated(error: BrokenHttp | TimeoutError) -> CustodyError:
    """Our error for one of the connection's."""
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(
            "The model server took too long; try again, or ask for fewer tokens.", reason_admin="timeout"
        )
    return failed(str(error))


def _unavailable(reason_admin: str) -> BackendUnavailable:
    return BackendUnavailable(
        "The model server cannot be reached or has no room; try again shortly.", reason_admin=reason_admin
    )

"""Connections to one model server, kept for the next call."""

import asyncio
import ssl
from dataclasses import dataclass

from gateway.backends.connection import Connection

# Under the 5 s after which uvicorn, which vLLM runs on, drops an idle connection: ours must go first.
_KEEPALIVE_S = 4


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens; ``tls`` is None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None


class PoolClosed(OSError):
    """The pool gives no more connections."""


class Pool:
    """At most ``limit`` connections, of which an idle one is kept for ``keepalive_s``.

    ``take`` raises ``OSError``, or ``TimeoutError`` after ``connect_s`` without a free or new connection.
    """

    def __init__(
        self, address: Address, limit: int, connect_s: float, keepalive_s: float = _KEEPALIVE_S
    ) -> None:
        self._address = address
        self._slots = asyncio.Semaphore(limit)
        self._connect_s = connect_s
        self._keepalive_s = keepalive_s
        self._idle: list[tuple[Connection, float]] = []
        self._lent: set[Connection] = set()
        self._closed = False

    async def take(self) -> Connection:
        """A connection for one exchange; whoever takes it must give it back."""
        if self._closed:
            raise PoolClosed
        connection = None if self._slots.locked() else self._kept()
        if connection is not None:
            await self._slots.acquire()  # at once, for none is missing
        else:
            async with asyncio.timeout(self._connect_s):
                await self._slots.acquire()
                connection = self._kept() or await self._opened()
        self._lent.add(connection)
        return connection

    def give_back(self, connection: Connection) -> None:
        """Keeps the connection if its exchange is over, and drops it otherwise; again is nothing."""
        if connection not in self._lent:
            return
        self._lent.discard(connection)
        if connection.reusable and not self._closed:
            self._idle.append((connection, asyncio.get_running_loop().time()))
        else:
            connection.drop()
        self._slots.release()

    def close(self) -> None:
        """Drops every connection; those who still read from one are told."""
        self._closed = True
        for connection in (*(kept for kept, _ in self._idle), *self._lent):
            connection.drop()
        self._idle.clear()

    def _kept(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - self._keepalive_s
        while self._idle:
            connection, since = self._idle.pop()
            if connection.reusable and since > oldest:
                return connection
            connection.drop()
        return None

    async def _opened(self) -> Connection:
        where, loop = self._address, asyncio.get_running_loop()
        name = where.host if where.tls else None
        try:
            _, connection = await loop.create_connection(
                Connection, where.host, where.port, ssl=where.tls, server_hostname=name
            )
        except BaseException:
            self._slots.release()
            raise
        return connection

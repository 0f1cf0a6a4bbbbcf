"""Another gateway's bundle service as a feed, with the last good bundle kept on disk."""

import asyncio
import logging
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from audit.entry import Facts
from gateway.domain import JsonObject
from gateway.errors import GovernanceUnavailable
from gateway.pdp.lifecycle.archive import MAX_ARCHIVE_BYTES, BundleRefused
from gateway.pdp.lifecycle.bundle import Trust, read_bundle
from gateway.pdp.lifecycle.canary import Counts
from gateway.pdp.lifecycle.store import Activation, Canary, PolicyState

_log = logging.getLogger("custody.gateway")

_WAIT_S = 20
_PATIENCE_S = 10
_RETRY_S = 1.0
_SAYING_S = 2.0
_TOLD = ("host", "pid", "revision", "form", "stale_ms")
_LONGEST_ERROR = 500
_OK, _UNCHANGED = 200, 304


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bundle is served, and how to ask there."""

    url: str
    token: str
    ca_file: Path | None = None


class RemoteFeed:
    """Follows the bundle that is in force elsewhere; it has no canary and no shadow of its own.

    ``cache`` keeps the last bundle that was verified, and its time of change when it was last known to be in
    force: what a start goes on when the service cannot be reached.
    """

    def __init__(self, source: Source, trust: Trust, cache: Path, wall_s: Callable[[], float]) -> None:
        self.trust = trust
        self.behind_s = 0.0
        self._source = source
        self._cache = cache
        self._wall_s = wall_s
        self._session: aiohttp.ClientSession | None = None
        self._tag = ""
        self._content = b""
        self._number = 0
        self._unheard = False

    async def state(self, known: PolicyState | None) -> PolicyState:
        """Waits for news as long as the service lets us; raises ``GovernanceUnavailable``."""
        try:
            return await self._asked(known)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            if known is None:
                return self._kept(error)
            await asyncio.sleep(_RETRY_S)
            raise _unreachable(error) from error
        except BundleRefused:
            await asyncio.sleep(_RETRY_S)
            raise

    async def bundle(self, revision: str) -> bytes:
        """The bundle that the latest state names."""
        del revision  # there is only one, and whoever asks compares
        return self._content

    async def end_canary(self, canary: Canary, facts: dict[str, Facts]) -> None:
        """There is none."""

    async def canary_elsewhere(self, replica: str, canary: Canary) -> Counts:
        """None, for there is no canary."""
        del replica, canary
        return Counts()

    async def report(self, detail: dict[str, Facts]) -> None:
        """There is no shadow to report of."""

    async def beat(self, replica: str, state: JsonObject | None) -> None:
        """Tells the service, for its ``status``; a stop closes the connection.

        A service that cannot be told, or does not listen, is no reason not to follow it: that is logged once.
        """
        said = None if state is None else _brief(state)
        try:
            await self._say({"replica": replica, "state": said})
            self._unheard = False
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            if not self._unheard:
                _log.warning("the bundle service does not hear of this gateway: %s", type(error).__name__)
            self._unheard = True
        if state is None:
            await self.aclose()

    async def _say(self, told: JsonObject) -> None:
        headers = {"authorization": f"Bearer {self._source.token}"}
        patience = aiohttp.ClientTimeout(total=_SAYING_S)
        url = f"{self._source.url.rstrip('/')}/status"
        async with self._opened().post(url, json=told, headers=headers, timeout=patience) as answer:
            answer.raise_for_status()

    async def aclose(self) -> None:
        """Closes the connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _asked(self, known: PolicyState | None) -> PolicyState:
        headers: dict[str, str] = {"authorization": f"Bearer {self._source.token}"}
        if known is not None and self._tag:
            headers |= {"if-none-match": self._tag, "prefer": f"wait={_WAIT_S}"}
        async with self._opened().get(self._source.url, headers=headers) as answer:
            if answer.status == _UNCHANGED and known is not None:
                self._confirm()
                return known
            if answer.status != _OK:
                raise aiohttp.ClientError(f"the bundle service answered {answer.status}")
            content = await _bounded(answer.content)
            return await asyncio.to_thread(self._taken, content, answer.headers)

    def _taken(self, content: bytes, headers: Mapping[str, str]) -> PolicyState:
        state = self._verified(content)
        self._tag = headers.get("etag", "")
        draft = self._cache.with_name(f".{self._cache.name}.{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(self._cache)
        self._confirm()
        return state

    def _verified(self, content: bytes) -> PolicyState:
        bundle = read_bundle(content, self.trust)
        self._content = content
        self._number += 1
        active = Activation(self._number, bundle.revision, "activate", None, "", "", 0)
        return PolicyState(self._number, active, None, None)

    def _confirm(self) -> None:
        self.behind_s = 0.0
        now = self._wall_s()
        os.utime(self._cache, (now, now))

    def _kept(self, error: BaseException) -> PolicyState:
        """The last good bundle; it is as stale as its last confirmation is long ago."""
        try:
            content, confirmed = self._cache.read_bytes(), self._cache.stat().st_mtime
        except OSError:
            raise _unreachable(error) from error
        state = self._verified(content)
        self.behind_s = max(0.0, self._wall_s() - confirmed)
        return state

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trusted = ssl.create_default_context(cafile=self._source.ca_file)
            self._session = aiohttp.ClientSession(
                # One waits for news, the other tells what decides here.
                connector=aiohttp.TCPConnector(ssl=trusted, limit=2),
                timeout=aiohttp.ClientTimeout(total=_WAIT_S + _PATIENCE_S, sock_connect=_PATIENCE_S),
            )
        return self._session


def _brief(state: JsonObject) -> JsonObject:
    """What the service takes of a replica's word."""
    told = {name: state[name] for name in _TOLD if name in state}
    return {**told, "error": str(state.get("error", ""))[:_LONGEST_ERROR]}


async def _bounded(stream: aiohttp.StreamReader) -> bytes:
    content = bytearray()
    async for piece in stream.iter_chunked(65_536):
        content += piece
        if len(content) > MAX_ARCHIVE_BYTES:
            raise BundleRefused(f"the bundle is larger than {MAX_ARCHIVE_BYTES} bytes")
    return bytes(content)


def _unreachable(error: BaseException) -> GovernanceUnavailable:
    return GovernanceUnavailable(
        "The policy in force cannot be asked for.", reason_admin=f"{type(error).__name__}: {error}"
    )

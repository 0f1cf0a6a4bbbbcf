"""OPA's bundle service: ``GET /bundles/NAME``, with entity tags and long polling; and who follows it."""

import asyncio
import re
import time
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errors import NotFound, NotPermitted, UnknownPath
from gateway.pdp.lifecycle.bundle import Trust
from gateway.pdp.lifecycle.feed import ServedBundle
from gateway.pdp.lifecycle.following import POLL_S
from gateway.pdp.lifecycle.operations import APPROVER, AUTHOR
from gateway.pdp.lifecycle.store import PolicyState
from gateway.policy_desk import PolicyDesk
from gateway.routes.api.bodies import validated
from gateway.routes.api.door import body_of, caller_of
from gateway.routes.followers import FollowerTold

PREFIX = "/bundles"

READER = "policy-reader"
_READERS = frozenset({READER, AUTHOR, APPROVER, "auditor"})
# By this type a server says that it keeps an answer back until there is something new.
_MEDIA_TYPE = "application/vnd.openpolicyagent.bundles"
_WAIT = re.compile(r"(?:^|[;,\s])wait=(\d{1,6})(?:$|[;,\s])")
_LONGEST_WAIT_S = 60


class BundleService:
    """Gives the bundle in force to whoever has the role, in full or as news."""

    def __init__(self, desk: PolicyDesk) -> None:
        self._desk = desk
        self._trust: Trust = desk.feed.trust
        self._latest = _Latest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, of a caller that the door has let in."""
        request = Request(scope)
        if not _READERS & set(caller_of(request).acting.subject.roles):
            raise NotPermitted(f"Bundles are for the role {READER}; ask the operator for it.")
        asked = request.method, request.url.path.removeprefix(PREFIX).strip("/")
        if asked == ("POST", f"{self._trust.name}/status"):
            answer = await self._heard(request)
        elif request.method != "GET":
            raise UnknownPath("Bundles can be read only.")
        elif asked[1] != self._trust.name:
            raise NotFound("There is no such bundle.")
        else:
            answer = await self._answer(request.headers.get("if-none-match", ""), _wait_s(request))
        await answer(scope, receive, send)

    async def _heard(self, request: Request) -> Response:
        """Keeps what a follower says of itself, beside what our own replicas say."""
        told, teller = validated(FollowerTold, body_of(request)), caller_of(request).acting.subject
        await self._desk.feed.hear(teller.id, told.name_of(teller), told.said(teller))
        return Response(status_code=204)

    async def _answer(self, known: str, wait_s: float) -> Response:
        until = time.monotonic() + wait_s
        while True:
            bundle = await self._bundle()
            tag = f'"{bundle.digest}"'
            if known != tag:
                return Response(bundle.content, headers={"etag": tag}, media_type=_MEDIA_TYPE)
            if time.monotonic() >= until:
                return Response(status_code=304, headers={"etag": tag, "content-type": _MEDIA_TYPE})
            await asyncio.sleep(POLL_S)

    async def _bundle(self) -> ServedBundle:
        """The bundle in force; however many wait, the database is asked four times a second."""
        latest = self._latest
        async with latest.lock:
            if latest.bundle is None or time.monotonic() - latest.looked_at >= POLL_S:
                state = await self._desk.feed.state(latest.state)
                if latest.bundle is None or state is not latest.state:
                    latest.bundle = await self._desk.feed.served(state)
                latest.state, latest.looked_at = state, time.monotonic()
            return latest.bundle


@dataclass(slots=True)
class _Latest:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    looked_at: float = 0.0
    state: PolicyState | None = None
    bundle: ServedBundle | None = None


def _wait_s(request: Request) -> float:
    """How long the caller would wait for news (RFC 7240), as OPA asks: ``modes=snapshot;wait=30``."""
    asked = _WAIT.search(request.headers.get("prefer", ""))
    return min(int(asked[1]), _LONGEST_WAIT_S) if asked else 0

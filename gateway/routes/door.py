import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from traceback import extract_tb
from typing import Protocol

from starlette.types import Receive, Scope, Send

from gateway.errors import ClientGone, CustodyError, InternalError
from gateway.pipeline import Call
from gateway.routes.wire import Connection, Replies, read_headers
from gateway.settings import ServerSettings

_log = logging.getLogger("custody.gateway")


class Recording(Protocol):
    """What stands behind a door and puts on record what does not get past it."""

    async def refused_at_door(self, request_id: str, refusal: CustodyError, peer: str) -> None:
        """Records a request whose headers alone could not be accepted."""


Answering = Callable[[Call, Replies], Awaitable[None]]


class Border(ABC):
    """An ASGI endpoint that turns every failure into a typed answer, with a request id."""

    def __init__(self, limits: ServerSettings, new_id: Callable[[], str]) -> None:
        self._limits = limits
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        replies = self._replies(scope, send)
        try:
            await self._answer(scope, receive, replies)
        except ClientGone:
            return
        except asyncio.CancelledError:
            # The server stops and waits no longer; the record is made, and nobody awaits this task's end.
            return
        except CustodyError as error:
            await replies.error(error)
        except Exception as error:  # noqa: BLE001  the border: what nobody foresaw is a typed 500 as well
            # The type and the place, never the message or the traceback: they can hold what the caller sent.
            place = extract_tb(error.__traceback__)[-1]
            _log.error("%s: %s at %s:%s", replies.request_id, type(error).__name__, place.name, place.lineno)
            await replies.error(
                InternalError("Something failed inside the gateway; its operator can look the id up.")
            )

    def _replies(self, scope: Scope, send: Send) -> Replies:
        return Replies(send, self._new_id(), websocket=scope["type"] == "websocket")

    @abstractmethod
    async def _answer(self, scope: Scope, receive: Receive, replies: Replies) -> None:
        """Answers one request, or raises; a refusal is on record by then."""


class Door(Border):
    """Takes a request apart and lets ``answering`` answer it.

    Every door of the data plane is one of these, so none can forget the limits, the request id, the record of
    a refusal or the shape of an error.
    """

    def __init__(
        self, inside: Recording, limits: ServerSettings, new_id: Callable[[], str], answering: Answering
    ) -> None:
        super().__init__(limits, new_id)
        self._inside = inside
        self._answering = answering

    async def _answer(self, scope: Scope, receive: Receive, replies: Replies) -> None:
        try:
            headers = read_headers(scope, self._limits)
        except CustodyError as refusal:
            await self._inside.refused_at_door(replies.request_id, refusal, peer_of(scope))
            raise
        with Connection(receive, headers, self._limits) as connection:
            await self._answering(
                Call(replies.request_id, headers, connection.read_body, peer_of(scope)), replies
            )


def peer_of(scope: Scope) -> str:
    """The address of the other end."""
    client = scope.get("client")
    return str(client[0]) if client else ""

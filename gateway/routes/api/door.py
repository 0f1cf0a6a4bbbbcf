"""The door of the control API: everything below it is authenticated, bounded, and on record if refused."""

from collections.abc import Callable, Mapping

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope

from gateway.domain import JsonObject
from gateway.errors import BadRequest, ClientGone, CustodyError, UnknownPath
from gateway.front_office import Caller, FrontOffice
from gateway.pipeline import Call
from gateway.records import Trail
from gateway.routes.api.bodies import read_object
from gateway.routes.door import Border, peer_of
from gateway.routes.wire import Connection, Replies, read_headers
from gateway.settings import ServerSettings
from gateway.streaming import ending

_CALLER, _BODY = "caller", "body"


class ApiDoor(Border):
    """Lets a call in, and hands it to ``api`` with its caller and its body."""

    def __init__(
        self, office: FrontOffice, limits: ServerSettings, new_id: Callable[[], str], api: ASGIApp
    ) -> None:
        super().__init__(limits, new_id)
        self._office = office
        self._api = api

    async def _answer(self, scope: Scope, receive: Receive, replies: Replies) -> None:
        trail = self._office.trail(replies.request_id, peer_of(scope))
        try:
            headers = read_headers(scope, self._limits)
            with Connection(receive, headers, self._limits) as connection:
                await self._let_in(scope, replies, trail, headers, connection)
        except (CustodyError, RequestValidationError, HTTPException) as error:
            refusal = _refusal(error)
            await self._office.refuse(trail, refusal)
            raise refusal from None
        except BaseException as error:
            await self._office.refuse(trail, ending(error))
            raise

    async def _let_in(
        self,
        scope: Scope,
        replies: Replies,
        trail: Trail,
        headers: Mapping[str, str],
        connection: Connection,
    ) -> None:
        call = Call(replies.request_id, headers, connection.read_body, trail.peer)
        caller = await self._office.admit(call, trail)
        body = read_object(await connection.read_body(), headers)
        state = {_CALLER: caller, _BODY: body}
        await self._api({**scope, "state": state}, _nothing_more, replies.pass_on)


def caller_of(request: Request) -> Caller:
    """Who was let in with this request."""
    caller: Caller = request.scope["state"][_CALLER]
    return caller


def body_of(request: Request) -> JsonObject:
    """The body that came with it."""
    body: JsonObject = request.scope["state"][_BODY]
    return body


async def _nothing_more() -> Message:
    raise ClientGone("The body was read at the door.")


def _refusal(error: CustodyError | RequestValidationError | HTTPException) -> CustodyError:
    if isinstance(error, CustodyError):
        return error
    if isinstance(error, HTTPException):  # a path that is none, or a method that it does not take
        return UnknownPath("There is nothing at this path. See /api/v1/openapi.json.")
    faults = error.errors()
    names = [".".join(str(step) for step in fault["loc"][1:]) for fault in faults]
    told = "; ".join(f"{name}: {fault['msg']}" for name, fault in zip(names, faults, strict=True))
    return BadRequest(f"This does not fit: {told}.", param=names[0] or None)

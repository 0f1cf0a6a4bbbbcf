"""AuthZEN 1.0's doors (OpenID Authorization API 1.0): plain ASGI endpoints in front of the decision point."""

import re
from collections.abc import Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope, Send

from gateway.authzen.decisions import DecisionPoint
from gateway.errors import CustodyError
from gateway.pipeline import Call
from gateway.routes.door import Door
from gateway.routes.wire import Replies, error_headers
from gateway.settings import ServerSettings

EVALUATION, EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"
METADATA = "/.well-known/authzen-configuration"

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?", re.ASCII)


class AuthzenReplies(Replies):
    """Answers in AuthZEN's shapes: an error is a text, and the client's own request id comes back.

    ``request-id`` is ours, by which the log knows the call.
    """

    def __init__(self, send: Send, request_id: str, client_id: bytes) -> None:
        super().__init__(send, request_id)
        self._client_id = client_id

    async def error(self, error: CustodyError) -> None:
        """Section 10.1.5: an error message string, with the status that tells what kind it is."""
        await self.json(error.status, error.reason_user, error_headers(error))

    def _ids(self) -> list[tuple[bytes, bytes]]:
        own = self.request_id.encode()
        return [(b"x-request-id", self._client_id or own), (b"request-id", own)]


class AuthzenDoor(Door):
    """A door whose answers are AuthZEN's."""

    def _replies(self, scope: Scope, send: Send) -> Replies:
        sent = next((value for name, value in scope["headers"] if name.lower() == b"x-request-id"), b"")
        return AuthzenReplies(send, self._new_id(), sent if _REQUEST_ID.fullmatch(sent) else b"")


def routes(point: DecisionPoint, limits: ServerSettings, new_id: Callable[[], str]) -> list[BaseRoute]:
    """Evaluation, evaluations, and the document that tells where they are."""

    async def evaluation(call: Call, replies: Replies) -> None:
        await replies.json(200, await point.evaluation(call), {})

    async def evaluations(call: Call, replies: Replies) -> None:
        await replies.json(200, await point.evaluations(call), {})

    return [
        Route(EVALUATION, AuthzenDoor(point, limits, new_id, evaluation), methods=["POST"]),
        Route(EVALUATIONS, AuthzenDoor(point, limits, new_id, evaluations), methods=["POST"]),
        Route(METADATA, _metadata(limits.public_url), methods=["GET"]),
    ]


def _metadata(public_url: str) -> Callable[[Request], Response]:
    def metadata(request: Request) -> Response:
        """Section 9: no key and no record, for it says nothing but where the doors are."""
        base = public_url or _asked(request)
        if not base:
            return Response(orjson.dumps("The host cannot be read."), 400, media_type="application/json")
        document = {
            "policy_decision_point": base,
            "access_evaluation_endpoint": base + EVALUATION,
            "access_evaluations_endpoint": base + EVALUATIONS,
        }
        return Response(orjson.dumps(document), media_type="application/json")

    return metadata


def _asked(request: Request) -> str:
    """The address that the client itself used; empty for one that is none."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else ""

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
        Route(METADATA, _metadata(limits), methods=["GET"]),
    ]


def _metadata(limits: ServerSettings) -> Callable[[Request], Response]:
    # Never the host that a client asks for: the document says where answers may be believed.
    base = limits.public_url or f"http://{_bracketed(limits.host)}:{limits.port}"
    document = orjson.dumps(
        {
            "policy_decision_point": base,
            "access_evaluation_endpoint": base + EVALUATION,
            "access_evaluations_endpoint": base + EVALUATIONS,
        }
    )

    def metadata(request: Request) -> Response:
        """Section 9: no key and no record, for it says nothing but where the doors are."""
        del request
        return Response(document, media_type="application/json")

    return metadata


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host

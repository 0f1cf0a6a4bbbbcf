"""OpenAI's doors of the data plane: plain ASGI endpoints, for their cost."""

from collections.abc import Callable
from contextlib import aclosing

from starlette.routing import BaseRoute, Mount, Route

from gateway.pipeline import Call, Pipeline
from gateway.routes.door import Answering, Door
from gateway.routes.wire import Replies
from gateway.settings import ServerSettings
from gateway.streaming import AuditedStream


class OpenAIDoors:
    """What stands behind each path."""

    def __init__(self, pipeline: Pipeline, send_timeout_s: float) -> None:
        self._pipeline = pipeline
        self._send_timeout_s = send_timeout_s

    async def chat(self, call: Call, replies: Replies) -> None:
        """``POST /v1/chat/completions``, plain and streamed."""
        answer = await self._pipeline.chat(call)
        if not isinstance(answer, AuditedStream):
            await replies.json(200, answer.body, answer.headers)
            return
        # Closed in this very call: a client that leaves must not leave the outcome unrecorded.
        async with answer, aclosing(answer.events()) as events:
            await replies.stream(events, answer.headers, self._send_timeout_s)

    async def models(self, call: Call, replies: Replies) -> None:
        """``GET /v1/models``: what the caller may discover."""
        await replies.json(200, await self._pipeline.models(call), {})

    async def unknown(self, call: Call, replies: Replies) -> None:
        """Every other path and method: refused, and on record."""
        del replies
        raise await self._pipeline.unknown(call)


def routes(pipeline: Pipeline, limits: ServerSettings, new_id: Callable[[], str]) -> list[BaseRoute]:
    """The data plane; the last route takes whatever no other takes, so it must stay last in the app."""
    doors = OpenAIDoors(pipeline, limits.send_timeout_s)

    def door(answering: Answering) -> Door:
        return Door(pipeline, limits, new_id, answering)

    return [
        Route("/v1/chat/completions", door(doors.chat), methods=["POST"]),
        Route("/v1/models", door(doors.models), methods=["GET"]),
        Mount("/", door(doors.unknown)),
    ]

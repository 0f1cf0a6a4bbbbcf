"""A witness as an ASGI application."""

from collections.abc import AsyncIterator

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from audit.witness.judge import WitnessJudge
from audit.witness.wire import MAX_BODY, PATH


class _TooLarge(Exception):
    """A body longer than any request can be."""


def witness_app(judge: WitnessJudge) -> Starlette:
    """Answers add-checkpoint, and says that it is alive at ``/healthz``."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _bounded(request.stream())
        except _TooLarge:
            return PlainTextResponse("request body too large\n", 413)
        except ClientDisconnect:
            return Response(status_code=400)
        # The ledger waits for the disk.
        answer = await anyio.to_thread.run_sync(judge.answer, body)
        return Response(answer.body, answer.status, {"Content-Type": answer.content_type})

    async def healthz(request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")

    return Starlette(
        routes=[
            Route(PATH, add_checkpoint, methods=["POST"]),
            Route("/healthz", healthz, methods=["GET"]),
        ]
    )


async def _bounded(chunks: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_BODY:
            raise _TooLarge
    return bytes(body)

"""The bare pass-through: ``python -m tests.benchmarks.bare PORT UPSTREAM_PORT``.

What a competent engineer would write in an hour with FastAPI and aiohttp. It checks, records and redacts
nothing; the gateway is held against it.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

_JSON = {"content-type": "application/json"}


def create_bare(upstream: str) -> FastAPI:
    """The pass-through to the model server at ``upstream``."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            app.state.session = session
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = orjson.loads(await request.body())
        session: aiohttp.ClientSession = request.app.state.session
        answer = await session.post(f"{upstream}/v1/chat/completions", data=orjson.dumps(body), headers=_JSON)
        if body.get("stream"):
            return StreamingResponse(
                _relay(answer), status_code=answer.status, media_type="text/event-stream"
            )
        async with answer:
            return Response(await answer.read(), status_code=answer.status, media_type="application/json")

    return app


async def _relay(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with answer:
        async for piece in answer.content.iter_any():
            yield piece


if __name__ == "__main__":
    uvicorn.run(
        create_bare(f"http://127.0.0.1:{sys.argv[2]}"),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )

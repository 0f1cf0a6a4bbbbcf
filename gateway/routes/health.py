from collections.abc import Callable

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def route(is_ready: Callable[[], bool]) -> Route:
    """``GET /healthz``: 200 once the gateway can serve, 503 before and while it stops; no key, no record."""

    async def healthz(request: Request) -> Response:
        del request
        ready = is_ready()
        body = orjson.dumps({"status": "ok" if ready else "starting"})
        return Response(body, 200 if ready else 503, media_type="application/json")

    return Route("/healthz", healthz, methods=["GET"])

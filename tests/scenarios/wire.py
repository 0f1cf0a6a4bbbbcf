"""HTTP by hand, for requests that no well-behaved client would send."""

import http.client
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import orjson

from tests.scenarios.configuration import MODEL
from tests.scenarios.running import RunningGateway

PATIENCE_S = 15


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The error object of OpenAI's shape."""
        return cast("dict[str, Any]", orjson.loads(self.content)["error"])

    @property
    def request_id(self) -> str:
        """The id that leads to the record."""
        return self.headers["x-request-id"]


def body(text: str = "hello", **fields: object) -> bytes:
    """A chat completion's body."""
    return orjson.dumps({"model": MODEL, "messages": [{"role": "user", "content": text}], **fields})


def head(  # noqa: PLR0913  the parts of a request's head
    gateway: RunningGateway,
    *,
    target: str = "/v1/chat/completions",
    method: str = "POST",
    length: int | None = None,
    headers: Iterable[str] = (),
    key: str = "",
) -> bytes:
    """Request line and headers; ``length`` None leaves the body's length out."""
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: 127.0.0.1:{gateway.port}",
        f"Authorization: Bearer {key or gateway.key('retail')}",
        "Content-Type: application/json",
        *([] if length is None else [f"Content-Length: {length}"]),
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def post(gateway: RunningGateway, content: bytes, **how: Any) -> Answer:
    """Posts these bytes as a body."""
    return exchange(gateway, head(gateway, length=len(content), **how) + content)


def exchange(gateway: RunningGateway, request: bytes) -> Answer:
    """Sends raw bytes and reads one answer."""
    with connected(gateway) as connection:
        # A gateway may refuse before all was sent; its answer is still there to read.
        with suppress(ConnectionError):
            connection.sendall(request)
        return read_answer(connection)


def connected(gateway: RunningGateway) -> socket.socket:
    """A connection to the gateway."""
    return socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE_S)


def read_answer(connection: socket.socket) -> Answer:
    """One whole answer."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
    finally:
        response.close()

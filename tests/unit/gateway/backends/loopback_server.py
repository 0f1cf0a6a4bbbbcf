import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson

from gateway.backends.base import ModelCall
from gateway.domain import JsonObject, RedactedPrompt

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Loopback:
    """A server of a test's own on the loopback interface: it reads a request, then plays raw bytes."""

    play: Play | None = None
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    def answer(self, *pieces: bytes) -> None:
        """Sends these pieces, one write each, and closes."""

        async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()

        self.play = play

    def answer_then_wait(self, *pieces: bytes) -> None:
        """Sends these pieces and then nothing, until the client goes away, which sets ``gone``."""

        async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for piece in pieces:
                writer.write(piece)
            await writer.drain()
            await reader.read()
            self.gone.set()

        self.play = play

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes one connection."""
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            self.requests.append((head[0], headers, await self._body(reader, headers)))
            self.seen.set()
            assert self.play is not None
            await self.play(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.gone.set()
        finally:
            writer.close()

    async def _body(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
        return await reader.readexactly(int(headers["content-length"]))


def head(content_type: str = "application/json", status: str = "200 OK", *more: str) -> bytes:
    """The start of a response that ends when the connection does."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", "connection: close", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def whole(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    """A response of known length."""
    return head("application/json", status, f"content-length: {len(body)}", *more) + body


def chunk(text: str | None, finish: str | None = None) -> bytes:
    """One event of a streamed reply."""
    delta: JsonObject = {} if text is None else {"content": text}
    body: JsonObject = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + orjson.dumps(body) + b"\n\n"


REPLY: JsonObject = {
    "id": "x",
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}


def call(text: str = "hello", **more: object) -> ModelCall:
    """A call whose prompt is ``text``; ``more`` joins the body."""
    body = {"messages": [{"role": "user", "content": text}], **more}
    return ModelCall("m", RedactedPrompt(body), "req-1", "salt-of-a-department")  # type: ignore[arg-type]  # JSON

"""Model servers that speak OpenAI's chat completions: vLLM, SGLang, llama.cpp, Ollama."""

import os
import re
import ssl
from collections.abc import AsyncGenerator
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, FilePath, HttpUrl, SecretStr, model_validator

from gateway.backends.base import ModelCall
from gateway.backends.replies import ChunkReader, failed, parse_reply
from gateway.backends.sse import EventParser, EventTooLarge
from gateway.backends.upstream import Deadlines, Exchange, Upstream
from gateway.domain import JsonObject, UnscannedChunks, UnscannedReply

PRODUCTION: Final = True
_DONE = b"[DONE]"
_STREAM_OPTIONS: JsonObject = {"include_usage": True}


class Options(BaseModel):
    """Where the model server is and how much it may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: HttpUrl = Field(
        description="Where its API begins, such as `http://127.0.0.1:8000/v1`; no user or password in it."
    )
    api_key: SecretStr | None = Field(None, description="Key that the gateway shows to the server.")
    api_key_env: str = Field("", description="Variable that holds the key, in place of `api_key`.")
    cache_salt: bool = Field(
        default=False,
        description="Send a salt per department, so that prompt caches are never shared (vLLM knows it).",
    )
    connect_timeout_s: float = Field(5, gt=0, description="Longest wait for a connection, in seconds.")
    first_byte_timeout_s: float = Field(
        120, gt=0, description="Longest wait for a streamed reply to begin, in seconds."
    )
    chunk_timeout_s: float = Field(
        60, gt=0, description="Longest wait between two pieces of a stream, in seconds."
    )
    total_timeout_s: float = Field(600, gt=0, description="Longest time for a whole reply, in seconds.")
    max_connections: int = Field(512, gt=0, description="Open connections to the server.")
    max_reply_bytes: int = Field(
        16_000_000, gt=0, description="Largest reply that is not streamed, in bytes."
    )
    max_event_bytes: int = Field(1_000_000, gt=0, description="Largest piece of a stream, in bytes.")
    verify_tls: bool = Field(default=True, description="Check the server's certificate; leave it on.")
    ca_file: FilePath | None = Field(
        None, description="PEM file of the authorities to trust, in place of the system's."
    )

    @model_validator(mode="after")
    def _one_usable_key(self) -> "Options":
        if self.api_key is not None and self.api_key_env:
            raise ValueError("give api_key or api_key_env, not both")
        if self.api_key_env and self.api_key_env not in os.environ:
            raise ValueError(f"the variable {self.api_key_env} (api_key_env) is not set")
        if not re.fullmatch(r"[\x21-\x7e]*", self.key()):
            raise ValueError("the API key holds a space or a character that no header may hold")
        if self.base_url.username or self.base_url.password or self.base_url.query or self.base_url.fragment:
            raise ValueError("base_url is scheme, host, port and path only; the key belongs in api_key_env")
        return self

    def key(self) -> str:
        """The key in clear; empty when there is none."""
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        return os.environ[self.api_key_env] if self.api_key_env else ""


def build(options: Options) -> "OpenAICompatibleBackend":
    """The server that these options describe; connects on first use."""
    deadlines = Deadlines(
        options.connect_timeout_s,
        options.first_byte_timeout_s,
        options.chunk_timeout_s,
        options.total_timeout_s,
    )
    url = str(options.base_url).rstrip("/") + "/chat/completions"
    tls = _tls(options) if options.base_url.scheme == "https" else None
    return OpenAICompatibleBackend(options, Upstream(url, deadlines, options.max_connections, tls))


class OpenAICompatibleBackend:
    """A model server behind HTTP.

    It is sent the redacted body and four headers of ours; nothing of the caller's headers passes.
    """

    def __init__(self, options: Options, upstream: Upstream) -> None:
        self._upstream = upstream
        self._max_reply_bytes = options.max_reply_bytes
        self._max_event_bytes = options.max_event_bytes
        self._cache_salt = options.cache_salt
        key = options.key()
        credential = {"authorization": f"Bearer {key}"} if key else {}
        self._plain_headers = {**credential, "content-type": "application/json", "accept": "application/json"}
        self._stream_headers = {**self._plain_headers, "accept": "text/event-stream"}

    async def complete(self, call: ModelCall) -> UnscannedReply:
        """The whole answer at once."""
        headers = {**self._plain_headers, "x-request-id": call.request_id}
        exchange = await self._upstream.post(self._body(call, stream=False), headers, first_byte=False)
        try:
            body = await exchange.read_whole(self._max_reply_bytes)
        finally:
            exchange.close()
        return UnscannedReply(parse_reply(body))

    async def stream(self, call: ModelCall) -> AsyncGenerator[UnscannedChunks, None]:
        """The answer piece by piece; closing the generator drops the connection at once."""
        headers = {**self._stream_headers, "x-request-id": call.request_id}
        exchange = await self._upstream.post(self._body(call, stream=True), headers, first_byte=True)
        try:
            if exchange.content_type != "text/event-stream":
                raise failed("the stream is not of type text/event-stream")
            reading = _Reading(exchange, self._max_event_bytes)
            while (chunks := await reading.next()) is not None:
                if chunks:
                    yield UnscannedChunks(tuple(chunks))
        finally:
            exchange.close()

    async def aclose(self) -> None:
        """Drops every connection."""
        await self._upstream.aclose()

    def _body(self, call: ModelCall, *, stream: bool) -> bytes:
        body = {**call.prompt.body, "model": call.model, "stream": stream}
        body.pop("cache_salt", None)
        body.pop("stream_options", None)
        if stream:
            body["stream_options"] = _STREAM_OPTIONS
        if self._cache_salt:
            body["cache_salt"] = call.cache_salt
        return orjson.dumps(body)


class _Reading:
    """The chunks of one exchange, up to ``[DONE]``; what comes after it is not looked at."""

    def __init__(self, exchange: Exchange, max_event_bytes: int) -> None:
        self._exchange = exchange
        self._parser = EventParser(max_event_bytes)
        self._chunks = ChunkReader()
        self._done = False

    async def next(self) -> list[JsonObject] | None:
        """The chunks of the next piece, maybe none; None once the answer is complete.

        Raises ``UpstreamFailed`` when the bytes end before the answer does.
        """
        if self._done:
            return None
        piece = await self._exchange.read_piece()
        if not piece:
            if not self._chunks.complete:
                raise failed("the stream ended before the answer did")
            return None
        try:
            events = self._parser.feed(piece)
        except EventTooLarge:
            raise failed("an event of the stream is too large") from None
        if _DONE in events:
            events = events[: events.index(_DONE)]
            self._done = True
        chunks = [self._chunks.read(event) for event in events]
        if self._done:
            await self._end()
        return chunks

    async def _end(self) -> None:
        if not self._chunks.begun:
            raise failed("the stream ended without an answer")
        await self._exchange.finish()


def _tls(options: Options) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca_file)
    if not options.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

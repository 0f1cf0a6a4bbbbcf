"""A backend that answers from a script, for tests and benchmarks; refused in production."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from gateway.backends.base import ModelCall
from gateway.backends.replies import failed
from gateway.domain import JsonObject, JsonValue, RedactedPrompt, UnscannedChunks, UnscannedReply
from gateway.errors import BackendUnavailable, CustodyError, UpstreamTimeout

PRODUCTION: Final = False
_FOREVER_S = 86_400


class Options(BaseModel):
    """The script."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reply: Literal["echo", "text", "chunks"] = Field(
        "echo", description="`echo` the last message, or answer with `text` or with `chunks`."
    )
    text: str = Field("All is well.", description="The answer of `text`, streamed word by word.")
    chunks: tuple[str, ...] = Field((), description="The answer of `chunks`, one piece of a stream each.")
    chunk_chars: int = Field(0, ge=0, description="Characters of each streamed piece; 0: a word each.")
    delay_s: float = Field(0, ge=0, description="Wait before each piece, in seconds.")
    fault: Literal["none", "unavailable", "status", "timeout", "hang", "garbage", "half"] = Field(
        "none",
        description="What goes wrong: no connection, an error status, a timeout, no end, a body that is no "
        "answer, a stream that ends early.",
    )
    keep_prompts: bool = Field(
        default=False, description="Keep the prompts that were seen, for tests to look at."
    )


def build(options: Options) -> "ScriptedBackend":
    """The backend that plays this script."""
    return ScriptedBackend(options)


class ScriptedBackend:
    """Answers at once and the same way each time.

    ``prompts`` holds what it saw, and only when the script says so; ``cancelled`` counts the streams that
    were closed before their end.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self.prompts: list[RedactedPrompt] = []
        self.cancelled = 0

    async def complete(self, call: ModelCall) -> UnscannedReply:
        """The whole answer at once."""
        self._see(call)
        await self._misbehave(("unavailable", "status", "timeout", "garbage", "half", "hang"))
        pieces = list(self._pieces(call))
        if self._options.delay_s:
            await asyncio.sleep(self._options.delay_s * len(pieces))
        choice: JsonObject = {
            "index": 0,
            "message": {"role": "assistant", "content": "".join(pieces)},
            "finish_reason": "stop",
        }
        return UnscannedReply(
            {**_frame(call, "chat.completion"), "choices": [choice], "usage": _usage(len(pieces))}
        )

    async def stream(self, call: ModelCall) -> AsyncGenerator[UnscannedChunks, None]:
        """The answer piece by piece."""
        self._see(call)
        await self._misbehave(("unavailable", "status", "timeout"))
        frame = _frame(call, "chat.completion.chunk")
        count = 0
        try:
            for piece in self._pieces(call):
                if self._options.delay_s:
                    await asyncio.sleep(self._options.delay_s)
                count += 1
                yield _chunk(frame, {"role": "assistant", "content": piece})
                await self._misbehave(("garbage", "half", "hang"))
            yield _chunk(frame, {}, "stop")
            yield UnscannedChunks(({**frame, "choices": [], "usage": _usage(count)},))
        except GeneratorExit:
            self.cancelled += 1
            raise

    async def aclose(self) -> None:
        """Forgets the prompts."""
        self.prompts.clear()

    def _see(self, call: ModelCall) -> None:
        if self._options.keep_prompts:
            self.prompts.append(call.prompt)

    async def _misbehave(self, faults: tuple[str, ...]) -> None:
        fault = self._options.fault
        if fault not in faults:
            return
        if fault == "hang":
            await asyncio.sleep(_FOREVER_S)
        raise _error(fault)

    def _pieces(self, call: ModelCall) -> Iterator[str]:
        if self._options.reply == "chunks":
            return iter(self._options.chunks)
        text = _last_text(call.prompt.body) if self._options.reply == "echo" else self._options.text
        size = self._options.chunk_chars
        if size:
            return (text[start : start + size] for start in range(0, len(text), size))
        words = text.split(" ")
        return (word if place == 0 else f" {word}" for place, word in enumerate(words))


def _error(fault: str) -> CustodyError:
    if fault == "timeout":
        return UpstreamTimeout("The model server took too long; try again.", reason_admin="scripted")
    if fault == "unavailable":
        return BackendUnavailable("The model server cannot be reached; try again.", reason_admin="scripted")
    return failed(f"scripted: {fault}")


def _last_text(body: JsonObject) -> str:
    """The text of the last message: its content, or that of its text parts."""
    messages = cast("list[dict[str, JsonValue]]", body["messages"])
    content = messages[-1].get("content") if messages else ""
    if isinstance(content, list):
        parts = cast("list[dict[str, JsonValue]]", content)
        return "".join(cast("str", part["text"]) for part in parts if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _frame(call: ModelCall, kind: str) -> JsonObject:
    return {"id": f"chatcmpl-{call.request_id}", "object": kind, "created": 0, "model": call.model}


def _usage(completion: int) -> JsonObject:
    return {"prompt_tokens": 1, "completion_tokens": completion, "total_tokens": completion + 1}


def _chunk(frame: JsonObject, delta: JsonObject, finish: str | None = None) -> UnscannedChunks:
    choice: JsonObject = {"index": 0, "delta": delta, "finish_reason": finish}
    return UnscannedChunks(({**frame, "choices": [choice]},))

"""Answers in OpenAI's shape, whole and streamed, cut in any way."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from tests.scenarios.capture import Received, Reply, Script

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
_ID = "chatcmpl-capture"


def whole(messages: Sequence[dict[str, Any]], *, finish: str = "stop") -> Reply:
    """One JSON answer with a choice for each message."""
    choices = [
        {"index": index, "message": {"role": "assistant", **message}, "finish_reason": finish}
        for index, message in enumerate(messages)
    ]
    body = {
        "id": _ID,
        "object": "chat.completion",
        "created": 1,
        "model": "capture",
        "choices": choices,
        "usage": USAGE,
    }
    return Reply((orjson.dumps(body),))


def events(chunks: Sequence[dict[str, Any]], *, pace_s: float = 0.0, **how: Any) -> Reply:
    """A stream of these chunks and its end mark."""
    lines = [b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks]
    return Reply((*lines, b"data: [DONE]\n\n"), content_type="text/event-stream", pace_s=pace_s, **how)


def deltas(pieces: Sequence[str], *, usage: bool = False, choices: int = 1) -> list[dict[str, Any]]:
    """The chunks of a streamed text, cut into these pieces, the same in each choice."""
    chunks = [
        _chunk(index, {"content": piece} | ({"role": "assistant"} if not at else {}))
        for at, piece in enumerate(pieces)
        for index in range(choices)
    ]
    chunks += [_chunk(index, {}, finish="stop") for index in range(choices)]
    return [*chunks, _chunk(None, {}, usage=USAGE)] if usage else chunks


def tool_deltas(pieces: Sequence[str]) -> list[dict[str, Any]]:
    """The chunks of a streamed call of ``save_contact`` whose arguments are cut into these pieces."""
    opening = {"index": 0, "id": "call_1", "type": "function"}
    first = {"tool_calls": [{**opening, "function": {"name": "save_contact", "arguments": ""}}]}
    rest = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    return [*(_chunk(0, delta) for delta in (first, *rest)), _chunk(0, {}, finish="tool_calls")]


def tool_call(arguments: str) -> dict[str, Any]:
    """A message that calls ``save_contact``."""
    function = {"name": "save_contact", "arguments": arguments}
    return {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


def characters(text: str) -> list[str]:
    """The text one character at a time: the worst cut there is."""
    return list(text)


def in_threes(text: str) -> list[str]:
    """The text in pieces about as long as tokens."""
    return [text[at : at + 3] for at in range(0, len(text), 3)]


def fixed(text: str) -> Script:
    """Answers every prompt with this text, streamed one character at a time where asked."""
    return lambda request: spoken(request, text)


def echo(request: Received) -> Reply:
    """Answers with the last message of the prompt."""
    return spoken(request, f"You wrote: {request.last_text}")


def spoken(request: Received, text: str) -> Reply:
    """This text, in the shape that the request asks for."""
    count = int(request.json.get("n") or 1)
    if not request.streams:
        return whole([{"content": text}] * count)
    wants_usage = bool((request.json.get("stream_options") or {}).get("include_usage"))
    return events(deltas(characters(text), usage=wants_usage, choices=count))


def calling(request: Received) -> Reply:
    """Calls a tool with the last message of the prompt as argument."""
    arguments = orjson.dumps({"letter": request.last_text}).decode()
    if not request.streams:
        return whole([tool_call(arguments)], finish="tool_calls")
    return events(tool_deltas(in_threes(arguments)))


def sequence(*scripts: Script) -> Script:
    """One script for each prompt, in order."""
    left: Iterator[Script] = iter(scripts)

    def script(request: Received) -> Reply:
        return next(left)(request)

    return script


def _chunk(
    index: int | None, delta: dict[str, Any], *, finish: str | None = None, usage: Any = None
) -> dict[str, Any]:
    choices = [] if index is None else [{"index": index, "delta": delta, "finish_reason": finish}]
    chunk = {"id": _ID, "object": "chat.completion.chunk", "created": 1, "model": "capture"}
    return {**chunk, "choices": choices, **({"usage": usage} if usage else {})}

"""What the model of the benchmarks answers, and whether an answer that came back is that."""

import re
from typing import Literal

import orjson

MODEL = "northwind-base"
PACED_MODEL = "northwind-paced"
REPLY = (
    "The letter is about a faulty article and is fairly urgent. A short answer could read: thank you for "
    "your letter, we are sorry for the trouble. We will send a replacement or return the amount within five "
    "working days, whichever you prefer, and there is nothing that you need to send back to us."
)
WORDS = re.findall(r"\S+\s*", REPLY)
# Some of every letter's personal data; a model behind a working gateway never sees it.
MARKER = b"@example.com"

_HEAD = {"id": "chatcmpl-7f1d", "created": 1_760_000_000, "model": "bench", "system_fingerprint": None}
_USAGE = {"prompt_tokens": 180, "completion_tokens": len(WORDS), "total_tokens": 180 + len(WORDS)}
_FIRST_CONTENT = re.compile(rb'"content":\s*"[^"]')


def whole_reply() -> bytes:
    """The body of a plain answer."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": REPLY},
        "logprobs": None,
        "finish_reason": "stop",
    }
    return orjson.dumps({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE})


def streamed_reply() -> list[bytes]:
    """The events of a streamed answer, one word each."""
    deltas: list[tuple[dict[str, str], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": word}, None) for word in WORDS]
    deltas.append(({}, "stop"))
    return [*(_event(delta, finish) for delta, finish in deltas), b"data: [DONE]\n\n"]


def request_body(letter: str, *, stream: bool, model: str = MODEL, history: tuple[str, ...] = ()) -> bytes:
    """A chat completion request; ``history`` holds earlier letters, each answered with the fixed reply."""
    messages = [{"role": "system", "content": "You sort customers' letters for a shop and draft answers."}]
    for earlier in history:
        messages += [{"role": "user", "content": earlier}, {"role": "assistant", "content": REPLY}]
    messages.append({"role": "user", "content": letter})
    return orjson.dumps(
        {"model": model, "messages": messages, "temperature": 0.2, "max_tokens": 200, "stream": stream}
    )


def shows_content(body: bytes) -> bool:
    """Whether this part of a stream holds the first words already."""
    return _FIRST_CONTENT.search(body) is not None


def fault_in(status: int, body: bytes, shape: Literal["plain", "stream"]) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if status != 200:
        return f"status {status}: {body[:300]!r}"
    try:
        text = _streamed_text(body) if shape == "stream" else _plain_text(body)
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError) as error:
        return f"not the answer of a model ({type(error).__name__}): {body[-300:]!r}"
    return "" if text == REPLY else f"another text came back: {text[:300]!r}"


def _plain_text(body: bytes) -> str:
    return str(orjson.loads(body)["choices"][0]["message"]["content"])


def _streamed_text(body: bytes) -> str:
    lines = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    if lines[-1] != b"[DONE]":
        raise KeyError("the stream has no end")
    choices = (choice for line in lines[:-1] for choice in orjson.loads(line)["choices"])
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def _event(delta: dict[str, str], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return (
        b"data: " + orjson.dumps({**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"
    )

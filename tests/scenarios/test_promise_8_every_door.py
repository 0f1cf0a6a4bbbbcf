"""Promise 8: what the pipeline does not cover is refused in OpenAI's shape, recorded, not forwarded."""

import base64
import math
import os
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from audit.entry import EntryType
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import MODEL
from tests.scenarios.conversation import user
from tests.scenarios.people import ANNA, ROBERT, traces
from tests.scenarios.running import RunningGateway, kinds

CHAT = "/v1/chat/completions"


def assert_refused(gateway: RunningGateway, capture: Capture, answer: wire.Answer, *statuses: int) -> None:
    """The refusal's shape, its record, and that the model saw nothing."""
    assert answer.status in statuses, (answer.status, answer.content)
    error = answer.error
    assert {"message", "type", "param", "code", "request_id"} <= error.keys()
    assert error["message"]
    assert error["code"]
    assert answer.request_id == error["request_id"] == answer.headers["request-id"]
    assert answer.headers["x-should-retry"] == "false"
    assert kinds(gateway.entries(answer.request_id)) == [EntryType.DENIED]
    assert capture.seen.wire == b""


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/v1",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/responses",
        "/v1/chat/completions/",
        "/v1/chat/completions/x",
        "/v1/models/northwind-base",
        "/V1/chat/completions",
        "//v1/chat/completions",
        "/v1//chat/completions",
        "/v1/./chat/completions",
        "/v1/x/../chat/completions",
        "/v1/chat/completions;x=1",
        "/v1/chat%252Fcompletions",
        "/v1/chat/completions%00",
        "/docs",
        "/openapi.json",
        "/redoc",
        "/metrics",
        "/admin",
        "/.env",
        "/healthz/",
        "/tokenize",
        "/generate",
    ],
)
def test_unknown_path(gateway: RunningGateway, capture: Capture, method: str, target: str) -> None:
    """A path that is no door is refused for every method, key or no key."""
    content = wire.body()
    request = wire.head(gateway, target=target, method=method, length=len(content)) + content
    assert_refused(gateway, capture, wire.exchange(gateway, request), 404)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        *((method, CHAT) for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")),
        *((method, "/v1/models") for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS")),
        *((method, "/healthz") for method in ("POST", "DELETE")),
    ],
)
def test_wrong_method(gateway: RunningGateway, capture: Capture, method: str, target: str) -> None:
    """A known path with another method is no door."""
    content = wire.body()
    request = wire.head(gateway, target=target, method=method, length=len(content)) + content
    assert_refused(gateway, capture, wire.exchange(gateway, request), 404)


@pytest.mark.parametrize("target", [CHAT, "/v1/models", "/v1/nothing"])
@pytest.mark.parametrize(
    "credential",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer {lower}",
        "Bearer {key},{key}",
    ],
)
def test_no_key_no_door(
    gateway: RunningGateway, capture: Capture, target: str, credential: str | None
) -> None:
    """Without a key that is exactly right every door is shut; the attempt is on record without a subject."""
    key = gateway.key("retail")
    method, content = ("GET", b"") if target == "/v1/models" else ("POST", wire.body(ANNA.letter))
    lines = [f"{method} {target} HTTP/1.1", "Host: gateway", f"Content-Length: {len(content)}"]
    if credential is not None:
        lines.append("Authorization: " + credential.format(key=key, lower=key.lower()))
    request = ("\r\n".join(lines) + "\r\n\r\n").encode() + content
    answer = wire.exchange(gateway, request)
    assert_refused(gateway, capture, answer, 404 if target == "/v1/nothing" else 401)
    assert gateway.entries(answer.request_id)[0].record.actor is None


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1" + CHAT,
        "http://elsewhere.example" + CHAT,
        CHAT + "?api-version=1",
        "/v1/chat%2Fcompletions",
    ],
)
def test_other_spellings_of_the_door(gateway: RunningGateway, capture: Capture, target: str) -> None:
    """A request target in another form is either no door or the same door with the same redaction."""
    capture.script = replies.echo
    answer = wire.post(gateway, wire.body(ANNA.letter), target=target)
    assert answer.status in {200, 404}
    assert len(kinds(gateway.entries(answer.request_id))) == (2 if answer.status == 200 else 1)
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []
    unkeyed = wire.post(gateway, wire.body(ANNA.letter), target=target, key="wrong")
    assert unkeyed.status in {401, 404}


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1:1", "localhost@evil", "", "/v1/models"])
def test_host_header_opens_nothing(gateway: RunningGateway, capture: Capture, host: str) -> None:
    """The Host header has no say in who is let in or which door it is."""
    content = wire.body(ANNA.letter)
    lines = [
        f"POST {CHAT} HTTP/1.1",
        f"Host: {host}",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Host: localhost",
    ]
    request = ("\r\n".join([*lines, f"Content-Length: {len(content)}"]) + "\r\n\r\n").encode() + content
    assert_refused(gateway, capture, wire.exchange(gateway, request), 401)


@pytest.mark.parametrize("target", [CHAT, "/v1/models", "/", "/healthz"])
def test_websocket_is_refused(gateway: RunningGateway, capture: Capture, target: str) -> None:
    """No door upgrades to a WebSocket."""
    handshake = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
    ]
    answer = wire.exchange(
        gateway, wire.head(gateway, target=target, method="GET", headers=handshake, length=0)
    )
    assert answer.status != 101
    assert capture.seen.wire == b""


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer other",
        "Content-Type: text/plain",
        "x-custody-class: public",
        "X-Custody-Use-Case: x",
    ],
)
def test_doubled_header(gateway: RunningGateway, capture: Capture, header: str) -> None:
    """A header that decides something is refused when it stands twice, so no proxy can read another one."""
    also = ["x-custody-class: internal", "x-custody-use-case: complaint-triage"]
    answer = wire.post(gateway, wire.body(), headers=[*also, header])
    assert_refused(gateway, capture, answer, 400)


@pytest.mark.parametrize("count", [1, 400])
def test_huge_headers(gateway: RunningGateway, capture: Capture, count: int) -> None:
    """Headers over the limit are refused, be it one long header or many short ones."""
    headers = [f"x-filler-{number}: {'y' * (20_000 // count)}" for number in range(count)]
    assert_refused(gateway, capture, wire.post(gateway, wire.body(), headers=headers), 431)


@pytest.mark.parametrize(
    "header",
    [
        "x-custody-class: secret",
        "x-custody-use-case: a b",
        "x-custody-purpose: " + "x" * 65,
        "x-custody-class:",
    ],
)
def test_odd_custody_header(gateway: RunningGateway, capture: Capture, header: str) -> None:
    """A header of ours with a value that is none is refused, not passed over."""
    assert_refused(gateway, capture, wire.post(gateway, wire.body(), headers=[header]), 400)


def test_declared_body_over_the_limit(gateway: RunningGateway, capture: Capture) -> None:
    """A body that announces itself as too large is refused before it is sent."""
    answer = wire.exchange(gateway, wire.head(gateway, length=10**9))
    assert_refused(gateway, capture, answer, 413)


def test_chunked_body_over_the_limit(gateway: RunningGateway, capture: Capture) -> None:
    """A body that does not announce its size is refused once it is over the limit."""
    piece = b"%x\r\n%b\r\n" % (50_000, b" " * 50_000)
    head = wire.head(gateway, headers=["Transfer-Encoding: chunked"])
    answer = wire.exchange(gateway, head + piece * 10 + b"0\r\n\r\n")
    assert_refused(gateway, capture, answer, 413)


def test_chunked_body_within_the_limit(gateway: RunningGateway, capture: Capture) -> None:
    """A chunked body is an ordinary one, cut anywhere."""
    capture.script = replies.echo
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in wire.body(ANNA.letter))
    answer = wire.exchange(
        gateway, wire.head(gateway, headers=["Transfer-Encoding: chunked"]) + chunks + b"0\r\n\r\n"
    )
    assert answer.status == 200
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []


def test_two_lengths_are_not_http(gateway: RunningGateway, capture: Capture) -> None:
    """A body with two lengths (request smuggling) never becomes a call."""
    content = wire.body(ANNA.letter)
    for more in (["Transfer-Encoding: chunked"], ["Content-Length: 1"], ["Transfer-Encoding: xchunked"]):
        answer = wire.exchange(gateway, wire.head(gateway, length=len(content), headers=more) + content)
        assert answer.status == 400
        assert traces(ANNA.values, answer.content) == []
    assert capture.seen.wire == b""


def _text(document: str) -> bytes:
    return document.replace("MODEL", MODEL).encode()


def _nested(depth: int) -> bytes:
    return _text('{"model": "MODEL", "messages": ' + "[" * depth + "]" * depth + "}")


NOT_A_BODY: dict[str, bytes] = {
    "nothing": b"",
    "space": b"  ",
    "not JSON": b"hello",
    "half": wire.body()[:-2],
    "two documents": wire.body() * 2,
    "not UTF-8": b'{"model": "\xff\xfe"}',
    "UTF-16": wire.body().decode().encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + wire.body(),
    "a list": b"[]",
    "a text": b'"hello"',
    "null": b"null",
    "lone surrogate": _text('{"model": "MODEL", "messages": [{"role": "user", "content": "\\ud800"}]}'),
    "lone surrogate as key": _text('{"model": "MODEL", "\\udfff": 1, "messages": []}'),
    "NaN": _text('{"model": "MODEL", "messages": [{"role": "user", "content": "x"}], "temperature": NaN}'),
    "infinity": _text('{"model": "MODEL", "messages": [{"role": "user", "content": "x"}], "top_p": 1e999}'),
    "comment": b"/* hello */" + wire.body(),
    "single quotes": wire.body().replace(b'"', b"'"),
    "trailing comma": wire.body()[:-1] + b",}",
    "form": b"model=MODEL&messages=hello",
    "nesting": _nested(50),
    "nesting bomb": _nested(100_000),
    "no end": b'{"model":' * 20_000,
}


@pytest.mark.parametrize("content", NOT_A_BODY.values(), ids=NOT_A_BODY)
def test_not_a_body(gateway: RunningGateway, capture: Capture, content: bytes) -> None:
    """What is not the JSON object that the route takes is refused."""
    assert_refused(gateway, capture, wire.post(gateway, content), 400, 404)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_doubled_key_smuggles_nothing(gateway: RunningGateway, capture: Capture, stream: bool) -> None:
    """Of a key that stands twice only what was scanned can leave, whichever of the two counts."""
    capture.script = replies.echo
    pair = [orjson.dumps([user(person.letter)]).decode() for person in (ANNA, ROBERT)]
    twice = f'"messages": {pair[0]}, "messages": {pair[1]}'
    document = f'{{"model": "{MODEL}", "stream": {str(stream).lower()}, {twice}}}'
    answer = wire.post(gateway, document.encode())
    assert answer.status in {200, 400}
    assert traces((*ANNA.values, *ROBERT.values), bytes(capture.seen.wire)) == []
    assert bytes(capture.seen.wire).count(b'"messages"') == (answer.status == 200)


WRONG: dict[str, dict[str, Any]] = {
    "no model": {"model": None},
    "model as number": {"model": 5},
    "model as list": {"model": [MODEL]},
    "empty model": {"model": ""},
    "model with space": {"model": f" {MODEL}"},
    "model in capitals": {"model": MODEL.upper()},
    "messages as text": {"messages": "hello"},
    "messages as object": {"messages": user("hello")},
    "no messages": {"messages": []},
    "message as text": {"messages": ["hello"]},
    "message as null": {"messages": [None]},
    "message without role": {"messages": [{"content": "hello"}]},
    "unknown role": {"messages": [{"role": "wizard", "content": "hello"}]},
    "role as number": {"messages": [{"role": 1, "content": "hello"}]},
    "content as number": {"messages": [{"role": "user", "content": 5}]},
    "content as object": {"messages": [{"role": "user", "content": {"text": "hello"}}]},
    "content as truth": {"messages": [{"role": "user", "content": True}]},
    "part as text": {"messages": [{"role": "user", "content": ["hello"]}]},
    "part of unknown type": {"messages": [{"role": "user", "content": [{"type": "hologram", "text": "x"}]}]},
    "part without type": {"messages": [{"role": "user", "content": [{"text": "hello"}]}]},
    "text part as object": {
        "messages": [{"role": "user", "content": [{"type": "text", "text": {"a": "b"}}]}]
    },
    "image": {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,x"}}]}]
    },
    "audio": {
        "messages": [
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": "x", "format": "wav"}}],
            }
        ]
    },
    "file": {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
    "unknown field of a message": {"messages": [{"role": "user", "content": "hello", "note": "x"}]},
    "tool calls as text": {"messages": [{"role": "assistant", "tool_calls": "x"}]},
    "arguments as object": {
        "messages": [
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"a": "b"}}}
                ],
            }
        ]
    },
    "unknown tool type": {"tools": [{"type": "browser"}]},
    "tools as text": {"tools": "x"},
    "stream as text": {"stream": "yes"},
    "stream as number": {"stream": 1},
    "n as text": {"n": "2"},
    "n as fraction": {"n": 1.5},
    "n far too large": {"n": 10**9},
    "n negative": {"n": -1},
    "n zero": {"n": 0},
    "max_tokens as text": {"max_tokens": "5"},
    "max_tokens negative": {"max_tokens": -5},
    "temperature as text": {"temperature": "hot"},
    "stop as number": {"stop": 5},
    "stop as object": {"stop": {"a": "b"}},
    "logprobs as text": {"logprobs": "yes"},
    "logit_bias by word": {"logit_bias": {"hello": 1}},
    "stream_options as text": {"stream": True, "stream_options": "usage"},
    "metadata as text": {"metadata": "x"},
    "response_format as text": {"response_format": "json"},
    "unknown parameter": {"custom_parameter": True},
    "prompt": {"prompt": "hello"},
    "prompt as tokens": {"prompt_token_ids": [1, 2, 3]},
    "another server's parameter": {"guided_regex_extra": ".*"},
    "extra body": {"extra_body": {"custom": 1}},
    "own template": {"chat_template": "{{ messages }}"},
    "audio output": {"modalities": ["audio"], "audio": {"voice": "x", "format": "wav"}},
    "web search": {"web_search_options": {}},
}


@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG)
def test_wrong_types_and_unknown_shapes(
    gateway: RunningGateway, capture: Capture, fields: dict[str, Any]
) -> None:
    """A field that is not known, or not of its type, cannot be scanned and so is refused."""
    document = {"model": MODEL, "messages": [user("hello")], **fields}
    assert_refused(gateway, capture, wire.post(gateway, orjson.dumps(document)), 400, 404)


def test_unknown_parameter_is_named(gateway: RunningGateway, capture: Capture) -> None:
    """The refusal of an unknown parameter says which one it is."""
    answer = wire.post(gateway, wire.body(custom_parameter=1))
    assert_refused(gateway, capture, answer, 400)
    assert (answer.error["code"], answer.error["param"]) == ("unsupported_parameter", "custom_parameter")


KNOWN: dict[str, object] = {
    "temperature": 0.5,
    "top_p": 1,
    "max_tokens": 5,
    "max_completion_tokens": 5,
    "n": 1,
    "stop": ["END"],
    "seed": 7,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "logprobs": False,
    "user": "customer-7",
    "logit_bias": {},
    "response_format": {"type": "json_object"},
    "parallel_tool_calls": False,
    "top_k": 5,
    "min_p": 0.1,
    "repetition_penalty": 1.1,
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_parameter_passes(gateway: RunningGateway, capture: Capture, name: str) -> None:
    """The parameters that clients of OpenAI and vLLM use are taken."""
    capture.script = replies.echo
    answer = wire.post(gateway, wire.body(**{name: KNOWN[name]}))
    assert answer.status == 200, answer.content
    assert len(capture.prompts) == 1


def test_numbers_pass_unharmed(gateway: RunningGateway, capture: Capture) -> None:
    """A number arrives at the model as it was sent."""
    capture.script = replies.echo
    assert wire.post(gateway, wire.body(temperature=0.1, seed=2**53 - 1)).status == 200
    document = capture.prompts[0].json
    assert math.isclose(document["temperature"], 0.1)
    assert document["seed"] == 2**53 - 1


def _refusals(gateway: RunningGateway) -> list[Callable[[], wire.Answer]]:
    return [
        lambda: wire.post(gateway, wire.body(), key="wrong"),
        lambda: wire.post(gateway, wire.body(), target="/v1/nothing"),
        lambda: wire.post(gateway, b"hello"),
        lambda: wire.post(gateway, wire.body(custom=1)),
        lambda: wire.post(gateway, wire.body(model="other")),
        lambda: wire.exchange(gateway, wire.head(gateway, length=10**9)),
    ]


def test_each_refusal_is_one_record(gateway: RunningGateway, capture: Capture) -> None:
    """Every refusal adds exactly one record, and no two requests share an id."""
    before = len(gateway.entries())
    answers = [refusal() for refusal in _refusals(gateway)]
    entries = gateway.entries()[before:]
    assert kinds(entries) == [EntryType.DENIED] * len(answers)
    assert [entry.record.request_id for entry in entries] == [answer.request_id for answer in answers]
    assert len({answer.request_id for answer in answers}) == len(answers)
    assert [entry.record.result.status for entry in entries if entry.record.result] == [
        answer.status for answer in answers
    ]

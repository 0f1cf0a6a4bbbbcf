"""Promise 3: prompt text and found values appear in no prompt upstream, log line, error or record."""

import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Reply
from tests.scenarios.configuration import MODEL
from tests.scenarios.conftest import Connect
from tests.scenarios.conversation import SAVE_CONTACT, ask, ask_streamed, user
from tests.scenarios.people import ANNA, ROBERT, STRANGER, traces
from tests.scenarios.running import RunningGateway, custody

Place = Callable[[str], dict[str, Any]]


def _tool(**changes: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {**SAVE_CONTACT["function"], **changes}}]}


def _history(**message: Any) -> dict[str, Any]:
    return {"messages": [user("Hello"), {"role": "assistant", **message}, user("Go on")]}


def _called(arguments: str) -> dict[str, Any]:
    return _history(**replies.tool_call(arguments)) | {"tools": [SAVE_CONTACT]}


def _schema(**property_: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"reply": {"type": "string", **property_}}}
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}


PLACES: dict[str, Place] = {
    "user message": lambda text: {"messages": [user(text)]},
    "system message": lambda text: {"messages": [{"role": "system", "content": text}, user("Hello")]},
    "developer message": lambda text: {"messages": [{"role": "developer", "content": text}, user("Hello")]},
    "assistant message": lambda text: _history(content=text),
    "refusal of an earlier turn": lambda text: _history(content=None, refusal=text),
    "reasoning of an earlier turn": lambda text: _history(content="ok", reasoning_content=text),
    "content part": lambda text: {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": text}]}
        ]
    },
    "tool call arguments": lambda text: _called(orjson.dumps({"letter": text}).decode()),
    "escaped tool call arguments": lambda text: _called(
        '{"letter": "' + "".join(f"\\u{ord(each):04x}" for each in text) + '"}'
    ),
    "arguments that are no JSON": lambda text: _called(f"letter={text}"),
    "tool result": lambda text: {
        "messages": [
            *_called("{}")["messages"][:2],
            {"role": "tool", "tool_call_id": "call_1", "content": text},
        ]
    },
    "JSON in a tool result": lambda text: {
        "messages": [
            *_called("{}")["messages"][:2],
            {"role": "tool", "tool_call_id": "call_1", "content": orjson.dumps({"found": [text]}).decode()},
        ]
    },
    "name of a speaker": lambda text: {"messages": [{"role": "user", "name": text, "content": "Hello"}]},
    "tool description": lambda text: _tool(description=text),
    "tool parameter": lambda text: _tool(
        parameters={"type": "object", "properties": {"letter": {"type": "string", "description": text}}}
    ),
    "tool parameter's default": lambda text: _tool(
        parameters={"type": "object", "properties": {"letter": {"type": "string", "default": text}}}
    ),
    "response schema": lambda text: {"response_format": _schema(description=text)},
    "response schema's choice": lambda text: {"response_format": _schema(enum=[text, "none"])},
    "stop string": lambda text: {"stop": [text]},
    "metadata": lambda text: {"metadata": {"customer": text}},
    "metadata key": lambda text: {"metadata": {text[:60]: "customer"}},
    "user": lambda text: {"user": text},
    "image address": lambda text: {
        "messages": [
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": f"http://x.example/{text}"}}],
            }
        ]
    },
    "prediction": lambda text: {"prediction": {"type": "content", "content": text}},
    "unknown parameter": lambda text: {"custom": text},
    "unknown parameter's name": lambda text: {text: 1},
    "key of a content part": lambda text: {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello", text: "x"}]}]
    },
}


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("place", PLACES)
def test_no_place_hides_an_original(
    gateway: RunningGateway, capture: Capture, place: str, stream: bool
) -> None:
    """Wherever a letter hides in a request, the model sees none of its values and no error repeats one."""
    capture.script = replies.fixed("Thank you.")
    document = {"model": MODEL, "messages": [user("Hello")], "stream": stream, **PLACES[place](ANNA.letter)}
    answer = wire.post(gateway, orjson.dumps(document))
    assert answer.status in {200, 400, 403}
    assert len(capture.prompts) == (answer.status == 200)
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []
    if answer.status != 200:
        assert traces(ANNA.values, answer.content) == []


def _errors(gateway: RunningGateway) -> list[wire.Answer]:
    """Everything that goes wrong with a letter in it."""
    letter = ANNA.letter
    document = wire.body(letter)
    key = f"cus_live_{ANNA.email}"
    return [
        wire.post(gateway, document[:-1]),
        wire.post(gateway, document.replace(b'"user"', b'"' + letter.encode() + b'"')),
        wire.post(gateway, document.replace(MODEL.encode(), letter.encode())),
        wire.post(gateway, wire.body(letter, stream=letter)),
        wire.post(gateway, wire.body(letter, logit_bias={letter: 1})),
        wire.post(gateway, wire.body(letter, tool_choice=letter)),
        wire.post(gateway, document, key=key),
        wire.post(gateway, document, headers=[f"x-custody-use-case: {letter}"]),
        wire.post(gateway, document, headers=[f"x-custody-class: {ANNA.email}"]),
        wire.post(gateway, document, target=f"/v1/{ANNA.email}?card={ANNA.card.replace(' ', '')}"),
        wire.post(gateway, document, method="PUT"),
    ]


def _upstream_faults(gateway: RunningGateway, capture: Capture) -> list[wire.Answer]:
    """A model server that repeats the letter in its errors, as if it had got hold of it elsewhere."""
    said = ROBERT.letter.encode()
    faults = (
        Reply((b'{"error": {"message": "' + said + b'"}}',), status=400),
        Reply((said,), status=500),
        Reply((said,), content_type="text/plain"),
        Reply((b'{"choices": "' + said + b'"}',)),
        Reply((said,), status=302, headers=(("location", "http://127.0.0.1:9/" + ROBERT.email),)),
    )
    answers = []
    for fault in faults:
        capture.script = lambda _request, fault=fault: fault
        answers += [wire.post(gateway, wire.body(ANNA.letter, stream=stream)) for stream in (False, True)]
    return answers


def test_errors_and_logs_hold_no_original(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """Calls, refusals and faults with letters in them leave no trace in errors, output, state and log."""
    errors = _errors(gateway)
    assert capture.prompts == []
    assert all(400 <= answer.status < 500 for answer in errors), [answer.status for answer in errors]
    faults = _upstream_faults(gateway, capture)
    assert all(answer.status >= 500 for answer in faults), [answer.status for answer in faults]
    capture.script = replies.fixed(f"Ask {STRANGER.letter}")
    ask(connect(gateway), ANNA.letter)
    ask_streamed(connect(gateway), ROBERT.letter)
    values = (*ANNA.values, *ROBERT.values, *STRANGER.values)
    for answer in (*errors, *faults):
        assert traces(values, answer.content) == [], answer.content
        assert traces(values, repr(answer.headers).encode()) == []
    assert traces(values, gateway.output.read_bytes()) == []
    for path in filter(lambda path: path.is_file(), gateway.state.rglob("*")):
        assert traces(values, path.read_bytes()) == [], path.name
    for told in _told(gateway, errors):
        assert told.returncode == 0, told.stderr
        assert traces(values, (told.stdout + told.stderr).encode()) == []


def _told(gateway: RunningGateway, errors: list[wire.Answer]) -> list["subprocess.CompletedProcess[str]"]:
    database = ("--database", str(gateway.database))
    return [
        custody("audit", "tail", "-n", "500", *database),
        custody("audit", "tail", "-n", "500", "--json", *database),
        *(custody("audit", "show", answer.request_id, *database) for answer in errors[:3]),
    ]


def test_callers_headers_do_not_reach_the_model(gateway: RunningGateway, capture: Capture) -> None:
    """The caller's key, cookies and own headers end at the gateway."""
    capture.script = replies.fixed("Thank you.")
    answer = httpx.post(
        f"{gateway.url}/v1/chat/completions",
        content=wire.body(),
        headers={
            "authorization": f"Bearer {gateway.key('retail')}",
            "cookie": f"session={ANNA.email}",
            "x-customer": ANNA.email,
            "user-agent": ANNA.email,
            "traceparent": ANNA.email,
            "x-request-id": ANNA.email,
        },
    )
    assert answer.status_code == 200
    assert gateway.key("retail").encode() not in capture.seen.wire
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []
    assert traces(ANNA.values, repr(answer.headers).encode()) == []

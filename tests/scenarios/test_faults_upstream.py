"""A model server that fails in any way gives a typed error and one outcome, and no half answer as whole."""

from collections.abc import AsyncGenerator
from pathlib import Path

import orjson
import pytest

from audit.entry import EntryType
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Reply, wait_until
from tests.scenarios.inprocess import InProcess, built_in, chat
from tests.scenarios.people import ANNA, traces
from tests.scenarios.running import RunningGateway, kinds

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
_FAILED = (502, "upstream_failed")
_AWAY = (503, "backend_unavailable")
_LATE = (504, "upstream_timeout")
_EVENTS = "text/event-stream"
_ERROR = b'{"error": {"message": "no", "type": "x"}}'
_HALF = replies.whole([{"content": "hello"}]).pieces[0][:40]


def _first_events(count: int) -> tuple[bytes, ...]:
    return tuple(replies.events(replies.deltas(replies.in_threes("All is well with you."))).pieces[:count])


BEFORE_AN_ANSWER: dict[str, tuple[Reply, tuple[int, str]]] = {
    "400": (Reply((_ERROR,), status=400), _FAILED),
    "401": (Reply((_ERROR,), status=401), _AWAY),
    "403": (Reply((_ERROR,), status=403), _AWAY),
    "404": (Reply((_ERROR,), status=404), _FAILED),
    "408": (Reply((_ERROR,), status=408), _FAILED),
    "422": (Reply((_ERROR,), status=422), _FAILED),
    "429": (Reply((_ERROR,), status=429), _AWAY),
    "500": (Reply((_ERROR,), status=500), _FAILED),
    "503": (Reply((_ERROR,), status=503), _AWAY),
    "redirect": (Reply(status=307, headers=(("location", "/elsewhere"),)), _FAILED),
    "204": (Reply(status=204), _FAILED),
    "reset": (Reply(status=0, end="reset"), _FAILED),
    "closed": (Reply(status=0, end="cut"), _FAILED),
    "not HTTP": (Reply((b"hello",), status=0, end="cut"), _FAILED),
    "web page": (Reply((b"<html>busy</html>",), content_type="text/html"), _FAILED),
    "nothing": (Reply(), _FAILED),
    "another type": (Reply((b"{}",), content_type="application/octet-stream"), _FAILED),
}
NO_REPLY: dict[str, Reply] = {
    "half JSON": Reply((_HALF,)),
    "cut": Reply((_HALF,), end="cut"),
    "reset": Reply((_HALF,), end="reset"),
    "a list": Reply((b"[]",)),
    "no choices": Reply((b"{}",)),
    "empty choices": Reply((b'{"choices": []}',)),
    "choices as text": Reply((b'{"choices": "x"}',)),
    "choice without message": Reply((b'{"choices": [{}]}',)),
    "content as number": Reply((b'{"choices": [{"message": {"content": 5}}]}',)),
    "error with status 200": Reply((_ERROR,)),
    "too large": replies.whole([{"content": "x" * 3_000_000}]),
    "NaN": Reply((b'{"choices": [{"message": {"content": "x"}, "score": NaN}]}',)),
    "nesting bomb": Reply((b'{"choices": ' + b"[" * 100_000,)),
}
BROKEN_STREAM: dict[str, Reply] = {
    "cut": Reply(_first_events(3), content_type=_EVENTS, end="cut"),
    "reset": Reply(_first_events(3), content_type=_EVENTS, end="reset"),
    "ended early": Reply(_first_events(3), content_type=_EVENTS),
    "half an event": Reply((*_first_events(3), b'data: {"choices": [{"ind'), content_type=_EVENTS, end="cut"),
    "garbage": Reply((*_first_events(3), b"data: hello\n\n"), content_type=_EVENTS),
    "error event": Reply((*_first_events(3), b"data: " + _ERROR + b"\n\n"), content_type=_EVENTS),
    "delta as text": Reply(
        (*_first_events(3), b'data: {"choices": [{"delta": "x"}]}\n\n'), content_type=_EVENTS
    ),
    "huge event": Reply((*_first_events(3), b"data: " + b"x" * 300_000), content_type=_EVENTS),
}


def assert_one_outcome(gateway: RunningGateway, request_id: str, status: int, code: str) -> None:
    """One intent, and one outcome that tells what happened."""
    entries = gateway.entries(request_id)
    assert kinds(entries) == [EntryType.INTENT, EntryType.OUTCOME]
    result = entries[-1].record.result
    assert result is not None
    assert (result.status, result.code) == (status, code)


def assert_told(gateway: RunningGateway, answer: wire.Answer, status: int, code: str) -> None:
    """The typed error, that the client may try again, and the outcome."""
    assert (answer.status, answer.error["code"]) == (status, code)
    assert answer.headers["x-should-retry"] == "true"
    assert answer.request_id == answer.error["request_id"]
    assert traces(ANNA.values, answer.content) == []
    assert_one_outcome(gateway, answer.request_id, status, code)


@_STREAMED
@pytest.mark.parametrize("fault", BEFORE_AN_ANSWER)
def test_no_answer(gateway: RunningGateway, capture: Capture, fault: str, stream: bool) -> None:
    """A server that refuses, resets or talks another language is an error status, streamed or not."""
    reply, (status, code) = BEFORE_AN_ANSWER[fault]
    capture.script = lambda _request: reply
    answer = wire.post(gateway, wire.body(ANNA.letter, stream=stream))
    assert_told(gateway, answer, status, code)
    assert len(capture.seen.requests) == 1


@pytest.mark.parametrize("fault", NO_REPLY)
def test_answer_that_is_none(gateway: RunningGateway, capture: Capture, fault: str) -> None:
    """A whole reply that is no reply is 502, whatever its status."""
    capture.script = lambda _request: NO_REPLY[fault]
    assert_told(gateway, wire.post(gateway, wire.body(ANNA.letter)), *_FAILED)


@pytest.mark.parametrize("fault", BROKEN_STREAM)
def test_stream_that_breaks(gateway: RunningGateway, capture: Capture, fault: str) -> None:
    """A stream that breaks is a 502 if nothing was sent yet, else it ends with an error event alone."""
    capture.script = lambda _request: BROKEN_STREAM[fault]
    answer = wire.post(gateway, wire.body(ANNA.letter, stream=True))
    if answer.status != 200:
        assert_told(gateway, answer, *_FAILED)
        return
    last = answer.content.strip().split(b"\n\n")[-1]
    error = orjson.loads(last.removeprefix(b"data: "))["error"]
    assert (error["code"], error["request_id"]) == ("upstream_failed", answer.request_id)
    assert b"[DONE]" not in answer.content
    assert b'"finish_reason":"stop"' not in answer.content
    assert_one_outcome(gateway, answer.request_id, *_FAILED)


@_STREAMED
@pytest.mark.parametrize("status", [0, 200], ids=["silent", "head only"])
def test_server_that_hangs(gateway: RunningGateway, capture: Capture, status: int, stream: bool) -> None:
    """A server that says nothing is given up in time, and its call cancelled."""
    reply = Reply(status=status, content_type=_EVENTS if stream else "application/json", end="hang")
    capture.script = lambda _request: reply
    assert_told(gateway, wire.post(gateway, wire.body(ANNA.letter, stream=stream)), *_LATE)
    wait_until(lambda: capture.seen.cancelled == 1)


def test_stream_that_stops(gateway: RunningGateway, capture: Capture) -> None:
    """A stream that stops in the middle is given up in time."""
    capture.script = lambda _request: Reply(_first_events(3), content_type=_EVENTS, end="hang")
    answer = wire.post(gateway, wire.body(ANNA.letter, stream=True))
    assert b"upstream_timeout" in answer.content
    assert b"[DONE]" not in answer.content
    assert_one_outcome(gateway, answer.request_id, *_LATE)
    wait_until(lambda: capture.seen.cancelled == 1)


def test_slow_stream_is_fine(gateway: RunningGateway, capture: Capture) -> None:
    """A stream may take its time between pieces."""
    chunks = replies.deltas(replies.in_threes("All is well."))
    capture.script = lambda _request: replies.events(chunks, pace_s=0.2)
    answer = wire.post(gateway, wire.body(ANNA.letter, stream=True))
    assert answer.content.endswith(b"data: [DONE]\n\n")
    assert_one_outcome(gateway, answer.request_id, 200, "")


def test_calls_after_faults_pass(gateway: RunningGateway, capture: Capture) -> None:
    """No fault of the server outlives its call."""
    for reply in (*BROKEN_STREAM.values(), *(fault for fault, _ in BEFORE_AN_ANSWER.values())):
        capture.script = lambda _request, reply=reply: reply
        wire.post(gateway, wire.body(stream=True))
        capture.script = replies.echo
        assert wire.post(gateway, wire.body()).status == 200


@pytest.fixture
async def nowhere(capture: Capture, tmp_path: Path) -> AsyncGenerator[InProcess, None]:
    """A gateway whose model server does not listen."""
    async with built_in(tmp_path, "http://127.0.0.1:1/v1") as built:
        yield built


@_STREAMED
async def test_nobody_listens(nowhere: InProcess, stream: bool) -> None:
    """A server that is not there is 503, with an outcome on record."""
    async with nowhere.asking() as client:
        answer = await chat(client, ANNA.letter, stream=stream)
    assert (answer.status_code, answer.json()["error"]["code"]) == _AWAY
    entries = nowhere.entries(answer.headers["x-request-id"])
    assert kinds(entries) == [EntryType.INTENT, EntryType.OUTCOME]

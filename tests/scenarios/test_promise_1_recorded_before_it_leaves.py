"""Promise 1: no prompt leaves before its intent is durable, no answer completes before its outcome is."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pysqlite3.dbapi2 as sqlite
import pytest

from audit.entry import EntryType
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Received
from tests.scenarios.configuration import MODEL
from tests.scenarios.conftest import Connect
from tests.scenarios.conversation import ask, ask_streamed, user
from tests.scenarios.people import ANNA
from tests.scenarios.running import RunningGateway, custody, kinds, read_entries

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
INTENT, OUTCOME = EntryType.INTENT, EntryType.OUTCOME


@_STREAMED
def test_intent_is_durable_when_the_prompt_arrives(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """At the moment a prompt reaches the model, another reader of the database already sees its intent."""
    at_arrival: list[list[EntryType]] = []

    def look(request: Received) -> None:
        at_arrival.append(kinds(read_entries(gateway.database, request.headers["x-request-id"])))

    capture.on_arrival, capture.script = look, replies.echo
    client = connect(gateway)
    for _ in range(5):
        ask_streamed(client, ANNA.letter) if stream else ask(client, ANNA.letter)
    assert at_arrival == [[INTENT]] * 5


def test_outcome_is_durable_when_a_whole_answer_arrives(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """A caller who holds a whole answer finds both records durable."""
    capture.script = replies.echo
    raw = connect(gateway).chat.completions.with_raw_response.create(model=MODEL, messages=[user("hello")])
    assert kinds(gateway.entries(raw.headers["x-request-id"])) == [INTENT, OUTCOME]


def test_outcome_is_durable_when_a_stream_finishes(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """The event that finishes a stream, and the end mark, come only after the outcome is durable."""
    capture.script = replies.echo
    raw = connect(gateway).chat.completions.with_streaming_response.create(
        model=MODEL, messages=[user(ANNA.letter)], stream=True
    )
    ends = 0
    with raw as answer:
        request_id = answer.headers["x-request-id"]
        for line in answer.iter_lines():
            if '"finish_reason":"stop"' in line or line == "data: [DONE]":
                ends += 1
                assert kinds(gateway.entries(request_id)) == [INTENT, OUTCOME]
    assert ends == 2


@_STREAMED
def test_full_disk(own_gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool) -> None:
    """When the log cannot grow, calls get 503 and the model sees nothing; once it can, they pass."""
    capture.script = replies.echo
    client = connect(own_gateway, max_retries=0)
    ask(client, "hello")
    with full_disk(own_gateway):
        for _ in range(3):
            with pytest.raises(openai.InternalServerError) as refused:
                ask_streamed(client, ANNA.letter) if stream else ask(client, ANNA.letter)
            assert (refused.value.status_code, refused.value.code) == (503, "audit_unavailable")
            assert refused.value.response.headers["x-should-retry"] == "true"
    assert len(capture.prompts) == 1
    assert ask(client, "hello again") == "You wrote: hello again"
    assert len(capture.prompts) == 2
    own_gateway.close()
    verified = custody("audit", "verify", "--database", str(own_gateway.database))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_locked_database(own_gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """While somebody else holds the database locked, nothing is let through; afterwards calls pass."""
    capture.script = replies.echo
    client = connect(own_gateway, max_retries=0)
    with locked(own_gateway.database), pytest.raises(openai.InternalServerError) as refused:
        ask(client, ANNA.letter)
    assert refused.value.code == "audit_unavailable"
    assert capture.prompts == []
    assert ask(client, "hello") == "You wrote: hello"


def test_disk_that_fills_during_the_answer(
    own_gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """A whole answer whose outcome cannot be recorded is not given out."""
    capture.script = replies.echo
    client = connect(own_gateway, max_retries=0)
    ask(client, "hello")
    with full_disk(own_gateway, when=capture), pytest.raises(openai.InternalServerError) as refused:
        ask(client, ANNA.letter)
    assert refused.value.code == "audit_unavailable"
    assert ANNA.email not in str(refused.value.body)
    assert len(capture.prompts) == 2


def test_disk_that_fills_during_a_stream(own_gateway: RunningGateway, capture: Capture) -> None:
    """A stream whose outcome cannot be recorded ends with an error, without finish event and end mark."""
    capture.script = replies.echo
    assert wire.post(own_gateway, wire.body()).status == 200
    with full_disk(own_gateway, when=capture):
        answer = wire.post(own_gateway, wire.body(ANNA.letter, stream=True))
    assert answer.status == 200
    assert b"audit_unavailable" in answer.content
    assert b"[DONE]" not in answer.content
    assert b'"finish_reason":"stop"' not in answer.content


def test_refusals_need_a_record_too(own_gateway: RunningGateway, capture: Capture) -> None:
    """A refusal that cannot be recorded is told as 503, so no refusal is ever off the record."""
    assert wire.post(own_gateway, wire.body(), key="wrong").status == 401
    with full_disk(own_gateway):
        for how in ({"key": "wrong"}, {"target": "/v1/nothing"}, {"headers": ["x-custody-class: odd"]}):
            refused = wire.post(own_gateway, wire.body(), **how)
            assert (refused.status, refused.error["code"]) == (503, "audit_unavailable")
    assert capture.prompts == []


@contextmanager
def full_disk(gateway: RunningGateway, when: Capture | None = None) -> Iterator[None]:
    """No file of the gateway may grow, from now on or from the next prompt that reaches ``when``."""

    def limit(bytes_: int) -> None:
        hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (bytes_, hard))

    if when is None:
        limit(0)
    else:
        when.on_arrival = lambda _request: limit(0)
    try:
        yield
    finally:
        limit(resource.RLIM_INFINITY)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Somebody else's write transaction, held open."""
    other = sqlite.connect(str(database), isolation_level=None, timeout=10)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()

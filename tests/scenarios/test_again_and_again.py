"""Calls that are sent again are not forwarded again; refusals that come in a flood are counted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from audit.entry import Entry, EntryType
from audit.keys import read_verifier, verifier_path
from audit.verify import verify_log
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Received, Reply
from tests.scenarios.configuration import Shape
from tests.scenarios.running import RunningGateway

FLOOD = 60
SINGLY = 3


@pytest.fixture
def patient(capture: Capture, tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway that records few refusals singly."""
    running = RunningGateway(tmp_path, capture.url, Shape(singly=SINGLY))
    yield running.await_ready()
    running.close()


def again(gateway: RunningGateway, content: bytes, key: str = "order-66") -> wire.Answer:
    """Send a call under an idempotency key."""
    return wire.post(gateway, content, headers=(f"Idempotency-Key: {key}",))


def prompts(capture: Capture) -> int:
    """How many prompts reached the model."""
    return len(capture.seen.requests)


def test_answered_call_is_not_forwarded_again(own_gateway: RunningGateway, capture: Capture) -> None:
    """A call that was answered is refused under its key; another key or caller is another call."""
    capture.script = replies.echo
    first, second = again(own_gateway, wire.body()), again(own_gateway, wire.body())
    assert (first.status, second.status, second.error["code"]) == (200, 422, "already_answered")
    other = again(own_gateway, wire.body("something else"))
    assert (other.status, other.error["code"]) == (422, "idempotency_key_reused")
    assert prompts(capture) == 1
    assert again(own_gateway, wire.body(), key="order-67").status == 200
    stranger = wire.post(
        own_gateway, wire.body(), headers=("Idempotency-Key: order-66",), key=own_gateway.key("it")
    )
    assert stranger.status == 200
    assert prompts(capture) == 3
    types = [entry.record.type for entry in own_gateway.entries(second.request_id)]
    assert types == [EntryType.INTENT, EntryType.OUTCOME]
    assert again(own_gateway, wire.body(), key="ü").status == 400


def test_running_call_is_not_forwarded_twice(own_gateway: RunningGateway, capture: Capture) -> None:
    """Of calls with one key at one moment one reaches the model; the others may try again later."""
    going = Event()

    def slow(request: Received) -> Reply:
        going.set()
        return replace(replies.echo(request), pace_s=1.0)

    capture.script = slow
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(again, own_gateway, wire.body())
        assert going.wait(10)
        rest = [pool.submit(again, own_gateway, wire.body()) for _ in range(5)]
        answers = [each.result() for each in rest]
        assert first.result().status == 200
    assert {(answer.status, answer.error["code"]) for answer in answers} == {(409, "request_in_progress")}
    assert prompts(capture) == 1


def test_failed_call_may_be_sent_again(own_gateway: RunningGateway, capture: Capture) -> None:
    """A call whose model failed, or whose gateway was killed, is forwarded again under its key."""
    capture.script = lambda _request: Reply(status=500)
    assert again(own_gateway, wire.body()).status == 502
    capture.script = replies.echo
    assert again(own_gateway, wire.body()).status == 200
    assert again(own_gateway, wire.body()).status == 422
    assert prompts(capture) == 2


def test_flood_is_counted(patient: RunningGateway) -> None:
    """A flood of refusals leaves a few records and their exact count, and every one is answered."""
    answers = [wire.post(patient, wire.body(), key="cus_dev_wrong") for _ in range(FLOOD)]
    assert {answer.status for answer in answers} == {401}
    asked = [wire.post(patient, wire.body(model="nothing")) for _ in range(FLOOD)]
    assert {answer.status for answer in asked} == {404}
    patient.stop()
    entries = patient.entries()
    nameless = [entry for entry in entries if entry.record.actor is None]
    named = [entry for entry in entries if entry.record.actor is not None]
    for part in (nameless, named):
        assert counted(part) == FLOOD
        assert len(part) < SINGLY + 6
    report = verify_log(patient.database, read_verifier(verifier_path(patient.database.with_suffix(".key"))))
    assert report.findings == ()


def counted(entries: list[Entry]) -> int:
    """How many refusals these entries tell of."""
    single = sum(entry.record.type is EntryType.DENIED for entry in entries)
    floods = [entry.record.detail for entry in entries if entry.record.type is EntryType.FLOOD]
    assert [each["state"] for each in floods] == ["begun", "ended"] * (len(floods) // 2)
    return single + sum(int(str(each.get("count", 0))) for each in floods)

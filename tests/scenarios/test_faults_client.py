"""A client that leaves, stalls or does not read: its call ends, upstream too, and one record tells how."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from audit.entry import Entry, EntryType
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Reply, wait_until
from tests.scenarios.people import ANNA
from tests.scenarios.running import RunningGateway, kinds

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
_LEAVES = pytest.mark.parametrize("rude", [False, True], ids=["closes", "resets"])
_EVENTS = "text/event-stream"


@contextmanager
def visitor(gateway: RunningGateway, *, rude: bool = False) -> Iterator[socket.socket]:
    """A connection that ends with the block, by FIN or by RST."""
    with wire.connected(gateway) as connection:
        if rude:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        yield connection


def request(gateway: RunningGateway, text: str, *, stream: bool) -> bytes:
    """A call as bytes."""
    content = wire.body(text, stream=stream)
    return wire.head(gateway, length=len(content)) + content


def new_entries(gateway: RunningGateway, before: int, count: int) -> list[Entry]:
    """The records since there were ``before``, once there are ``count`` of them."""
    wait_until(lambda: len(gateway.entries()) >= before + count)
    return gateway.entries()[before:]


def assert_gone(gateway: RunningGateway, before: int) -> None:
    """One intent, one outcome that says that the client left."""
    entries = new_entries(gateway, before, 2)
    assert kinds(entries) == [EntryType.INTENT, EntryType.OUTCOME]
    assert entries[1].record.result is not None
    assert (entries[1].record.result.status, entries[1].record.result.code) == (499, "client_gone")


@_LEAVES
@pytest.mark.parametrize("sent", [0, 20, "head", "half"])
def test_gone_before_the_request_is_whole(
    gateway: RunningGateway, capture: Capture, sent: int | str, rude: bool
) -> None:
    """A client that leaves while it sends has nothing forwarded, and is on record once it asked."""
    before = len(gateway.entries())
    content = request(gateway, ANNA.letter, stream=False)
    head = content.index(b"\r\n\r\n") + 4
    cut = {"head": head, "half": head + 50}.get(str(sent), sent)
    with visitor(gateway, rude=rude) as connection:
        connection.sendall(content[: int(cut)])
    if isinstance(sent, str):
        (entry,) = new_entries(gateway, before, 1)
        assert entry.record.type is EntryType.DENIED
        assert entry.record.result is not None
        assert entry.record.result.code == "client_gone"
    assert wire.post(gateway, wire.body(), key="wrong").status == 401
    assert capture.seen.wire == b""


@_LEAVES
@_STREAMED
@pytest.mark.parametrize("status", [0, 200], ids=["before the head", "after the head"])
def test_gone_while_it_waits(
    gateway: RunningGateway, capture: Capture, status: int, stream: bool, rude: bool
) -> None:
    """A client that leaves while the model thinks cancels the call upstream; the outcome says so."""
    capture.script = lambda _request: Reply(
        status=status, content_type=_EVENTS if stream else "application/json", end="hang"
    )
    before = len(gateway.entries())
    with visitor(gateway, rude=rude) as connection:
        connection.sendall(request(gateway, ANNA.letter, stream=stream))
        wait_until(lambda: len(capture.prompts) == 1)
    wait_until(lambda: capture.seen.cancelled == 1)
    assert_gone(gateway, before)


@_LEAVES
@pytest.mark.parametrize("events", [1, 7])
def test_gone_in_the_middle_of_a_stream(
    gateway: RunningGateway, capture: Capture, events: int, rude: bool
) -> None:
    """A client that leaves in the middle of a stream cancels the call upstream; the outcome says so."""
    chunks = replies.deltas(replies.in_threes("word " * 20_000))
    capture.script = lambda _request: replies.events(chunks, pace_s=0.01)
    before = len(gateway.entries())
    with visitor(gateway, rude=rude) as connection:
        connection.sendall(request(gateway, ANNA.letter, stream=True))
        received = b""
        while received.count(b"data: ") < events:
            received += connection.recv(65536)
    wait_until(lambda: capture.seen.cancelled == 1)
    assert_gone(gateway, before)


def test_slow_body(gateway: RunningGateway, capture: Capture) -> None:
    """A body that stops coming is refused after a while, on record."""
    content = request(gateway, ANNA.letter, stream=False)
    with visitor(gateway) as connection:
        connection.sendall(content[:-5])
        answer = wire.read_answer(connection)
    assert answer.status == 400
    assert kinds(gateway.entries(answer.request_id)) == [EntryType.DENIED]
    assert capture.seen.wire == b""


def test_slow_reader(gateway: RunningGateway, capture: Capture) -> None:
    """A client that does not read its stream is given up; the call upstream is cancelled and on record."""
    event = replies.events(replies.deltas(["word " * 10_000])).pieces[0]
    # Without end, for how much the buffers on the way take is up to the machine.
    capture.script = lambda _request: Reply((event,), content_type=_EVENTS, end="again")
    before = len(gateway.entries())
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", gateway.port))
        connection.sendall(request(gateway, ANNA.letter, stream=True))
        wait_until(lambda: capture.seen.cancelled == 1, seconds=60)
        assert_gone(gateway, before)


def test_slow_but_steady_reader(gateway: RunningGateway, capture: Capture) -> None:
    """A client that reads a little at a time gets all of it."""
    chunks = replies.deltas(replies.in_threes("word " * 2000))
    capture.script = lambda _request: replies.events(chunks)
    with visitor(gateway) as connection:
        connection.sendall(request(gateway, ANNA.letter, stream=True))
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            time.sleep(0.002)
            piece = connection.recv(4096)
            assert piece, received[-500:]
            received += piece
    assert b"data: [DONE]\n\n" in received


def test_two_calls_on_one_connection(gateway: RunningGateway, capture: Capture) -> None:
    """Calls that come back to back on one connection are answered in order, each with its own records."""
    capture.script = replies.echo
    first, second = (request(gateway, text, stream=False) for text in ("first", "second"))
    with visitor(gateway) as connection:
        connection.sendall(first + second)
        received = b""
        while received.count(b"You wrote:") < 2:
            piece = connection.recv(65536)
            assert piece, received
            received += piece
    assert received.index(b"You wrote: first") < received.index(b"You wrote: second")
    ids = [prompt.headers["x-request-id"] for prompt in capture.prompts]
    assert len(set(ids)) == 2
    for request_id in ids:
        assert kinds(gateway.entries(request_id)) == [EntryType.INTENT, EntryType.OUTCOME]


def test_calls_after_lost_clients_pass(gateway: RunningGateway, capture: Capture) -> None:
    """Thirty clients that leave in the middle take nothing away from the next one."""
    chunks = replies.deltas(replies.in_threes("word " * 200))
    capture.script = lambda _request: replies.events(chunks, pace_s=0.005)
    before = len(gateway.entries())
    for _ in range(30):
        with visitor(gateway, rude=True) as connection:
            connection.sendall(request(gateway, "hello", stream=True))
            connection.recv(10)
    new_entries(gateway, before, 60)
    capture.script = replies.echo
    assert wire.post(gateway, wire.body()).status == 200

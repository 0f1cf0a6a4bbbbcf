import asyncio
from collections.abc import Awaitable, Callable

import anyio
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Scope

from gateway.errors import (
    AccessDenied,
    BadRequest,
    BodyTooLarge,
    ClientGone,
    HeadersTooLarge,
    Unauthenticated,
)
from gateway.routes.wire import Connection, Replies, read_headers
from gateway.settings import ServerSettings

LIMITS = ServerSettings(max_body_bytes=10, max_header_bytes=200, body_timeout_s=0.05)
DISCONNECT: Message = {"type": "http.disconnect"}


def receiving(*messages: Message) -> Callable[[], Awaitable[Message]]:
    """A receive channel that gives these messages and then nothing more, like a silent client."""
    waiting = list(messages)

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return receive


def piece(body: bytes, *, more: bool = False) -> Message:
    """One part of a request body."""
    return {"type": "http.request", "body": body, "more_body": more}


def scope(*headers: tuple[bytes, bytes]) -> Scope:
    """An HTTP scope with these headers."""
    return {"type": "http", "headers": list(headers)}


def test_headers_are_lower_case_text() -> None:
    """Header names lose their case, values keep theirs."""
    assert read_headers(scope((b"X-Custody-Class", b"Internal")), LIMITS) == {"x-custody-class": "Internal"}


@pytest.mark.parametrize("name", [b"authorization", b"Authorization", b"content-length", b"x-custody-class"])
def test_doubled_header_is_refused(name: bytes) -> None:
    """A header that decides something may not stand twice, in whatever case."""
    with pytest.raises(BadRequest, match="more than once"):
        read_headers(scope((name, b"1"), (name.lower(), b"2")), LIMITS)


def test_doubled_list_header_is_fine() -> None:
    """Headers that HTTP lets stand twice do not hinder a call."""
    assert read_headers(scope((b"accept", b"a"), (b"accept", b"b")), LIMITS)["accept"] == "b"


def test_huge_headers_are_refused() -> None:
    """Headers over the limit are refused before anything is made of them."""
    with pytest.raises(HeadersTooLarge):
        read_headers(scope((b"x", b"y" * 300)), LIMITS)


@given(st.lists(st.binary(max_size=3), max_size=3))
async def test_body_is_joined(pieces: list[bytes]) -> None:
    """The body is the same however it was cut on its way."""
    messages = [*(piece(part, more=True) for part in pieces), piece(b"")]
    with Connection(receiving(*messages), {}, LIMITS) as connection:
        assert await connection.read_body() == b"".join(pieces)


@pytest.mark.parametrize(
    "headers", [{}, {"content-length": "11"}, {"content-length": "9" * 30}, {"content-length": "x"}]
)
async def test_large_body_is_refused(headers: dict[str, str]) -> None:
    """A body over the limit is refused, whatever its declared length says."""
    with (
        Connection(receiving(piece(b"123456", more=True), piece(b"789012")), headers, LIMITS) as connection,
        pytest.raises(BodyTooLarge),
    ):
        await connection.read_body()


async def test_stalled_body_is_refused() -> None:
    """A client that stops sending in the middle of its body does not hold a place for ever."""
    with (
        Connection(receiving(piece(b"1", more=True)), {}, LIMITS) as connection,
        pytest.raises(BadRequest, match="stopped coming"),
    ):
        await connection.read_body()


async def test_client_gone_while_sending() -> None:
    """A client that leaves in the middle of its body ends the exchange."""
    with (
        Connection(receiving(piece(b"1", more=True), DISCONNECT), {}, LIMITS) as connection,
        pytest.raises(ClientGone),
    ):
        await connection.read_body()


async def test_client_gone_cancels_what_waits() -> None:
    """As soon as the client disconnects, whatever was awaited for it is cancelled."""
    reached = False
    with Connection(receiving(piece(b"1"), DISCONNECT), {}, LIMITS) as connection:
        await connection.read_body()
        await anyio.sleep(5)
        reached = True
    assert not reached


async def test_client_gone_spares_what_is_shielded() -> None:
    """A record being written outlives the client."""
    written = False
    with Connection(receiving(piece(b"1"), DISCONNECT), {}, LIMITS) as connection:
        await connection.read_body()
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.02)
            written = True
    assert written


async def test_silent_client_cancels_nothing() -> None:
    """A client that waits quietly for its answer gets it."""
    with Connection(receiving(piece(b"1")), {}, LIMITS) as connection:
        await connection.read_body()
        await anyio.sleep(0.01)
        reached = True
    assert reached


async def sent_by(error: Exception) -> tuple[int, dict[str, str], dict[str, object]]:
    """Status, headers and error object of the answer to ``error``."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await Replies(send, "id-1").error(error)  # type: ignore[arg-type]  # only CustodyErrors
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, orjson.loads(sent[1]["body"])["error"]


async def test_refusal_helps_and_is_not_retried() -> None:
    """A refusal names rule, owner and remedy, carries the request id, and SDKs do not try it again."""
    refusal = AccessDenied(
        "No.", rule="a.b", owner_contact="x@example.com", remedy="Ask.", reason_admin="secret"
    )
    status, headers, error = await sent_by(refusal)
    assert (status, headers["x-should-retry"]) == (403, "false")
    assert headers["x-request-id"] == headers["request-id"] == error["request_id"] == "id-1"
    assert (error["rule"], error["owner_contact"], error["remedy"]) == ("a.b", "x@example.com", "Ask.")
    assert "secret" not in str(error)


async def test_unauthenticated_says_how() -> None:
    """A 401 names the scheme, as HTTP asks."""
    status, headers, _ = await sent_by(Unauthenticated("Key?"))
    assert (status, headers["www-authenticate"]) == (401, "Bearer")


async def test_reader_that_stalls_is_cut_off() -> None:
    """A client that does not read its stream is given up after the limit."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await anyio.sleep(5)

    async def events():  # noqa: ANN202  an async generator of bytes
        yield b"data: x\n\n"

    with pytest.raises(ClientGone):
        await Replies(send, "id-1").stream(events(), {}, 0.01)


async def test_slow_reader_that_keeps_reading_is_not_cut_off() -> None:
    """The limit is for one event: a stream may take many times as long, and so may the model."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        await anyio.sleep(0.03)
        sent.append(message)

    async def events():  # noqa: ANN202  an async generator of bytes
        for _ in range(6):
            yield b"data: x\n\n"
        await anyio.sleep(0.3)
        yield b"data: y\n\n"

    await Replies(send, "id-1").stream(events(), {}, 0.2)
    assert len(sent) == 9

"""What an odd or hostile model server can do with HTTP itself."""

import asyncio
import socket

import orjson
import pytest
from loopback_server import REPLY, Loopback, call, chunk

from gateway.backends.openai_compatible import OpenAICompatibleBackend, Options, build
from gateway.errors import CustodyError, UpstreamFailed

BODY = orjson.dumps(REPLY)
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
WHOLE = OK + b"content-length: %d\r\n\r\n" % len(BODY) + BODY


def of(server: Loopback, **options: object) -> OpenAICompatibleBackend:
    """A backend of the loopback server."""
    return build(Options.model_validate({"base_url": server.url, **options}))


def chunked(*pieces: bytes, trailer: bytes = b"") -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(CHUNKED + chunked(BODY[:7], BODY[7:]), id="chunked"),
        pytest.param(
            CHUNKED + b'%x;name=value;q="a b"\r\n%b\r\n0\r\n\r\n' % (len(BODY), BODY),
            id="chunk extensions",
        ),
        pytest.param(
            CHUNKED + chunked(BODY, trailer=b"x-sum: 1\r\n"),
            id="trailers",
        ),
        pytest.param(OK + b"CONTENT-LENGTH: %d\r\n\r\n" % len(BODY) + BODY, id="loud names"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + BODY, id="HTTP/1.0 to the end of the connection"),
        pytest.param(OK + b"\r\n" + BODY, id="HTTP/1.1 to the end of the connection"),
        pytest.param(WHOLE.replace(b" OK", b" "), id="no reason phrase"),
    ],
)
async def test_every_lawful_framing_is_read(server: Loopback, answer: bytes) -> None:
    """However HTTP lets a body be delimited (RFC 9112 section 6), whole or byte by byte, it is read."""
    for pieces in ((answer,), tuple(answer[at : at + 1] for at in range(len(answer)))):
        server.answer(*pieces)
        backend = of(server)
        assert (await backend.complete(call())).body == REPLY
        await backend.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"x-a: 1\r\n folded\r\ncontent-length: 2\r\n\r\n{}", id="obs-fold hides nothing"),
        pytest.param(OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}x", id="two lengths"),
        pytest.param(OK + b"content-length: 2, 3\r\n\r\n{}x", id="a list of lengths"),
        pytest.param(OK + b"content-length: +2\r\n\r\n{}", id="a signed length"),
        pytest.param(OK + b"content-length: 0x2\r\n\r\n{}", id="a length in hexadecimal"),
        pytest.param(OK + b"content-length: 99999999999999999999\r\n\r\n{}", id="a length over 64 bits"),
        pytest.param(OK + b"content-length : 2\r\n\r\n{}", id="a space before the colon"),
        pytest.param(OK + b"transfer-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}", id="both framings"),
        pytest.param(CHUNKED + chunked(BODY, trailer=b"content-length: 9\r\n"), id="a trailer with a length"),
        pytest.param(CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n", id="a signed chunk"),
        pytest.param(CHUNKED + b"2\r\n{}extra0\r\n\r\n", id="a chunk that overflows"),
        pytest.param(CHUNKED + b"ffffffffffffffffff\r\n{}", id="a chunk over 64 bits"),
        pytest.param(OK + b"x-\x00: 1\r\ncontent-length: 2\r\n\r\n{}", id="a NUL in a name"),
        pytest.param(OK.replace(b"1.1", b"9.9") + b"content-length: 2\r\n\r\n{}", id="another version"),
        pytest.param(OK.replace(b"200", b"20") + b"content-length: 2\r\n\r\n{}", id="a status of two digits"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", id="an upgrade"),
        pytest.param(OK + b"x: y\r\n" * 20_000 + b"\r\n", id="many headers"),
        pytest.param(OK + b"x: " + b"y" * 200_000, id="one header without end"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, id="interim answers without end"),
    ],
)
async def test_what_is_not_http_is_refused(server: Loopback, answer: bytes) -> None:
    """A head or framing that two readers could take in two ways ends the call, and its connection."""
    server.answer(answer)
    backend = of(server, total_timeout_s=5)
    with pytest.raises(UpstreamFailed):
        await backend.complete(call())
    server.answer(WHOLE)
    assert (await backend.complete(call())).body == REPLY
    await backend.aclose()
    assert server.connections == 2


async def test_a_connection_that_closes_as_it_is_used_again_fails_the_call_alone(server: Loopback) -> None:
    """A request that may have been read is not sent twice: its caller is told, and the next is served."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WHOLE)
        await reader.readuntil(b"\r\n\r\n")  # takes the second request, and closes instead of answering

    server.play = once
    backend = of(server)
    await backend.complete(call())
    with pytest.raises(UpstreamFailed):
        await backend.complete(call())
    assert (await backend.complete(call())).body == REPLY
    await backend.aclose()
    assert server.connections == 2


async def test_a_connection_that_closed_while_idle_is_replaced(server: Loopback) -> None:
    """A server that ends idle connections early costs no call."""
    server.answer(WHOLE)
    backend = of(server)
    for _ in range(3):
        assert (await backend.complete(call())).body == REPLY
        await asyncio.sleep(0.02)  # the end of the connection arrives
    await backend.aclose()
    assert server.connections == 3


async def test_a_server_that_half_closes_is_read_to_its_end(server: Loopback) -> None:
    """A server that is done with sending, but still listens, has given its whole answer."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n" + BODY)
        writer.write_eof()
        await reader.read()

    server.play = play
    backend = of(server)
    assert (await backend.complete(call())).body == REPLY
    await backend.aclose()


async def test_a_half_closed_stream_without_its_end_is_no_answer(server: Loopback) -> None:
    """The end of a connection in the middle of a chunk does not pass for the end of an answer."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        event = chunk("half")
        writer.write(head + b"%x\r\n%b" % (len(event) + 1, event))
        writer.write_eof()
        await reader.read()

    server.play = play
    with pytest.raises(UpstreamFailed):
        async for _ in of(server).stream(call()):
            pass


async def test_an_answer_that_comes_before_the_request_was_read(server: Loopback) -> None:
    """A server that refuses a long body without reading it is heard, and the connection not used again."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    server._body = _unread  # type: ignore[method-assign]  # this server does not read bodies
    server.play = play
    backend = of(server)
    with pytest.raises(CustodyError):
        await backend.complete(call("x" * 5_000_000))
    await backend.aclose()


async def test_a_server_on_ipv6_is_reached(socket_enabled: None) -> None:
    """An address in brackets is one; the host header names it as the URL does."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6 loopback; nothing to install")
    loopback = Loopback()
    loopback.answer(WHOLE)
    listener = await asyncio.start_server(loopback.serve, "::1", 0)
    port = listener.sockets[0].getsockname()[1]
    backend = build(Options.model_validate({"base_url": f"http://[::1]:{port}/v1"}))
    assert (await backend.complete(call())).body == REPLY
    assert loopback.requests[0][1]["host"] == f"[::1]:{port}"
    await backend.aclose()
    listener.close()


async def _unread(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    return b""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loopback_server import REPLY, Loopback, call, whole

from gateway.backends.connection import _MUCH, BrokenHttp, Connection
from gateway.backends.openai_compatible import Options, build
from gateway.backends.pool import Address, Pool, PoolClosed
from gateway.errors import BackendUnavailable, UpstreamFailed

ANSWER = whole(orjson.dumps(REPLY)).replace(b"connection: close\r\n", b"")


def pool_of(server: Loopback, **options: float) -> Pool:
    """Connections to the loopback server."""
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    return Pool(Address("127.0.0.1", port, None), int(options.pop("limit", 2)), 1, **options)


def keep_answering(server: Loopback, *answers: bytes) -> None:
    """Answers one request after another on each connection, with the same pieces each time."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            for piece in answers:
                writer.write(piece)
                await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r")[0]))

    server.play = play


async def test_a_connection_is_kept_for_the_next_call(server: Loopback) -> None:
    """Two calls, one connection."""
    keep_answering(server, ANSWER)
    backend = build(Options(base_url=server.url))  # type: ignore[arg-type]  # parsed
    for _ in range(2):
        assert (await backend.complete(call())).body == REPLY
    await backend.aclose()
    assert server.connections == 1


async def test_an_idle_connection_is_used_no_longer_than_servers_keep_it(server: Loopback) -> None:
    """A connection that the server may be about to close is not given a prompt."""
    keep_answering(server, ANSWER)
    pool = pool_of(server, keepalive_s=0)
    first = await pool.take()
    pool.give_back(first)
    second = await pool.take()
    assert second is not first
    pool.close()


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nlink: x\r\n\r\n"]
)
async def test_an_interim_answer_is_passed_over(server: Loopback, interim: bytes) -> None:
    """What a server says before its answer is not the answer."""
    keep_answering(server, interim, ANSWER)
    backend = build(Options(base_url=server.url))  # type: ignore[arg-type]  # parsed
    for _ in range(2):
        assert (await backend.complete(call())).body == REPLY
    await backend.aclose()


async def test_two_answers_to_one_request_cost_the_connection(server: Loopback) -> None:
    """A second answer must never be taken for that to the next request, which may be another caller's."""
    forged = whole(orjson.dumps({**REPLY, "id": "forged"})).replace(b"connection: close\r\n", b"")
    keep_answering(server, ANSWER + forged)
    backend = build(Options(base_url=server.url))  # type: ignore[arg-type]  # parsed
    for _ in range(2):
        assert (await backend.complete(call())).body == REPLY
    await backend.aclose()
    assert server.connections == 2


async def test_bytes_between_two_answers_cost_the_connection(server: Loopback) -> None:
    """What comes while nothing was asked belongs to no call."""
    keep_answering(server, ANSWER)
    pool = pool_of(server)
    connection = await pool.take()
    connection.data_received(ANSWER)
    assert not connection.reusable
    pool.close()


async def test_a_length_and_chunks_at_once_are_refused(server: Loopback) -> None:
    """An answer that says its length in two ways could be cut in two (RFC 9112 section 6.3)."""
    server.answer(
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + ANSWER
    )
    backend = build(Options(base_url=server.url))  # type: ignore[arg-type]  # parsed
    with pytest.raises(UpstreamFailed):
        await backend.complete(call())
    await backend.aclose()


async def test_no_more_connections_than_the_limit(server: Loopback) -> None:
    """A call that finds every connection taken waits for one, and not for ever."""
    keep_answering(server, ANSWER)
    pool = pool_of(server, limit=1)
    first = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    pool.give_back(first)
    assert await waiting is first
    pool._connect_s = 0.01
    with pytest.raises(TimeoutError):
        await pool.take()
    pool.close()


async def test_a_failed_connect_gives_its_place_back(socket_enabled: None, free_tcp_port: int) -> None:
    """A server that was down for a while leaves the pool as large as it was."""
    pool = Pool(Address("127.0.0.1", free_tcp_port, None), 1, 1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await pool.take()


async def test_a_connection_given_back_twice_counts_once(server: Loopback) -> None:
    """Giving back is idempotent, so no error path can lend one connection to two calls."""
    keep_answering(server, ANSWER)
    pool = pool_of(server, limit=1)
    first = await pool.take()
    pool.give_back(first)
    pool.give_back(first)
    assert await pool.take() is first
    assert pool._slots.locked()
    pool.close()


async def test_a_server_faster_than_the_reader_is_told_to_wait(server: Loopback) -> None:
    """What is unread stays bounded, however much the server sends."""
    server.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 20000000\r\n\r\n", b"x" * 20_000_000)
    pool = pool_of(server)
    connection = await pool.take()
    connection.send(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n", b"")
    until = asyncio.get_running_loop().time() + 20
    await connection.read_head(until)
    size, most = 0, 0
    while piece := await connection.read_piece(until):
        size, most = size + len(piece), max(most, len(piece))
        await asyncio.sleep(0.001)
    assert size == 20_000_000
    assert most < 4 * _MUCH
    pool.close()


async def test_the_pool_closes_what_is_read_from(server: Loopback) -> None:
    """A stop does not wait for an answer that is still coming."""
    server.answer_then_wait()
    pool = pool_of(server)
    connection = await pool.take()
    connection.send(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n", b"")
    reading = asyncio.ensure_future(connection.read_head(asyncio.get_running_loop().time() + 20))
    await asyncio.sleep(0)
    pool.close()
    with pytest.raises(BrokenHttp, match="dropped"):
        await reading
    with pytest.raises(PoolClosed):
        await pool.take()


@pytest.fixture
async def trusted(socket_enabled: None, tmp_path: Path) -> AsyncGenerator[tuple[Loopback, Path], None]:
    """A TLS server for 127.0.0.1, and the file of the authority that vouches for it."""
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    _write_certificate(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loopback = Loopback()
    keep_answering(loopback, ANSWER)
    listener = await asyncio.start_server(loopback.serve, "127.0.0.1", 0, ssl=context)
    loopback.url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    yield loopback, certificate
    listener.close()


async def test_a_server_whose_certificate_holds_is_asked(trusted: tuple[Loopback, Path]) -> None:
    """TLS works with an authority of one's own, and its connections are kept as well."""
    server, authority = trusted
    backend = build(Options(base_url=server.url, ca_file=authority))  # type: ignore[arg-type]  # parsed
    for _ in range(2):
        assert (await backend.complete(call())).body == REPLY
    await backend.aclose()
    assert server.connections == 1


async def test_a_certificate_for_another_name_is_refused(trusted: tuple[Loopback, Path]) -> None:
    """A trusted certificate of another host proves nothing about this one."""
    server, authority = trusted
    url = server.url.replace("127.0.0.1", "localhost")
    backend = build(Options(base_url=url, ca_file=authority))  # type: ignore[arg-type]  # parsed
    with pytest.raises(BackendUnavailable):
        await backend.complete(call())
    await backend.aclose()
    assert server.requests == []


async def test_a_lost_connection_tells_its_reader() -> None:
    """Sending on a connection that is already lost is told to whoever reads, not raised at the sender."""
    connection = Connection()
    connection.connection_lost(None)
    connection.send(b"POST / HTTP/1.1\r\n\r\n", b"")
    with pytest.raises(BrokenHttp, match="closed"):
        await connection.read_head(asyncio.get_running_loop().time() + 1)


def _write_certificate(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )

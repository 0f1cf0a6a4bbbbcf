import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import orjson
import pytest
from loopback_server import REPLY, Loopback, call, chunk, head, whole
from pydantic import ValidationError

from gateway.backends.openai_compatible import OpenAICompatibleBackend, Options, build
from gateway.domain import JsonObject
from gateway.errors import BackendUnavailable, CustodyError, UpstreamFailed, UpstreamTimeout

DONE = b"data: [DONE]\n\n"
SSE = head("text/event-stream; charset=utf-8")
SECRET = b"the-prompt-told-back"
Make = Callable[..., OpenAICompatibleBackend]


@pytest.fixture
async def make(server: Loopback) -> AsyncGenerator[Make, None]:
    """Builds backends of the loopback server, and closes them."""
    made: list[OpenAICompatibleBackend] = []

    def _make(**options: object) -> OpenAICompatibleBackend:
        made.append(build(Options(**{"base_url": server.url, **options})))
        return made[-1]

    yield _make
    for backend in made:
        await backend.aclose()


async def all_of(backend: OpenAICompatibleBackend) -> list[JsonObject]:
    """Every chunk of one streamed call."""
    async with aclosing(backend.stream(call())) as chunks:
        return [body async for each in chunks for body in each.bodies]


async def test_a_plain_reply_comes_back_as_it_was(server: Loopback, make: Make) -> None:
    """The whole reply of the server is what the pipeline gets to scan."""
    server.answer(whole(orjson.dumps(REPLY)))
    assert (await make().complete(call())).body == REPLY


async def test_the_upstream_sees_four_headers_of_ours(server: Loopback, make: Make) -> None:
    """The server gets our credential, types and request id, and nothing else that names or tells."""
    server.answer(whole(orjson.dumps(REPLY)))
    await make(api_key="sk-upstream").complete(call())
    line, headers, _ = server.requests[0]
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers.pop("authorization") == "bearer sk-upstream"
    assert headers.pop("x-request-id") == "req-1"
    assert set(headers) == {"host", "content-type", "accept", "content-length"}


async def test_the_plain_body_is_the_redacted_prompt(server: Loopback, make: Make) -> None:
    """What is sent is the redacted body under the backend's model name; the caller's own salt is dropped."""
    server.answer(whole(orjson.dumps(REPLY)))
    await make().complete(call(temperature=0, cache_salt="forged", stream_options={"x": 1}))
    assert orjson.loads(server.requests[0][2]) == {
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0,
        "model": "m",
        "stream": False,
    }


async def test_a_stream_asks_for_usage_and_carries_the_salt(server: Loopback, make: Make) -> None:
    """Streams are counted, and a server that knows salts keeps departments' caches apart."""
    server.answer(SSE, chunk("hi", "stop"), DONE)
    await all_of(make(cache_salt=True))
    body = orjson.loads(server.requests[0][2])
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert body["cache_salt"] == "salt-of-a-department"


async def test_a_body_of_megabytes_is_sent_whole(server: Loopback, make: Make) -> None:
    """A prompt over the size that the client library warns about arrives whole and without a warning."""
    server.answer(whole(orjson.dumps(REPLY)))
    await make().complete(call("x" * 3_000_000))
    assert len(server.requests[0][2]) > 3_000_000


async def test_chunks_come_out_under_any_split(server: Loopback, make: Make) -> None:
    """A stream cut at every byte gives the chunks of the uncut one."""
    document = b": hi\r\n\r\n" + chunk("gr\u00fc\u00dfe") + chunk(None, "stop") + DONE
    server.answer(SSE, *(document[n : n + 1] for n in range(len(document))))
    chunks = await all_of(make())
    assert [c["choices"][0]["delta"] for c in chunks] == [{"content": "gr\u00fc\u00dfe"}, {}]  # type: ignore[index,call-overload]  # JSON


async def test_nothing_passes_after_done(server: Loopback, make: Make) -> None:
    """A chunk after ``[DONE]`` is not part of the answer, in the same packet or in a later one."""
    server.answer(SSE, chunk("a", "stop") + DONE + chunk("late"), chunk("later"))
    assert len(await all_of(make())) == 1


async def test_a_stream_without_done_is_complete_once_finished(server: Loopback, make: Make) -> None:
    """A server that leaves ``[DONE]`` out is believed when each choice said why it ended."""
    server.answer(SSE, chunk("a"), chunk(None, "stop"))
    assert len(await all_of(make())) == 2


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((), id="nothing"),
        pytest.param((chunk("half"),), id="half an answer"),
        pytest.param(
            (chunk("a", "stop"), b'data: {"choices":[{"index":1,"delta":{}}]}\n\n'), id="half of two"
        ),
        pytest.param((DONE,), id="done without an answer"),
        pytest.param((b"data: " + SECRET + b"\n\n",), id="garbage"),
        pytest.param((b"data: [1]\n\n",), id="not an object"),
        pytest.param((b"data: {}\n\n",), id="no choices"),
        pytest.param((b'data: {"choices":[1]}\n\n',), id="choice of a wrong type"),
        pytest.param((b'data: {"choices":[{"delta":"x"}]}\n\n',), id="delta of a wrong type"),
        pytest.param((b'data: {"choices":[{"delta":{"content":1}}]}\n\n',), id="content of a wrong type"),
        pytest.param((b'data: {"choices":[{"index":[],"delta":{}}]}\n\n',), id="index of a wrong type"),
        pytest.param((b'data: {"error":{"message":"' + SECRET + b'"}}\n\n',), id="an error object"),
        pytest.param((chunk("a"), b'data: {"error":"' + SECRET + b'"}\n\n'), id="an error later"),
        pytest.param((b"data: \xff\xfe\n\n",), id="not UTF-8"),
        pytest.param((b"data: " + b"x" * 2000 + b"\n\n",), id="an event too large"),
        pytest.param((b"x" * 3000,), id="a line without end"),
    ],
)
async def test_a_bad_stream_is_upstream_failed(
    server: Loopback, make: Make, pieces: tuple[bytes, ...]
) -> None:
    """Whatever a stream holds that is not an answer ends as a typed error that quotes nothing of it."""
    server.answer(SSE, *pieces)
    with pytest.raises(UpstreamFailed) as caught:
        await all_of(make(max_event_bytes=1000))
    assert_quotes_nothing(caught.value)


async def test_a_stream_of_another_type_is_upstream_failed(server: Loopback, make: Make) -> None:
    """A JSON or HTML page in place of a stream is refused by its type."""
    server.answer(head("text/html"), chunk("a", "stop"), DONE)
    with pytest.raises(UpstreamFailed):
        await all_of(make())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SECRET,
        b"[]",
        b"null",
        b"{}",
        b'{"choices":{}}',
        b'{"choices":[]}',
        b'{"choices":[null]}',
        b'{"choices":[{"message":null}]}',
        b'{"choices":[{"message":{"content":["a"]}}]}',
        b'{"error":{"message":"' + SECRET + b'"},"choices":[]}',
        b'{"choices":[{"message":{"content":"\xff"}}]}',
        b"[" * 5000,
        b'{"choices":[' + b" " * 5000 + b"]}",
    ],
)
async def test_a_bad_reply_is_upstream_failed(server: Loopback, make: Make, body: bytes) -> None:
    """Whatever a body holds that is not an answer ends as a typed error that quotes nothing of it."""
    server.answer(whole(body))
    with pytest.raises(UpstreamFailed) as caught:
        await make(max_reply_bytes=4000).complete(call())
    assert_quotes_nothing(caught.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("301 Moved", UpstreamFailed),
        ("400 Bad", UpstreamFailed),
        ("401 No", BackendUnavailable),
        ("403 No", BackendUnavailable),
        ("404 Not Found", UpstreamFailed),
        ("422 Bad", UpstreamFailed),
        ("429 Slow", BackendUnavailable),
        ("500 Broken", UpstreamFailed),
        ("503 Full", BackendUnavailable),
        ("202 Later", UpstreamFailed),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_status_becomes_a_typed_error(
    server: Loopback, make: Make, status: str, error: type[CustodyError], stream: bool
) -> None:
    """The server's status reaches the audit alone, and its text, which may hold the prompt, nobody."""
    server.answer(
        whole(b'{"error":"' + SECRET + b'"}', status, "location: http://127.0.0.1:9/" + SECRET.decode())
    )
    backend = make()
    with pytest.raises(error) as caught:
        await (all_of(backend) if stream else backend.complete(call()))
    assert status[:3] in caught.value.reason_admin
    assert status[:3] not in caught.value.reason_user
    assert_quotes_nothing(caught.value)
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(SECRET + b"\r\n\r\n", id="not HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", id="early close"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -4\r\n\r\n{}", id="a nonsense length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}", id="bad chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n", id="huge headers"),
        pytest.param(b"", id="closed at once"),
    ],
)
async def test_broken_http_is_upstream_failed(server: Loopback, make: Make, answer: bytes) -> None:
    """A server that does not speak HTTP to the end failed; its bytes are not quoted."""
    server.answer(answer)
    with pytest.raises(UpstreamFailed) as caught:
        await make().complete(call())
    assert_quotes_nothing(caught.value)


async def test_a_stream_cut_by_the_server_is_upstream_failed(server: Loopback, make: Make) -> None:
    """A connection that is lost after some chunks does not pass for an answer."""
    server.answer(head("text/event-stream", "200 OK", "transfer-encoding: chunked"), b"5\r\ndata:\r\n")
    with pytest.raises(UpstreamFailed):
        await all_of(make())


async def test_a_server_that_is_not_there_is_unavailable(socket_enabled: None, free_tcp_port: int) -> None:
    """A refused connection means that nothing was sent."""
    backend = build(Options(base_url=f"http://127.0.0.1:{free_tcp_port}/v1"))  # type: ignore[arg-type]  # parsed
    with pytest.raises(BackendUnavailable):
        await backend.complete(call())
    await backend.aclose()


async def test_a_certificate_that_is_not_trusted_is_unavailable(server: Loopback, make: Make) -> None:
    """A server whose TLS does not hold is sent nothing."""
    server.answer(whole(orjson.dumps(REPLY)))
    backend = make(base_url=server.url.replace("http:", "https:"))
    with pytest.raises(BackendUnavailable):
        await backend.complete(call())
    assert server.requests == []


async def test_a_hang_before_the_first_byte_times_out(server: Loopback, make: Make) -> None:
    """A stream that never begins is given up."""
    server.answer_then_wait()
    with pytest.raises(UpstreamTimeout):
        await all_of(make(first_byte_timeout_s=0.05))
    await server.gone.wait()


async def test_a_hang_between_chunks_times_out(server: Loopback, make: Make) -> None:
    """A stream that stops is given up, and its connection dropped."""
    server.answer_then_wait(SSE, chunk("a"))
    with pytest.raises(UpstreamTimeout):
        await all_of(make(chunk_timeout_s=0.05))
    await server.gone.wait()


async def test_a_hang_of_a_plain_reply_times_out(server: Loopback, make: Make) -> None:
    """A plain reply that stops half way is given up by the deadline of the whole."""
    server.answer_then_wait(whole(orjson.dumps(REPLY))[:-5])
    with pytest.raises(UpstreamTimeout):
        await make(total_timeout_s=0.05).complete(call())
    await server.gone.wait()


async def test_a_stream_of_comments_ends_by_the_total(server: Loopback, make: Make) -> None:
    """Keep-alive comments hold no stream open for ever."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE)
        while not writer.is_closing():
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    server.play = play
    with pytest.raises(UpstreamTimeout):
        await all_of(make(total_timeout_s=0.1))


async def test_closing_the_stream_drops_the_connection(server: Loopback, make: Make) -> None:
    """A client that goes away ends the work at the server at once, not when the answer would be done."""
    server.answer_then_wait(SSE, chunk("a"))
    async with aclosing(make().stream(call())) as chunks:
        await anext(chunks)
        assert not server.gone.is_set()
    await asyncio.wait_for(server.gone.wait(), 5)


@pytest.mark.parametrize("stream", [False, True])
async def test_cancelling_a_wait_drops_the_connection(server: Loopback, make: Make, stream: bool) -> None:
    """A call that is cancelled while the server thinks leaves nothing running there."""
    server.answer_then_wait()
    backend = make()
    task = asyncio.ensure_future(all_of(backend) if stream else backend.complete(call()))
    await asyncio.wait_for(server.seen.wait(), 5)
    task.cancel()
    await asyncio.wait_for(server.gone.wait(), 5)


async def test_cookies_are_not_kept(server: Loopback, make: Make) -> None:
    """A cookie that the server sets in one caller's call is not sent in another's."""
    server.answer(whole(orjson.dumps(REPLY), "200 OK", "set-cookie: who=first; path=/"))
    backend = make()
    await backend.complete(call())
    await backend.complete(call())
    assert "cookie" not in server.requests[1][1]


async def test_a_finished_stream_keeps_its_connection(server: Loopback, make: Make) -> None:
    """A stream that ended well leaves a connection for the next call, and a failed one does not."""
    body = chunk("a", "stop") + DONE

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        start = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        for _ in range(2):
            writer.write(start + b"%x\r\n%s\r\n" % (len(body), body))
            await writer.drain()
            writer.write(b"0\r\n\r\n")
            await reader.readuntil(b"true}}")

    server.play = play
    backend = make()
    await all_of(backend)
    await all_of(backend)
    assert server.connections == 1


async def test_after_aclose_nothing_is_sent(server: Loopback, make: Make) -> None:
    """A backend that was closed answers as one that is not there."""
    backend = make()
    await backend.aclose()
    with pytest.raises(BackendUnavailable):
        await backend.complete(call())
    assert server.connections == 0


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "ftp://host/v1"},
        {"base_url": "http://user:pass@host/v1"},
        {"base_url": "http://host/v1?key=1"},
        {"api_key": "a b"},
        {"api_key": "a\nb"},
        {"api_key_env": "NO_SUCH_VARIABLE_HERE"},
        {"api_key": "a", "api_key_env": "PATH"},
        {"ca_file": "no/such/file.pem"},
        {"nonsense": 1},
        {"chunk_timeout_s": 0},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, object]) -> None:
    """Faults of the settings show at the start and not in a call."""
    with pytest.raises(ValidationError):
        Options(**{"base_url": "http://127.0.0.1:1/v1", **options})


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """``api_key_env`` names the variable, so that no key need stand in a file; no repr shows it."""
    monkeypatch.setenv("UPSTREAM_KEY", "sk-env")
    options = Options(base_url="http://127.0.0.1:1/v1", api_key_env="UPSTREAM_KEY")  # type: ignore[arg-type]  # parsed
    assert options.key() == "sk-env"
    assert "sk-env" not in repr(options)


def assert_quotes_nothing(error: CustodyError) -> None:
    """No word of the server stands in what the caller or the log may see."""
    seen = f"{error!r} {error.reason_user} {error.reason_admin} {error.__cause__!r}"
    assert SECRET.decode() not in seen
    assert error.__suppress_context__ or error.__context__ is None

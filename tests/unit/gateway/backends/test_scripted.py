import asyncio
from contextlib import aclosing

import pytest
from loopback_server import call

from gateway.backends.scripted import Options, ScriptedBackend, build
from gateway.domain import JsonObject
from gateway.errors import BackendUnavailable, CustodyError, UpstreamFailed, UpstreamTimeout


async def spoken(backend: ScriptedBackend, text: str = "hello there you") -> list[JsonObject]:
    """Every chunk of one streamed call."""
    async with aclosing(backend.stream(call(text))) as chunks:
        return [body async for each in chunks for body in each.bodies]


def text_of(chunks: list[JsonObject]) -> str:
    """The content of all chunks."""
    return "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])  # type: ignore[index,union-attr,call-overload]  # JSON


async def test_echo_says_what_it_was_asked() -> None:
    """The plain and the streamed echo are the last message, to the character."""
    backend = build(Options())
    assert (await backend.complete(call("a  b"))).body["choices"][0]["message"]["content"] == "a  b"  # type: ignore[index,call-overload]  # JSON
    assert text_of(await spoken(backend, "a  b ")) == "a  b "


async def test_chunks_are_sent_as_written() -> None:
    """Each piece of the script is one piece of the stream, then come the end and the usage."""
    chunks = await spoken(build(Options(reply="chunks", chunks=("<PER", "SON_1>"))))
    assert [c["choices"][0]["delta"].get("content") for c in chunks[:2]] == ["<PER", "SON_1>"]  # type: ignore[index,union-attr,call-overload]  # JSON
    assert chunks[-1]["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


async def test_text_is_cut_to_the_asked_size() -> None:
    """``chunk_chars`` sets the size of each piece."""
    assert len(await spoken(build(Options(reply="text", text="abcdef", chunk_chars=2)))) == 3 + 2


@pytest.mark.parametrize("keep", [True, False])
async def test_prompts_are_kept_only_when_asked(keep: bool) -> None:
    """A prompt stays in memory only where a test wants to look at it."""
    backend = build(Options(keep_prompts=keep))
    await backend.complete(call())
    await spoken(backend)
    assert len(backend.prompts) == (2 if keep else 0)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("unavailable", BackendUnavailable), ("status", UpstreamFailed), ("timeout", UpstreamTimeout)],
)
async def test_early_faults_come_before_any_chunk(fault: str, error: type[CustodyError]) -> None:
    """These faults strike plain and streamed calls alike, before the answer begins."""
    backend = build(Options(fault=fault))  # type: ignore[arg-type]  # parametrized
    with pytest.raises(error):
        await backend.complete(call())
    with pytest.raises(error):
        await anext(backend.stream(call()))


@pytest.mark.parametrize("fault", ["garbage", "half"])
async def test_late_faults_come_after_a_chunk(fault: str) -> None:
    """These faults break an answer that has begun."""
    chunks = build(Options(fault=fault)).stream(call())  # type: ignore[arg-type]  # parametrized
    await anext(chunks)
    with pytest.raises(UpstreamFailed):
        await anext(chunks)


async def test_a_hang_ends_only_by_cancelling() -> None:
    """A hanging answer gives one piece and then nothing."""
    chunks = build(Options(fault="hang")).stream(call())
    await anext(chunks)
    waiting = asyncio.ensure_future(anext(chunks))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_a_closed_stream_is_counted() -> None:
    """A test can see that the gateway closed what its client left."""
    backend = build(Options())
    async with aclosing(backend.stream(call())) as chunks:
        await anext(chunks)
    assert backend.cancelled == 1

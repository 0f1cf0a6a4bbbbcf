"""One answer of the local model, from tokens to pieces of text."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.backends.local_request import Generation
from gateway.backends.local_text import StopReader, TextReader
from gateway.backends.replies import failed
from gateway.errors import UpstreamTimeout

Ending = Literal["", "stop", "length", "failed"]


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """All tokens generated so far, and why no more come; ``ended`` is empty while they do."""

    ids: Sequence[int]
    ended: Ending


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """A piece of the answer, why it ended (or empty), and how many tokens were generated so far."""

    text: str
    finish: str
    tokens: int


class Engine(Protocol):
    """Generates tokens for several requests at once."""

    def submit(
        self, prompt: Sequence[int], generation: Generation, deliver: Callable[[Tokens], None]
    ) -> str | None:
        """Queues one answer and gives its id; None when the engine has stopped.

        ``deliver`` is called on the running event loop after each token.
        """

    def cancel(self, request_id: str) -> None:
        """Takes an answer out of the batch; nothing more is delivered for it."""

    def close(self) -> None:
        """Stops generating; blocks until it has."""


class EngineStopped(Exception):
    """The engine takes no more work."""


class _Latest:
    """The newest tokens: what a slow reader missed is part of what it reads next."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None
        self._arrived = asyncio.Event()

    def put(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._arrived.set()

    async def get(self, end: float) -> Tokens:
        try:
            async with asyncio.timeout_at(end):
                await self._arrived.wait()
        except TimeoutError:
            raise UpstreamTimeout(
                "The model took too long; try again, or ask for fewer tokens.", reason_admin="local model"
            ) from None
        self._arrived.clear()
        assert self._tokens is not None  # noqa: S101 - the event is set only after the tokens
        return self._tokens


async def answer_steps(
    engine: Engine,
    decode: Callable[[Sequence[int]], str],
    prompt: Sequence[int],
    generation: Generation,
    end: float,
) -> AsyncGenerator[Step, None]:
    """The answer to ``prompt``, step by step, the last with its finish; ``end`` is in loop time.

    Closing the generator takes the request out of the batch. Raises ``EngineStopped``, ``UpstreamFailed``
    and ``UpstreamTimeout``.
    """
    latest = _Latest()
    request_id = engine.submit(prompt, generation, latest.put)
    if request_id is None:
        raise EngineStopped
    reading = _Reading(TextReader(decode), StopReader(generation.stops))
    try:
        while not reading.finish:
            step = reading.read(await latest.get(end))
            if step.text or step.finish:
                yield step
    finally:
        if not reading.generated:
            engine.cancel(request_id)


class _Reading:
    """How far one answer has been read."""

    def __init__(self, text: TextReader, stops: StopReader) -> None:
        self._text = text
        self._stops = stops
        self._seen = 0
        self.finish = ""
        self.generated = False

    def read(self, tokens: Tokens) -> Step:
        """What ``tokens`` add; raises ``UpstreamFailed`` when the engine failed."""
        self.generated = bool(tokens.ended)
        if tokens.ended == "failed":
            raise failed("the local model's engine failed")
        new, self._seen = tokens.ids[self._seen :], len(tokens.ids)
        text = self._text.read(new, last=self.generated)
        text = self._stops.read(text, last=self.generated)
        self.finish = "stop" if self._stops.stopped else tokens.ended
        return Step(text, self.finish, self._seen)

"""Replies on their way back: scanned, masked, restored, counted, and on record before they are complete."""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

from audit.entry import Receipt, Record, Result
from gateway.abreast import abreast
from gateway.domain import JsonObject, JsonValue, UnscannedChunks, UnscannedReply
from gateway.errors import ClientGone, CustodyError, InternalError, RetentionUnavailable
from gateway.records import Trail
from gateway.reply_scanning import ReplyScanner, event

_DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A whole answer that the caller may have: its outcome is on record."""

    body: JsonObject
    headers: Mapping[str, str]


@dataclass(slots=True)
class Ledger:
    """Records how one forwarded call ended, once, whatever happens."""

    trail: Trail
    append: Callable[[Record], Awaitable[Receipt]]
    monotonic_ns: Callable[[], int]
    masked: Counter[str] = field(default_factory=Counter)
    usage: tuple[int, int] = (0, 0)
    chunks: int = 0
    finish: str = ""
    closed: bool = False

    async def close(self, error: CustodyError | None = None) -> None:
        """Makes the outcome durable, and the reply where the policy wants it kept.

        Raises ``AuditUnavailable`` or ``RetentionUnavailable`` when it cannot.
        """
        if self.closed:
            return
        self.closed = True
        self.trail.masked = dict(self.masked)
        lost = await self._kept()
        await self.append(self.trail.outcome_record(self._result(error or lost), error or lost))
        if lost is not None and error is None:
            raise lost

    def take(self, body: JsonObject) -> None:
        """Takes down a reply or chunk: that there is one, and all of it where the policy wants it kept."""
        self.chunks += 1
        if self.trail.keeper is not None:
            self.trail.keeper.take(body)

    def count(self, body: JsonObject) -> None:
        """Takes down the token counts of a reply or chunk that has them."""
        usage = body.get("usage")
        if isinstance(usage, dict):
            self.usage = (_tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens"))

    async def _kept(self) -> RetentionUnavailable | None:
        """Keeps the reply where the policy wants it; what prevented it, if something did."""
        if self.trail.keeper is None:
            return None
        try:
            self.trail.payloads = await self.trail.keeper.reply()
        except RetentionUnavailable as lost:
            return lost
        return None

    def _result(self, error: CustodyError | None) -> Result:
        return Result(
            status=error.status if error else 200,
            code=error.code if error else "",
            finish=self.finish,
            prompt_tokens=self.usage[0],
            completion_tokens=self.usage[1],
            chunks=self.chunks,
            duration_us=(self.monotonic_ns() - self.trail.started_ns) // 1000,
        )


async def whole_answer(
    reply: Coroutine[Any, Any, UnscannedReply],
    scanner: ReplyScanner,
    ledger: Ledger,
    headers: Mapping[str, str],
) -> Answer:
    """Awaits a whole reply and makes it the caller's, once its outcome is on record."""
    try:
        unscanned = (await reply).body
        await abreast()
        ledger.take(unscanned)
        ledger.count(unscanned)
        body = await scanner.reply(unscanned)
        ledger.masked.update(scanner.masked)
        ledger.finish = _finish(body)
        await ledger.close()
    except CustodyError as failure:
        await ledger.close(failure)
        raise
    except BaseException as error:
        await ledger.close(ending(error))
        raise
    return Answer(body, headers)


class AuditedStream:
    """A reply as server-sent events. The last events wait until the outcome is on record."""

    def __init__(
        self,
        chunks: AsyncGenerator[UnscannedChunks, None],
        scanner: ReplyScanner,
        ledger: Ledger,
        headers: Mapping[str, str],
    ) -> None:
        self._chunks = chunks
        self._scanner = scanner
        self._ledger = ledger
        self._first: UnscannedChunks | None = None
        self.headers = headers

    async def start(self) -> "AuditedStream":
        """Awaits the first chunk, so that a refusal upstream is still a status and not a broken 200."""
        try:
            self._first = await anext(self._chunks, None)
        except CustodyError as failure:
            await self._ledger.close(failure)
            raise
        except BaseException as error:
            await self._chunks.aclose()
            await self._ledger.close(ending(error))
            raise
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A generator that was never started runs no cleanup of its own, so the stream itself sees to it.
        await self._chunks.aclose()
        await self._ledger.close(ending(error or ClientGone("")))

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The events, each ready to send. Closing the generator early records that the client went away."""
        try:
            async with aclosing(self._chunks):
                async for events in self._scanned():
                    yield events
            last = await self._scanner.finish()
            self._ledger.masked.update(self._scanner.masked)
            await self._ledger.close()
        except CustodyError as failure:
            yield await self._failed(failure)
            return
        except BaseException as error:
            self._ledger.masked.update(self._scanner.masked)
            await self._ledger.close(ending(error))
            raise
        yield b"".join((*map(event, last), _DONE))

    async def _scanned(self) -> AsyncGenerator[bytes, None]:
        """The events, those of chunks that came together in one piece."""
        chunks = self._first
        while chunks is not None:
            ready: list[bytes] = []
            for body in chunks.bodies:
                self._ledger.take(body)
                plain = self._scanner.plain_event(body)
                if plain is not None:
                    ready.append(plain)
                    continue
                if any(ready):
                    # What is ready does not wait for what may have to be looked up.
                    yield b"".join(ready)
                ready = [await self._examined(body)]
            if any(ready):
                yield b"".join(ready)
            chunks = await anext(self._chunks, None)

    async def _examined(self, body: JsonObject) -> bytes:
        self._ledger.count(body)
        self._ledger.finish = _finish(body) or self._ledger.finish
        return b"".join(map(event, await self._scanner.chunk(body)))

    async def _failed(self, failure: CustodyError) -> bytes:
        """The event that tells of a failure after the status was sent; the stream then ends unfinished."""
        self._ledger.masked.update(self._scanner.masked)
        try:
            await self._ledger.close(failure)
        except CustodyError as worse:
            failure = worse
        core = {"message": failure.reason_user, "type": failure.type, "param": None, "code": failure.code}
        return event({"error": cast("JsonValue", {**core, "request_id": self._ledger.trail.request_id})})


def ending(error: BaseException) -> CustodyError:
    """What the log says of a call that was cut short: by its client, or by something nobody foresaw."""
    if isinstance(error, CustodyError):
        return error
    if isinstance(error, Exception):
        return InternalError("Something failed inside the gateway.", reason_admin=type(error).__name__)
    return ClientGone("The client closed the connection.")


def _tokens(usage: dict[str, JsonValue], name: str) -> int:
    value = usage.get(name)
    return min(value, 2**53) if type(value) is int and value >= 0 else 0


def _finish(body: JsonObject) -> str:
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    reason = first.get("finish_reason") if isinstance(first, dict) else None
    return reason if reason in _FINISHES else ""


# Only the known words: a model server must not be able to write text of its own into the log.
_FINISHES = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})

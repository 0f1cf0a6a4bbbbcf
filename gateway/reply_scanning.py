"""A model's reply made the caller's: what it made up is masked, what the caller gave comes back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import orjson

from gateway.domain import JsonObject
from gateway.errors import ContentRefused, RedactionUnavailable, UpstreamFailed
from redaction import errors, walk
from redaction.redactor import Plan, Redaction, Redactor, StreamRedactor

_MARK = "\0"  # in no id and no name of a model
_QUOTED_MARK = b'"\\u0000"'


@dataclass(frozen=True, slots=True, repr=False)
class ReplyOrder:
    """What is asked of one reply: whose values come back, how the rest is treated, how it is labelled.

    The envelope's fields replace those of the reply, for the caller asked for an asset and need not learn
    what its backend calls it.
    """

    redaction: Redaction
    plan: Plan
    restore: bool
    wants_usage: bool
    envelope: JsonObject


class ReplyScanner:
    """Scans and restores one reply, whole or in chunks."""

    def __init__(self, redactor: Redactor, order: ReplyOrder) -> None:
        self._redactor = redactor
        self._order = order
        self._channels: dict[walk.Channel, StreamRedactor] = {}
        self._lines: dict[tuple[int, walk.Kind], _Line] = {}
        self._last: list[JsonObject] = []
        self._latest = order.envelope
        self._begun: set[int] = set()
        self._answering: set[int] = set()  # choices that have said more than their reasoning
        self._masked_whole: Counter[str] = Counter()

    @property
    def masked(self) -> Counter[str]:
        """What the model itself produced and was masked, by entity type."""
        masked = self._masked_whole.copy()
        for channel in self._channels.values():
            masked.update(channel.counts)
        return masked

    async def reply(self, body: JsonObject) -> JsonObject:
        """A whole reply; raises ``UpstreamFailed`` for one that cannot be scanned."""
        with _upstream():
            walked = walk.chat_reply(body)
            texts = [await self._whole(part.text, json=part.json) for part in walked.parts]
            return {**walked.rebuild(texts), **self._order.envelope}

    def plain_event(self, body: JsonObject) -> bytes | None:
        """The event, maybe empty, for a chunk of plain text that goes on with what other chunks began.

        None for every other chunk, which is then for ``chunk``; most chunks are of this kind, and cost a
        tenth of the others.
        """
        said = walk.plain_delta(body)
        line = None if said is None else self._lines.get(said[:2])
        if said is None or line is None or (said[1] != "reasoning" and self._has_thought(said[0])):
            return None
        text = line.redactor.feed_plain(said[2])
        if text is None:
            return None
        if said[2] and said[1] != "reasoning":
            self._answering.add(said[0])
        return line.event(text) if text else b""

    async def chunk(self, body: JsonObject) -> list[JsonObject]:
        """The chunks that may go out now; those that end the reply wait for ``finish``."""
        with _upstream():
            walked = walk.chat_chunk(body)
            texts: dict[walk.Channel, str] = {}
            flushed: list[JsonObject] = []
            for delta in walked.deltas:
                flushed += await self._thought(delta, texts)
                texts[delta.channel] = await self._fed(delta, ends=delta.channel.choice in walked.finished)
            flushed += [chunk for choice in walked.finished for chunk in await self._flush(choice)]
            names = [await self._whole(name, json=False) for name in walked.names]
        self._latest = rebuilt = {
            **walked.rebuild([texts[delta.channel] for delta in walked.deltas], names),
            **self._order.envelope,
        }
        rebuilt["choices"] = [*self._news(cast("list[JsonObject]", rebuilt["choices"]))]
        self._draw_lines(walked.deltas)
        if not self._order.wants_usage:
            rebuilt.pop("usage", None)
        if not rebuilt["choices"] and "usage" not in rebuilt:
            return flushed
        if walked.finished or walked.usage:
            self._last.append(rebuilt)
            return flushed
        return [*flushed, rebuilt]

    async def finish(self) -> list[JsonObject]:
        """What was held back: text that no finish reason followed, then the chunks that end the reply."""
        with _upstream():
            flushed = [
                chunk
                for choice in {each.choice for each in self._channels}
                for chunk in await self._flush(choice)
            ]
        return [*flushed, *self._last]

    def _has_thought(self, choice: int) -> bool:
        """Whether reasoning came and no answer yet, so that something may have to come before it."""
        return choice not in self._answering and walk.Channel(choice, "reasoning") in self._channels

    async def _thought(self, delta: walk.Delta, texts: dict[walk.Channel, str]) -> list[JsonObject]:
        """What was held back of a choice's reasoning, before the first word of its answer.

        Text of this very chunk, in ``texts``, is added to and not overtaken.
        """
        choice = delta.channel.choice
        if not delta.text or delta.channel.kind == "reasoning" or choice in self._answering:
            return []
        self._answering.add(choice)
        reasoning = walk.Channel(choice, "reasoning")
        redactor = self._channels.get(reasoning)
        rest = await redactor.finish() if redactor else ""
        if reasoning in texts:
            texts[reasoning] += rest
            return []
        return [walk.chunk_for(self._latest, reasoning, rest)] if rest else []

    def _news(self, choices: Sequence[JsonObject]) -> list[JsonObject]:
        """The choices that say anything; the role, which some servers repeat in each chunk, is said once."""
        for choice in choices:
            index, delta = cast("int", choice["index"]), cast("JsonObject", choice["delta"])
            if index in self._begun:
                delta.pop("role", None)
            elif delta:
                self._begun.add(index)
        return [choice for choice in choices if choice["delta"] or choice.get("finish_reason") is not None]

    def _draw_lines(self, deltas: Sequence[walk.Delta]) -> None:
        for delta in deltas:
            channel = delta.channel
            if not delta.json and channel.choice in self._begun:
                place = (channel.choice, channel.kind)
                if place not in self._lines:
                    self._lines[place] = _line(self._channels[channel], self._latest, channel)

    async def _whole(self, text: str, *, json: bool) -> str:
        order = self._order
        reply = await self._redactor.redact_reply(
            order.redaction, order.plan, text, restore=order.restore, json_strings=json
        )
        self._masked_whole.update(reply.counts)
        return reply.text

    async def _fed(self, delta: walk.Delta, *, ends: bool) -> str:
        channel = self._channels.get(delta.channel)
        if channel is None:
            order = self._order
            channel = self._channels[delta.channel] = self._redactor.redact_stream(
                order.redaction, order.plan, restore=order.restore, json_strings=delta.json
            )
        text = await channel.feed(delta.text)
        return text + await channel.finish() if ends else text

    async def _flush(self, choice: int) -> list[JsonObject]:
        """Chunks with what the channels of a choice still held back."""
        chunks = []
        for channel, redactor in self._channels.items():
            if channel.choice == choice and (text := await redactor.finish()):
                chunks.append(walk.chunk_for(self._latest, channel, text))
        return chunks


@dataclass(frozen=True, slots=True, repr=False)
class _Line:
    """The event of one channel, all but its text."""

    redactor: StreamRedactor
    head: bytes
    tail: bytes

    def event(self, text: str) -> bytes:
        return self.head + orjson.dumps(text) + self.tail


def event(body: JsonObject) -> bytes:
    """A server-sent event."""
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _line(redactor: StreamRedactor, envelope: JsonObject, channel: walk.Channel) -> _Line:
    head, _, tail = event(walk.chunk_for(envelope, channel, _MARK)).partition(_QUOTED_MARK)
    return _Line(redactor, head, tail)


@contextmanager
def _upstream() -> Iterator[None]:
    """Turns what redaction raises about a reply into what its caller is told."""
    try:
        yield
    except errors.RefusedByPlan as error:
        raise ContentRefused(str(error)) from None
    except (errors.UnknownField, errors.InvalidField, errors.UnscannableContent) as error:
        raise UpstreamFailed(
            "The model server's answer is not one that can be scanned.", reason_admin=error.path
        ) from None
    except errors.RedactionError as error:
        raise RedactionUnavailable(
            "The answer could not be scanned, so it was held back.", reason_admin=str(error)
        ) from error

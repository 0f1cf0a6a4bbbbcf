"""The gateway's way into redaction: bodies in, typed calls and typed errors out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from gateway.circumstances import Contents
from gateway.domain import JsonObject, Obligations, Operator, RedactedPrompt
from gateway.errors import (
    ContentRefused,
    InvalidBody,
    RedactionUnavailable,
    UnsupportedParameter,
    UpstreamFailed,
)
from redaction import errors, walk
from redaction.redactor import Plan, Redaction, Redactor, Scan, Scope, StreamRedactor


@dataclass(frozen=True, slots=True, repr=False)
class ScannedCall:
    """A request body of which it is known what it holds; ``contents`` is what a policy may know."""

    contents: Contents
    walk: walk.RequestWalk
    scan: Scan
    scope: Scope


@dataclass(frozen=True, slots=True, repr=False)
class RedactedCall:
    """A request that a backend may see, and what is needed to give the caller its own values back."""

    prompt: RedactedPrompt
    redaction: Redaction
    stream: bool
    wants_usage: bool


class Scanner:
    """Scans and redacts requests, and scans and restores their replies."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    @property
    def engine(self) -> str:
        """Digest over all that decides what is found."""
        return self._redactor.digest

    async def warm(self) -> None:
        """Returns once the detectors are ready, so that no call waits for what they still compile."""
        await self._redactor.scan(["ready?"], department="")

    async def scan(self, body: JsonObject, department: str) -> ScannedCall:
        """What the body holds; raises for a body that cannot be scanned, and when scanning fails."""
        with _requested():
            walked = walk.chat_request(body)
            scan = await self._redactor.scan(walked.texts, department=department)
            scope = Scope(department, self._redactor.conversation(walked.opening, department))
        return ScannedCall(_contents(walked, scan), walked, scan, scope)

    def redact(self, scanned: ScannedCall, obligations: Obligations) -> RedactedCall:
        """The body with every finding as its obligation says; raises ``ContentRefused``."""
        with _requested():
            plan = _plan(obligations.prompt)
            redaction = self._redactor.redact(scanned.scan, plan, scanned.scope)
            body = scanned.walk.rebuild(redaction.texts)
        walked = scanned.walk
        return RedactedCall(RedactedPrompt(body), redaction, walked.stream, walked.wants_usage)

    def replies(
        self, call: RedactedCall, obligations: Obligations, model: str, request_id: str
    ) -> "ReplyScanner":
        """What makes the model's reply the caller's."""
        envelope: JsonObject = {"id": f"chatcmpl-{request_id}", "model": model}
        return ReplyScanner(self._redactor, call, obligations, envelope)


class ReplyScanner:
    """Makes one reply the caller's: masks what the model made up, restores what the caller gave.

    ``masked`` counts what was masked, by entity type. The envelope's fields replace those of the reply, for
    the caller asked for an asset and need not learn what its backend calls it.
    """

    def __init__(
        self, redactor: Redactor, call: RedactedCall, obligations: Obligations, envelope: JsonObject
    ) -> None:
        self._redactor = redactor
        self._call = call
        self._plan = _plan(obligations.reply)
        self._restore = obligations.restore
        self._envelope = envelope
        self._channels: dict[walk.Channel, StreamRedactor] = {}
        self._last: list[JsonObject] = []
        self._latest = envelope
        self._begun: set[int] = set()
        self._masked_whole: Counter[str] = Counter()

    @property
    def masked(self) -> Counter[str]:
        """What the model itself produced and was masked, by entity type."""
        streamed = (Counter(channel.counts) for channel in self._channels.values())
        return sum(streamed, self._masked_whole.copy())

    async def reply(self, body: JsonObject) -> JsonObject:
        """A whole reply; raises ``UpstreamFailed`` for one that cannot be scanned."""
        with _upstream():
            walked = walk.chat_reply(body)
            texts = [await self._whole(part.text, json=part.json) for part in walked.parts]
            return {**walked.rebuild(texts), **self._envelope}

    async def chunk(self, body: JsonObject) -> list[JsonObject]:
        """The chunks that may go out now; those that end the reply wait for ``finish``."""
        with _upstream():
            walked = walk.chat_chunk(body)
            texts = [
                await self._fed(delta, ends=delta.channel.choice in walked.finished)
                for delta in walked.deltas
            ]
            flushed = [chunk for choice in walked.finished for chunk in await self._flush(choice)]
            names = [await self._whole(name, json=False) for name in walked.names]
            rebuilt = {**walked.rebuild(texts, names), **self._envelope}
        self._latest = rebuilt
        rebuilt["choices"] = [
            each for each in cast("list[JsonObject]", rebuilt["choices"]) if self._tells(each)
        ]
        if not self._call.wants_usage:
            rebuilt.pop("usage", None)
        if not rebuilt.get("choices") and "usage" not in rebuilt:
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

    def _tells(self, choice: JsonObject) -> bool:
        """Whether a choice says anything new: one whose text is held back repeats only its role."""
        if choice.get("finish_reason") is not None or choice.get("delta") != {"role": "assistant"}:
            return True
        index = cast("int", choice["index"])
        first = index not in self._begun
        self._begun.add(index)
        return first

    async def _whole(self, text: str, *, json: bool) -> str:
        reply = await self._redactor.redact_reply(
            self._call.redaction, self._plan, text, restore=self._restore, json_strings=json
        )
        self._masked_whole.update(reply.counts)
        return reply.text

    async def _fed(self, delta: walk.Delta, *, ends: bool) -> str:
        channel = self._channels.get(delta.channel)
        if channel is None:
            channel = self._redactor.redact_stream(
                self._call.redaction, self._plan, restore=self._restore, json_strings=delta.json
            )
            self._channels[delta.channel] = channel
        text = await channel.feed(delta.text)
        return text + await channel.finish() if ends else text

    async def _flush(self, choice: int) -> list[JsonObject]:
        """Chunks with what the channels of a choice still held back."""
        chunks = []
        for channel, redactor in self._channels.items():
            if channel.choice == choice and (text := await redactor.finish()):
                chunks.append(walk.chunk_for(self._latest, channel, text))
        return chunks


@contextmanager
def _requested() -> Iterator[None]:
    """Turns what redaction raises about a request into what its caller is told."""
    try:
        yield
    except errors.UnknownField as error:
        raise UnsupportedParameter(str(error), param=error.path) from None
    except (errors.InvalidField, errors.UnscannableContent) as error:
        raise InvalidBody(str(error), param=error.path) from None
    except errors.RefusedByPlan as error:
        raise ContentRefused(str(error)) from None
    except errors.RedactionError as error:
        raise RedactionUnavailable(
            "What the request holds could not be established, so it was not let through.",
            reason_admin=str(error),
        ) from error


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


def _plan(obligations: Mapping[str, Operator]) -> Plan:
    return _planned(tuple(obligations.items()))


@lru_cache(maxsize=1024)  # obligations are those of the policies' rules, so they repeat
def _planned(obligations: tuple[tuple[str, Operator], ...]) -> Plan:
    return Plan({entity_type: operator.value for entity_type, operator in obligations})


def _contents(walked: walk.RequestWalk, scan: Scan) -> Contents:
    return Contents(
        findings=scan.counts,
        secrets=scan.secrets,
        corpora=scan.corpora,
        stream=walked.stream,
        tools=walked.tools,
        max_tokens=walked.max_tokens,
    )

from collections.abc import AsyncGenerator
from typing import Any, cast

import orjson

from audit.entry import PayloadCommitment, Receipt, Record
from audit.payloads.key_store import Owner
from gateway.domain import Action, Obligations, Operator, UnscannedChunks
from gateway.records import Trail
from gateway.retention import Keeper
from gateway.scanning import Scanner
from gateway.streaming import AuditedStream, Ledger
from redaction.memory import ScanMemory
from redaction.redactor import Redactor

OBLIGATIONS = Obligations(prompt={"*": Operator.REPLACE}, reply={"*": Operator.MASK})
BODY: Any = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
WORDS = ("thank ", "you ", "for ", "your ", "letter ")


class Shelf:
    """Keeps what it is given in memory."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    async def keep(
        self, owner: Owner, request_id: str, kind: str, payload: bytes, asset: str
    ) -> PayloadCommitment:
        """Keeps one."""
        self.kept.append(payload)
        return cast("PayloadCommitment", None)


class Kept(Trail):
    """A trail whose record is not looked at."""

    def outcome_record(self, *told: object) -> Record:
        """No record."""
        return cast("Record", None)


async def unrecorded(record: Record) -> Receipt:
    """A log that takes everything."""
    return cast("Receipt", None)


def chunk(delta: Any, finish: str | None = None) -> Any:
    """A chunk as it comes from a model server."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "choices": [choice]}


async def source(together: bool) -> AsyncGenerator[UnscannedChunks, None]:
    """A reply in plain words, of which all but the ends come together where ``together``."""
    words = tuple(chunk({"content": word}) for word in WORDS)
    yield UnscannedChunks((chunk({"role": "assistant", "content": ""}),))
    for piece in (words,) if together else ((word,) for word in words):
        yield UnscannedChunks(piece)
    yield UnscannedChunks((chunk({}, finish="stop"),))


async def streamed(ledger: Ledger, *, together: bool) -> list[bytes]:
    """The events of that reply."""
    scanner = Scanner(Redactor([], key=b"k" * 32, memory=ScanMemory()))
    call = scanner.redact(await scanner.scan(BODY, "retail"), OBLIGATIONS)
    stream = AuditedStream(source(together), scanner.replies(call, OBLIGATIONS, "asset", "1"), ledger, {})
    return [event async for event in (await stream.start()).events()]


def ledger_with(keeper: Keeper | None = None) -> Ledger:
    """A ledger of one call."""
    trail = Kept("1", Action.CHAT, 0)
    trail.keeper = keeper
    return Ledger(trail, unrecorded, lambda: 0)


async def test_a_kept_reply_is_kept_whole() -> None:
    """What the policy wants kept holds every chunk, those that take the short way too."""
    shelf = Shelf()
    await streamed(ledger_with(Keeper(shelf, cast("Owner", None), "1", "support-tone")), together=True)
    (reply,) = shelf.kept
    assert all(orjson.dumps(word) in reply for word in WORDS)
    assert b'"stop"' in reply


async def test_what_came_together_leaves_together() -> None:
    """Chunks of one piece are one write and still one event each; chunks that come alone leave alone."""
    together, apart = [await streamed(ledger_with(), together=each) for each in (True, False)]
    assert len(together) < len(apart)
    assert b"".join(together) == b"".join(apart)
    assert b"".join(together).count(b"data: ") == len(WORDS) + 3


async def test_every_chunk_is_counted() -> None:
    """The record counts the chunks of the model, whichever way they went, and how the reply ended."""
    ledger = ledger_with()
    await streamed(ledger, together=True)
    assert (ledger.chunks, ledger.finish) == (len(WORDS) + 2, "stop")

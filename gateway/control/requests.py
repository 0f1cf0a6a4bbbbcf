"""Requests that were done once, so that the same request sent again is answered and not done again."""

from dataclasses import dataclass
from hashlib import sha256

import orjson
from sqlalchemy import Column, Connection, Table, Text, insert, select

from gateway.control.changes import Change
from gateway.control.operations import Acting, Outcome
from gateway.control.schema import METADATA, WIDE
from gateway.errors import IdempotencyKeyReused

DONE = Table(
    "operation_request",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("revision", WIDE, nullable=False),
    Column("at_us", WIDE, nullable=False),
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class Performed:
    """An operation that took effect: what it tells, and the revision that it made.

    Where two people are needed, ``proposal`` names what waits for the second, and nothing else took effect.
    ``again`` is true if the same request was done before and this is its answer.
    """

    outcome: Outcome
    revision: int
    proposal: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request under a key that its sender chose; ``digest`` says what was asked."""

    id: str
    digest: str


def request(acting: Acting, key: str, asked: str) -> Request:
    """The request of whoever acts; keys of two subjects never meet."""
    return Request(
        sha256(f"{acting.subject.id}\n{key}".encode()).hexdigest(), sha256(asked.encode()).hexdigest()
    )


def earlier(connection: Connection, request: Request) -> Performed | None:
    """How the request ended when it was done; raises ``IdempotencyKeyReused`` if another was asked."""
    row = connection.execute(select(DONE).where(DONE.c.id == request.id)).one_or_none()
    if row is None:
        return None
    if row.digest != request.digest:
        raise IdempotencyKeyReused(
            "This idempotency key came with another request before; take a new key for a new request."
        )
    return Performed(orjson.loads(row.outcome), row.revision, row.proposal, again=True)


def keep(change: Change, request: Request, performed: Performed) -> None:
    """Remembers how the request ended, in the change that did it."""
    change.connection.execute(
        insert(DONE).values(
            id=request.id,
            digest=request.digest,
            outcome=orjson.dumps(performed.outcome).decode(),
            proposal=performed.proposal,
            revision=performed.revision,
            at_us=change.at_us,
        )
    )

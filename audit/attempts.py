"""Asks the log what it has of a request: whether it was begun before, and what was recorded of it."""

from dataclasses import dataclass

from sqlalchemy import Engine, select

from audit.entry import Entry, EntryType, Facts
from audit.leaf import decode_entry
from audit.schema import ENTRY

# What an intent's ``detail`` says of the body that came with its key.
BODY = "attempt_body"


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier attempt that stands in the way: one that still runs, or that was answered."""

    body: Facts
    answered: bool


def find_earlier(reader: Engine, attempt: str, before: int, since_us: int) -> Earlier | None:
    """The first attempt below index ``before`` that runs or was answered; None lets a call go ahead.

    The log's order decides which of several came first: an entry is visible only with all below it. An
    attempt that ended in an error, or whose end is unknown, stands in nobody's way.
    """
    intent, outcome = ENTRY.alias(), ENTRY.alias()
    ended = (
        (outcome.c.request_id == intent.c.request_id)
        & (outcome.c.type == EntryType.OUTCOME.value)
        & (outcome.c.intent == intent.c.id)
    )
    query = (
        select(intent.c.leaf, outcome.c.idx)
        .select_from(intent.outerjoin(outcome, ended))
        .where(
            intent.c.attempt == attempt,
            # Said so that the partial index is taken.
            intent.c.attempt != "",
            intent.c.idx < before,
            intent.c.wall_us >= since_us,
            outcome.c.idx.is_(None) | (outcome.c.code == ""),
        )
        .order_by(intent.c.idx)
        .limit(1)
    )
    with reader.connect() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Earlier(decode_entry(row[0]).record.detail.get(BODY), row[1] is not None)


def entries_of_request(reader: Engine, request_id: str) -> tuple[Entry, ...]:
    """The entries of one request id, in the log's order."""
    query = select(ENTRY.c.leaf).where(ENTRY.c.request_id == request_id).order_by(ENTRY.c.idx)
    with reader.connect() as connection:
        return tuple(decode_entry(leaf) for leaf in connection.scalars(query))

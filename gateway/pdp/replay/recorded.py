"""Decisions as the log holds them, read from leaf bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import orjson
from sqlalchemy import Connection, select

from audit.entry import EntryType
from audit.schema import ENTRY
from gateway.domain import JsonObject

DECIDED = (EntryType.INTENT, EntryType.DENIED)
"""The entries that tell of a decision; an outcome only says how it went on."""


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """One decision on record: whose, on what, how it came out, and the facts that it was made from.

    ``rules`` are those of the side that won, the deciding one first. ``facts`` are the policy's input.
    """

    index: int
    id: str
    request_id: str
    wall_us: int
    department: str
    asset: str
    effect: Literal["allow", "deny"]
    rules: tuple[str, ...]
    revision: str
    facts: JsonObject

    @property
    def allow(self) -> bool:
        """Whether the call was allowed."""
        return self.effect == "allow"


@dataclass(frozen=True, slots=True)
class Undecided:
    """A call on record that ended before the policy was asked, and the code it ended with."""

    index: int
    wall_us: int
    code: str


def read_recorded(index: int, leaf: bytes) -> RecordedDecision | Undecided:
    """What an entry of a type in ``DECIDED`` tells.

    The leaf is believed as it stands: whether it is the one that was written, ``custody audit verify`` says.
    """
    members = orjson.loads(leaf)
    decision, wall_us = members["decision"], members["time"]["wall_us"]
    if decision is None:
        return Undecided(index, wall_us, (members["result"] or {}).get("code", ""))
    actor, resource = members["actor"], members["resource"]
    return RecordedDecision(
        index=index,
        id=decision["id"],
        request_id=members["request_id"],
        wall_us=wall_us,
        department=actor["department"] if actor else "",
        asset=resource["id"] if resource else "",
        effect=cast("Literal['allow', 'deny']", decision["effect"]),
        rules=tuple(decision["rules"]),
        revision=decision["policy_revision"],
        facts=decision["facts"],
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Entries from index ``first`` to before ``end`` whose time is from ``from_us`` to before ``to_us``."""

    first: int
    end: int
    from_us: int
    to_us: int


def read_span(connection: Connection, span: Span) -> Iterator[RecordedDecision | Undecided]:
    """Every call in a span, in the order of the log."""
    query = (
        select(ENTRY.c.idx, ENTRY.c.leaf)
        .where(
            ENTRY.c.idx >= span.first,
            ENTRY.c.idx < span.end,
            ENTRY.c.type.in_([kind.value for kind in DECIDED]),
            ENTRY.c.wall_us >= span.from_us,
            ENTRY.c.wall_us < span.to_us,
        )
        .order_by(ENTRY.c.idx)
    )
    for index, leaf in connection.execution_options(yield_per=1_000).execute(query):
        yield read_recorded(index, leaf)

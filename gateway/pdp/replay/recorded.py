"""Decisions as the log holds them, read from leaf bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import orjson
from sqlalchemy import Connection, func, select

from audit.entry import EntryType
from audit.errors import EntryNotFound
from audit.query import LogReader
from audit.schema import ENTRY
from gateway.domain import JsonObject

DECIDED = (EntryType.INTENT, EntryType.DENIED)
"""The entries that tell of a decision on a call; an outcome only says how it went on."""

_FOUND = (*DECIDED, EntryType.EVALUATED)


_UUID_DIGITS, _HEX = 32, frozenset("0123456789abcdef")
# A decision is recorded at once: what is looked through is what several replicas' clocks may differ by.
_BEFORE_US, _AFTER_US = 60_000_000, 120_000_000


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


def read_span(
    connection: Connection, span: Span, kinds: Sequence[EntryType] = DECIDED
) -> Iterator[RecordedDecision | Undecided]:
    """Every call in a span, in the order of the log."""
    query = (
        select(ENTRY.c.idx, ENTRY.c.leaf)
        .where(
            ENTRY.c.idx >= span.first,
            ENTRY.c.idx < span.end,
            ENTRY.c.type.in_([kind.value for kind in kinds]),
            ENTRY.c.wall_us >= span.from_us,
            ENTRY.c.wall_us < span.to_us,
        )
        .order_by(ENTRY.c.idx)
    )
    for index, leaf in connection.execution_options(yield_per=1_000).execute(query):
        yield read_recorded(index, leaf)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Calls from ``from_us`` to before ``to_us``, of a department and on an asset where these are named."""

    from_us: int
    to_us: int
    department: str = ""
    asset: str = ""


def newest_leaves(connection: Connection, wanted: Wanted, most: int) -> Iterator[tuple[int, bytes]]:
    """Index and leaf of the last so many calls, the newest first."""
    query = select(ENTRY.c.idx, ENTRY.c.leaf).where(
        ENTRY.c.type.in_([kind.value for kind in DECIDED]),
        ENTRY.c.wall_us >= wanted.from_us,
        ENTRY.c.wall_us < wanted.to_us,
    )
    if wanted.department:
        query = query.where(ENTRY.c.department == wanted.department)
    if wanted.asset:
        query = query.where(ENTRY.c.resource == wanted.asset)
    query = query.order_by(ENTRY.c.idx.desc()).limit(most)
    rows = connection.execution_options(yield_per=1_000).execute(query)
    return ((index, leaf) for index, leaf in rows)


def extent(connection: Connection, from_us: int, to_us: int) -> tuple[Span, int, int]:
    """Where in the log a time's entries lie, and the times of the first and the last; zeros for none."""
    columns = (
        func.min(ENTRY.c.idx),
        func.max(ENTRY.c.idx),
        func.min(ENTRY.c.wall_us),
        func.max(ENTRY.c.wall_us),
    )
    within = (ENTRY.c.wall_us >= from_us, ENTRY.c.wall_us < to_us)
    # The index by department holds both columns, so no leaf is read for this.
    first, last, first_us, last_us = connection.execute(select(*columns).where(*within)).one()
    if first is None:
        return Span(0, 0, from_us, to_us), 0, 0
    return Span(first, last + 1, from_us, to_us), first_us, last_us


def find_recorded(reader: LogReader, name: str) -> RecordedDecision:
    """The decision of a decision id; or of an entry id, request id or index whose entry holds one.

    Raises ``audit.errors.EntryNotFound``.
    """
    with reader.connect() as connection:
        for call in _around(connection, name):
            if isinstance(call, RecordedDecision) and call.id == name:
                return call
    for located in reader.find(name):
        if located.entry.record.type in _FOUND:
            call = read_recorded(located.index, located.leaf)
            if isinstance(call, RecordedDecision):
                return call
    raise EntryNotFound(f"The call {name!r} is on record without a decision: the policy was never asked.")


def _around(connection: Connection, name: str) -> Iterator[RecordedDecision | Undecided]:
    """The calls recorded about when a decision id was made: its first 48 bits are the milliseconds."""
    digits = name.replace("-", "")
    if len(digits) != _UUID_DIGITS or not set(digits) <= _HEX:
        return
    made_us = int(digits[:12], 16) * 1000
    span, _, _ = extent(connection, made_us - _BEFORE_US, made_us + _AFTER_US)
    yield from read_span(connection, span, _FOUND)

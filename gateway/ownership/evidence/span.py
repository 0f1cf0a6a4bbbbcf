"""A closed range of the log, read once for all who count in it: the cost grows with the range alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict, cast

import orjson

from audit.entry import Facts
from audit.errors import ExportRefused, LogCorrupted
from audit.query import LogReader
from audit.search import index_bounds
from gateway.progress import Progress, silent

_TOLD_EVERY = 20_000


@dataclass(frozen=True, slots=True)
class Span:
    """Entries from index ``first`` up to ``end``, those between two moments.

    ``since_us`` is the first moment that is in, ``until_us`` the first that is out; 0 does not bound.
    """

    first: int
    end: int
    since_us: int = 0
    until_us: int = 0

    def facts(self) -> dict[str, Facts]:
        """The span as records and dossiers tell it."""
        return {
            "first": self.first,
            "end": self.end,
            "since_us": self.since_us,
            "until_us": self.until_us,
        }

    def holds(self, wall_us: int) -> bool:
        """Whether this moment is within the bounds of time."""
        return wall_us >= self.since_us and (not self.until_us or wall_us < self.until_us)


def chosen(reader: LogReader, asked: Span) -> Span:
    """The span that is asked for, no longer than it must be; an ``end`` below 0 stands for all there is.

    Raises ExportRefused where no entry is of that time.
    """
    first, end = asked.first, asked.end if asked.end >= 0 else reader.size()
    if asked.since_us or asked.until_us:
        bounds = index_bounds(reader, asked.since_us, asked.until_us)
        if bounds is None:
            raise ExportRefused("No entry is of that time.")
        first, end = max(first, bounds[0]), min(end, bounds[1])
    return Span(first, end, asked.since_us, asked.until_us)


# What a leaf holds, as far as anybody counts it; audit/README.md describes all of it.


class LeafTime(TypedDict):  # noqa: D101 - as the comment says
    wall_us: int


class LeafActor(TypedDict):  # noqa: D101 - as above
    id: str
    department: str


class LeafResource(TypedDict):  # noqa: D101 - as above
    id: str
    owner: str


class LeafDecision(TypedDict):  # noqa: D101 - as above
    id: str
    effect: str
    policy_revision: str
    rules: list[str]
    facts: dict[str, Facts]


class LeafRedaction(TypedDict):  # noqa: D101 - as above
    engine: str
    counts: dict[str, int]


class LeafResult(TypedDict):  # noqa: D101 - as above
    status: int
    code: str
    prompt_tokens: int
    completion_tokens: int
    duration_us: int


class Leaf(TypedDict):
    """An entry as its leaf spells it."""

    type: str
    id: str
    request_id: str
    time: LeafTime
    actor: LeafActor | None
    resource: LeafResource | None
    decision: LeafDecision | None
    redaction: LeafRedaction | None
    result: LeafResult | None
    intent: str
    detail: dict[str, Facts]


class Counting(Protocol):
    """Counts something, entry by entry."""

    def take(self, index: int, leaf: Leaf) -> None:
        """Counts one entry."""


def read_span(
    reader: LogReader, span: Span, counting: Sequence[Counting], progress: Progress = silent
) -> None:
    """Shows every entry of the span, in order, to everyone who counts.

    Leaves are taken as they stand: that nobody changed them is for ``custody audit verify`` to say. Raises
    ExportRefused for a span that the log does not hold, LogCorrupted for a leaf that is missing or no entry.
    """
    if not 0 <= span.first < span.end <= reader.size():
        raise ExportRefused(
            f"Entries {span.first} to {span.end} are not a range of this log of {reader.size()} entries."
        )
    for index, raw in reader.leaves(span.first, span.end):
        if index % _TOLD_EVERY == 0:
            progress("Reading the log", (index - span.first) / (span.end - span.first))
        try:
            leaf = cast("Leaf", orjson.loads(raw))
            if span.holds(leaf["time"]["wall_us"]):
                for each in counting:
                    each.take(index, leaf)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LogCorrupted(index, "the leaf does not read as an entry") from error

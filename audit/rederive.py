"""Derives one range of a log again from its leaf bytes, and holds what is stored beside them against it.

Ranges are worked on side by side; what they say of each other is held together by ``stitch``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from audit.chains import Outcome, Span
from audit.checkpoint import open_checkpoint
from audit.database import cause
from audit.entry import EntryType
from audit.errors import InvalidEntry, InvalidNote
from audit.glance import Glance, glance
from audit.note import Verifier
from audit.schema import CHECKPOINT, ENTRY_COLUMNS, TILE
from audit.tlog import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH, complete_root, node_hash

# The leaves under one tile of level 1.
RANGE = TILE_WIDTH * TILE_WIDTH
_PAGE = 16 * TILE_WIDTH
_SELECT = f"SELECT {', '.join(ENTRY_COLUMNS)} FROM entry"  # noqa: S608 - names are ours
# A damaged page can give a value of any type, or text that is not text.
UNREADABLE = (SQLAlchemyError, TypeError, ValueError)
_INTENT_COLUMN = ENTRY_COLUMNS.index("intent") - 2
_INTENT, _OUTCOME = EntryType.INTENT.value, EntryType.OUTCOME.value


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction; ``index`` is the entry that it shows at, or None if it is in no entry."""

    index: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Task:
    """One range of the leaves, the tree's size, and its partial tiles by level as they were at one moment."""

    start: int
    end: int
    tree_size: int
    tree_root: bytes
    edge: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Stop:
    """A size at which a root was stored: in a checkpoint, or (``signed`` is false) as the tree's.

    ``inner`` is the frontier of the range's part of that tree, as (level, hash), largest first.
    """

    size: int
    root: bytes
    signed: bool
    inner: tuple[tuple[int, bytes], ...]


@dataclass(slots=True)
class Derived:
    """What a range came to, up to ``end``: its end, or the first entry that something contradicts.

    ``opened``: by entry id, index and request of each intent that has no outcome in the range.
    """

    start: int
    end: int
    finding: Finding | None = None
    frontier: list[tuple[int, bytes]] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    opened: dict[str, tuple[int, str]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    pairs: int = 0
    revisions: Counter[str] = field(default_factory=Counter)


def derive(connection: Connection, verifier: Verifier, task: Task) -> Derived:
    """Derive one range; what goes wrong is a finding at its first bad entry, never an error."""
    walk = _Walk(connection, verifier, task)
    try:
        walk.run()
    except _Bad as bad:
        walk.fail(bad.index, bad.what)
    except UNREADABLE as error:
        walk.fail(walk.derived.end, f"the database cannot be read from here on: {describe(error)}")
    return walk.derived


def describe(error: Exception) -> str:
    """What failed, in the words of the database driver, which know no values."""
    if isinstance(error, SQLAlchemyError):
        return cause(error)
    return f"a value of a wrong kind ({type(error).__name__})"


class _Bad(Exception):
    """The first entry of the range that something contradicts."""

    def __init__(self, index: int, what: str) -> None:
        super().__init__(what)
        self.index = index
        self.what = what


class _Walk:
    """One pass over the leaves of a range, tile by tile."""

    def __init__(self, connection: Connection, verifier: Verifier, task: Task) -> None:
        self._connection = connection
        self._verifier = verifier
        self._task = task
        self._level_1: list[bytes] = []
        self.derived = Derived(task.start, task.start)

    def run(self) -> None:
        """Walk to the end of the range; raises _Bad."""
        task = self._task
        stored = self._tiles(0, task.start >> TILE_HEIGHT, (task.end + TILE_WIDTH - 1) >> TILE_HEIGHT)
        stops = self._stops()
        for page in range(task.start, task.end, _PAGE):
            rows = self._rows(page, min(page + _PAGE, task.end))
            for first in range(page, min(page + _PAGE, task.end), TILE_WIDTH):
                at = first - page
                self._tile(first, rows[at : at + TILE_WIDTH], stored.get(first >> TILE_HEIGHT, b""), stops)
        self._check_level_1()

    def fail(self, index: int, what: str) -> None:
        """Note what is wrong."""
        self.derived.finding = Finding(index, what)

    def _rows(self, start: int, end: int) -> Sequence[Sequence[Any]]:
        query = f"{_SELECT} WHERE idx >= {start:d} AND idx < {end:d} ORDER BY idx"
        return self._connection.exec_driver_sql(query).fetchall()

    def _tiles(self, level: int, start: int, end: int) -> dict[int, bytes]:
        query = select(TILE.c.number, TILE.c.hashes).where(
            TILE.c.level == level, TILE.c.number >= start, TILE.c.number < end
        )
        return {row.number: row.hashes for row in self._connection.execute(query)}

    def _stops(self) -> list[Stop]:
        """Every size in the range at which a root is stored, largest first; raises _Bad for a bad note."""
        task, found = self._task, []
        query = (
            select(CHECKPOINT.c.size, CHECKPOINT.c.note)
            .where(CHECKPOINT.c.size > task.start, CHECKPOINT.c.size <= min(task.end, task.tree_size))
            .order_by(CHECKPOINT.c.size)
        )
        for size, note in self._connection.execute(query):
            try:
                checkpoint = open_checkpoint(note, self._verifier)
            except InvalidNote as error:
                raise _Bad(task.start, f"the checkpoint of {size} entries: {error}") from error
            if checkpoint.size != size:
                raise _Bad(task.start, f"the checkpoint of {size} entries says {checkpoint.size}")
            found.append(Stop(size, checkpoint.root, signed=True, inner=()))
        if task.start < task.tree_size <= task.end:
            found.append(Stop(task.tree_size, task.tree_root, signed=False, inner=()))
        return sorted(found, key=lambda stop: stop.size, reverse=True)

    def _tile(self, first: int, rows: Sequence[Sequence[Any]], stored: bytes, stops: list[Stop]) -> None:
        """Derive the leaves of one tile of level 0, and compare it."""
        hashes: list[bytes] = []
        try:
            self._entries(first, rows, hashes)
            wanted = min(first + TILE_WIDTH, self._task.end)
            if first + len(hashes) < wanted:
                raise _Bad(first + len(hashes), "the entry is missing")
        finally:
            # A tile that differs before the bad entry names an earlier one.
            self._check_tile(first, hashes, stored)
        while stops and stops[-1].size <= first + len(hashes):
            stop = stops.pop()
            inner = (*self.derived.frontier, *_frontier(hashes[: stop.size - first]))
            self.derived.stops.append(Stop(stop.size, stop.root, stop.signed, inner))
        if len(hashes) == TILE_WIDTH:
            node = complete_root(hashes)
            self._level_1.append(node)
            push(self.derived.frontier, TILE_HEIGHT, node)
        else:
            self.derived.frontier += _frontier(hashes)

    def _entries(self, first: int, rows: Sequence[Sequence[Any]], hashes: list[bytes]) -> None:
        """Check each row by itself and against the entries before it in the range; gives leaf hashes."""
        derived, spans, opened = self.derived, self.derived.spans, self.derived.opened
        for place, row in enumerate(rows, first):
            leaf = row[1]
            if row[0] != place:
                raise _Bad(place, f"the entry is missing; the next one there is has index {row[0]}")
            columns, writer, number, previous, revision = _glance(place, leaf)
            if columns != row[2:]:
                raise _Bad(place, "its query columns do not say what its leaf says")
            digest = sha256(b"\0" + leaf).digest()
            span = spans.get(writer)
            if span is None:
                span = spans[writer] = Span(place, number, previous)
            elif number != span.count or previous != span.last:
                raise _Bad(place, span.wrong(number))
            span.count, span.last = number + 1, digest.hex()
            kind = columns[1]
            if kind == _INTENT:
                opened[columns[0]] = (place, columns[2])
            elif kind == _OUTCOME:
                self._close(place, columns[_INTENT_COLUMN], columns[2])
            if revision is not None:
                derived.revisions[revision] += 1
            hashes.append(digest)
            derived.end = place + 1

    def _close(self, place: int, intent: str, request_id: str) -> None:
        opened = self.derived.opened.pop(intent, None)
        if opened is None:
            self.derived.outcomes.append(Outcome(place, intent, request_id))
        elif opened[1] != request_id:
            raise _Bad(place, "it is an outcome of another request than its intent")
        else:
            self.derived.pairs += 1

    def _check_tile(self, first: int, hashes: Sequence[bytes], stored: bytes) -> None:
        """Compare leaf hashes with the stored tile, as far as the tree reaches."""
        in_tree = min(self._task.tree_size - first, len(hashes))
        if in_tree <= 0:
            return
        if self._task.tree_size < first + TILE_WIDTH:
            stored = self._task.edge.get(0, b"")
        self._compare(0, first >> TILE_HEIGHT, hashes[:in_tree], stored)

    def _check_level_1(self) -> None:
        """Compare the range's tile of level 1, as far as the tree reaches."""
        task = self._task
        in_tree = min(max(task.tree_size - task.start, 0) >> TILE_HEIGHT, len(self._level_1))
        if not in_tree:
            return
        number = task.start // RANGE
        stored = self._tiles(1, number, number + 1).get(number, b"")
        if task.tree_size < task.start + RANGE:
            stored = task.edge.get(1, b"")
        self._compare(1, number, self._level_1[:in_tree], stored)

    def _compare(self, level: int, number: int, hashes: Sequence[bytes], stored: bytes) -> None:
        place = first_difference(b"".join(hashes), stored)
        if place is not None:
            index = ((number << TILE_HEIGHT) + place) << (TILE_HEIGHT * level)
            raise _Bad(index, f"the stored tree does not hold this leaf (tile {level}/{number})")


def first_difference(expected: bytes, stored: bytes) -> int | None:
    """The place of the first hash of a tile that is not stored as expected; a partial tile may have grown."""
    if stored == expected or (len(expected) < TILE_WIDTH * HASH_SIZE and stored.startswith(expected)):
        return None
    places = range(0, len(expected), HASH_SIZE)
    pairs = ((stored[at : at + HASH_SIZE], expected[at : at + HASH_SIZE]) for at in places)
    return next((place for place, (old, new) in enumerate(pairs) if old != new), 0)


def _glance(place: int, leaf: bytes) -> Glance:
    try:
        seen = glance(leaf)
    except InvalidEntry as error:
        raise _Bad(place, str(error)) from error
    if seen[-1] == "":
        raise _Bad(place, "its decision names no policy revision")
    return seen


def push(frontier: list[tuple[int, bytes]], level: int, node: bytes) -> None:
    """Add a complete subtree at the right; two of one level become one of the next."""
    while frontier and frontier[-1][0] == level:
        node = node_hash(frontier.pop()[1], node)
        level += 1
    frontier.append((level, node))


def _frontier(hashes: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """The complete subtrees over less than a tile of leaves."""
    frontier: list[tuple[int, bytes]] = []
    for item in hashes:
        push(frontier, 0, item)
    return frontier

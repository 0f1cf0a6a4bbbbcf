"""Holds derived ranges together: one tree, whole chains of writers, intents with their outcomes."""

from collections import Counter

from sqlalchemy import Engine, select

from audit.chains import Intent, Outcome, Span
from audit.checkpoint import Checkpoint
from audit.entry import EntryType
from audit.rederive import RANGE, Derived, Finding, Stop, first_difference, push
from audit.schema import ENTRY
from audit.snapshot import Snapshot
from audit.tiles import Tile, TileBuilder
from audit.tlog import TILE_HEIGHT, fold_root
from audit.tree_store import read_tile

# A range's root is the hash of one place in a tile of this level.
_LEVEL = 2
_RANGE_LEVEL = RANGE.bit_length() - 1


class Stitching:
    """Takes ranges in order; after the first finding it knows where the log stops being good."""

    def __init__(self, engine: Engine, origin: str, snapshot: Snapshot) -> None:
        self._engine = engine
        self._origin = origin
        self._tree = snapshot.tree
        self._edge = snapshot.edge
        self._frontier: list[tuple[int, bytes]] = []
        self._upper = TileBuilder()
        self._spans: dict[str, Span] = {}
        self._open: dict[str, Intent] = {}
        self.size = 0
        self.root = fold_root(())
        self.pairs = 0
        self.repeated = 0
        self.checkpoint: Checkpoint | None = None
        self.checkpoints = 0
        self.revisions: Counter[str] = Counter()

    @property
    def writers(self) -> int:
        """How many writers there were."""
        return len(self._spans)

    def gaps(self) -> tuple[Intent, ...]:
        """Intents without an outcome so far: calls in flight, or ended by a crash."""
        return tuple(sorted(self._open.values(), key=lambda intent: intent.index))

    def add(self, derived: Derived) -> Finding | None:
        """Take up the next range; gives the first thing that is wrong in it or with its place."""
        findings = [*self._join(derived), *self._pair(derived), *self._roots(derived)]
        if derived.finding is not None:
            findings.append(derived.finding)
        self.size = derived.end
        self.root = fold_root([node for _level, node in (*self._frontier, *derived.frontier)])
        self.revisions += derived.revisions
        if not findings:
            findings += self._grow(derived)
        return min(findings, key=lambda finding: finding.index or 0, default=None)

    def _join(self, derived: Derived) -> list[Finding]:
        """Each writer goes on where an earlier range left it."""
        findings = []
        for writer, span in derived.spans.items():
            before = self._spans.get(writer) or Span(span.index, 0, "")
            if (span.first, span.before) != (before.count, before.last):
                findings.append(Finding(span.index, before.wrong(span.first)))
            self._spans[writer] = span
        return findings

    def _pair(self, derived: Derived) -> list[Finding]:
        """Each outcome that has no intent in its own range has one before it."""
        self.pairs += derived.pairs
        found = [
            Finding(outcome.index, what) for outcome in derived.outcomes if (what := self._close(outcome))
        ]
        self._open |= {
            name: Intent(place, name, request) for name, (place, request) in derived.opened.items()
        }
        return found

    def _close(self, outcome: Outcome) -> str:
        """What is wrong between an outcome and its intent.

        A second outcome of one intent is counted, not refused: a caller that was told too late that its
        record is durable may have written it again.
        """
        intent = self._open.pop(outcome.intent, None)
        if intent is not None:
            self.pairs += 1
        else:
            intent = self._closed(outcome)
            self.repeated += 1
        if intent is None:
            return "it is an outcome, and no intent before it has the id that it names"
        if intent.request_id != outcome.request_id:
            return "it is an outcome of another request than its intent"
        return ""

    def _closed(self, outcome: Outcome) -> Intent | None:
        query = select(ENTRY.c.idx, ENTRY.c.id, ENTRY.c.request_id).where(
            ENTRY.c.id == outcome.intent, ENTRY.c.type == EntryType.INTENT, ENTRY.c.idx < outcome.index
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return Intent(*row) if row else None

    def _roots(self, derived: Derived) -> list[Finding]:
        """Every root that was signed or stored in the range is that of the leaves."""
        for stop in derived.stops:
            root = fold_root([node for _level, node in (*self._frontier, *stop.inner)])
            if root != stop.root:
                return [self._wrong_root(stop)]
            if stop.signed:
                self.checkpoint = Checkpoint(self._origin, stop.size, stop.root)
                self.checkpoints += 1
        return []

    def _wrong_root(self, stop: Stop) -> Finding:
        if not stop.signed:
            return Finding(stop.size, "the stored root of the tree is not that of its leaves")
        start = self.checkpoint.size if self.checkpoint else 0
        return Finding(start, f"an entry from here to {stop.size - 1} is not the one that was signed")

    def _grow(self, derived: Derived) -> list[Finding]:
        """Add a whole range to the tree; its upper tiles are compared as they become full, or at its end."""
        if derived.end - derived.start == RANGE:
            ((_level, node),) = derived.frontier
            push(self._frontier, _RANGE_LEVEL, node)
            if derived.end <= self._tree.size:
                self._upper.extend((node,))
        else:
            self._frontier += derived.frontier
        findings = [self._check(tile, self._stored(tile)) for tile in self._upper.take_full()]
        if derived.end >= self._tree.size:
            partials = self._upper.take_partial()
            findings += [self._check(tile, self._edge.get(tile.level + _LEVEL, b"")) for tile in partials]
        return [finding for finding in findings if finding is not None]

    def _check(self, tile: Tile, stored: bytes) -> Finding | None:
        place = first_difference(tile.hashes, stored)
        if place is None:
            return None
        level = tile.level + _LEVEL
        index = ((tile.number << TILE_HEIGHT) + place) << (TILE_HEIGHT * level)
        return Finding(index, f"the stored tree does not hold this leaf (tile {level}/{tile.number})")

    def _stored(self, tile: Tile) -> bytes:
        try:
            with self._engine.connect() as connection:
                return read_tile(connection, tile.level + _LEVEL, tile.number)
        except KeyError:
            return b""

"""One writer's chain: numbers its entries, names the leaf before each, and knows what became of a commit."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.entry import Entry, Record, WriterPosition
from audit.errors import LogWentBack
from audit.ids import EntryIds
from audit.leaf import encode_entry
from audit.numbering import Row
from audit.schema import derive_columns, require_storable
from audit.store import EntryStore
from audit.tlog import leaf_hash


@dataclass(frozen=True, slots=True)
class Link:
    """An entry that is ready to be written, and its leaf hash."""

    row: Row
    hash: bytes


class Chain:
    """Writes one writer's entries in batches; for one thread at a time.

    Each batch is ``settle``, ``link`` for each record, ``commit``.
    """

    def __init__(self, store: EntryStore, ids: EntryIds) -> None:
        self._store = store
        self._ids = ids
        self._position = WriterPosition(ids(), 0, "")
        self._draft = self._position
        self._unresolved: Sequence[Link] = ()

    @property
    def writer(self) -> str:
        """The id of this writer."""
        return self._position.id

    def settle(self) -> tuple[int, Sequence[Link]] | None:
        """Begin a batch, once it is known what became of the last; gives that one if it proved durable."""
        found: tuple[int, Sequence[Link]] | None = None
        if self._unresolved:
            first = self._store.settle(self._unresolved[0].row.id)
            if first is not None:
                found = first, self._unresolved
                self._advance(self._unresolved)
            self._unresolved = ()
        self._draft = self._position
        return found

    def link(self, record: Record, wall_us: int, monotonic_us: int) -> Link:
        """The next entry of the batch; raises InvalidEntry, and then the batch goes on without it."""
        place = self._draft
        entry = Entry(self._ids(), place, wall_us, monotonic_us, record)
        leaf = encode_entry(entry)
        columns = derive_columns(entry)
        require_storable(leaf, columns)
        digest = leaf_hash(leaf)
        self._draft = WriterPosition(place.id, place.counter + 1, digest.hex())
        return Link(Row(leaf, columns), digest)

    def commit(self, links: Sequence[Link]) -> int:
        """Make the batch durable; gives the index of its first entry.

        Raises whatever the store does; unless that is LogWentBack, the next ``settle`` finds out.
        """
        rows = [link.row for link in links]
        self._unresolved = links
        try:
            first = self._store.append(rows)
        except LogWentBack:
            self._unresolved = ()
            raise
        except Exception:
            # The answer to COMMIT may be lost though the batch is not: look it up, never write it again.
            found = self._store.settle(rows[0].id)
            self._unresolved = ()
            if found is None:
                raise
            first = found
        self._unresolved = ()
        self._advance(links)
        return first

    def close(self) -> None:
        """Give the store's connection up."""
        self._store.close()

    def _advance(self, links: Sequence[Link]) -> None:
        counter = self._position.counter + len(links)
        self._position = WriterPosition(self._position.id, counter, links[-1].hash.hex())

"""Walks the leaves of a log once and holds everything stored beside them against what comes out."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, func, select

from audit.chains import Pairing, WriterChains
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import InvalidEntry, InvalidNote, LogCorrupted
from audit.leaf import decode_entry
from audit.note import Verifier
from audit.schema import CHECKPOINT, ENTRY, HEAD, TILE, derive_columns
from audit.tiles import Tile, TileBuilder
from audit.tlog import HASH_SIZE, TILE_HEIGHT, leaf_hash
from audit.tree_store import read_tree

_PAGE = 2048


class Rederivation:
    """One pass over one state of a log; what it counted stays readable when it ends early."""

    def __init__(self, connection: Connection, verifier: Verifier) -> None:
        self._connection = connection
        self._verifier = verifier
        self._tiles = TileBuilder()
        self._stored_tiles = 0
        self._page_start = 0
        self.chains = WriterChains()
        self.pairing = Pairing()
        self.checkpoint: Checkpoint | None = None
        self.checkpoints = 0

    @property
    def size(self) -> int:
        """How many leaves were good so far."""
        return self._tiles.size

    @property
    def root(self) -> bytes:
        """The root over the leaves so far."""
        return self._tiles.root()

    def run(self, progress: Callable[[int, int], None]) -> None:
        """Walk to the end; raises LogCorrupted at the first entry that anything contradicts."""
        origin, size = self._connection.execute(select(HEAD.c.origin, HEAD.c.size)).one()
        if origin != self._verifier.name:
            raise LogCorrupted(0, f"the database holds the log {origin}, the key is of {self._verifier.name}")
        tree = read_tree(self._connection)
        stops = self._stops()
        due = next(stops, None)
        while True:
            for index, leaf, columns in self._page():
                due = self._meet(due, stops, tree.size, tree.root)
                self._check_entry(index, leaf, columns)
            if not self._advanced(progress, size):
                break
        due = self._meet(due, stops, tree.size, tree.root)
        self._check_end(due, size, tree.size)

    def _page(self) -> list[tuple[int, bytes, tuple[object, ...]]]:
        query = select(ENTRY).where(ENTRY.c.idx >= self.size).order_by(ENTRY.c.idx).limit(_PAGE)
        self._page_start = self.size
        return [(row[0], row[1], tuple(row[2:])) for row in self._connection.execute(query)]

    def _advanced(self, progress: Callable[[int, int], None], size: int) -> bool:
        progress(self.size, size)
        return self.size > self._page_start

    def _meet(
        self, due: Checkpoint | None, stops: Iterator[Checkpoint], tree_size: int, tree_root: bytes
    ) -> Checkpoint | None:
        """Compare what was stored for a tree of just this size; gives the next checkpoint to come."""
        if self.size == tree_size:
            self._check_tree(tree_root)
        elif self.size < tree_size and not self.size & 0xFF:
            self._check_tiles(self._tiles.take_full())
        if due is None or due.size != self.size:
            return due
        if self.root != due.root:
            start = self.checkpoint.size if self.checkpoint else 0
            raise LogCorrupted(start, f"an entry from here to {due.size - 1} is not the one that was signed")
        self.checkpoint, self.checkpoints = due, self.checkpoints + 1
        return next(stops, None)

    def _check_entry(self, index: int, leaf: bytes, columns: tuple[object, ...]) -> None:
        place = self.size
        if index != place:
            raise LogCorrupted(place, f"the entry is missing; the next one there is has index {index}")
        try:
            entry = decode_entry(leaf)
        except InvalidEntry as error:
            raise LogCorrupted(place, str(error)) from error
        if derive_columns(entry) != columns:
            raise LogCorrupted(place, "its query columns do not say what its leaf says")
        digest = leaf_hash(leaf)
        wrong = self.chains.follow(entry, digest) or self.pairing.follow(place, entry)
        if wrong:
            raise LogCorrupted(place, wrong)
        self._tiles.extend((digest,))

    def _stops(self) -> Iterator[Checkpoint]:
        """Every stored checkpoint by size, its signature checked."""
        query = select(CHECKPOINT.c.size, CHECKPOINT.c.note).order_by(CHECKPOINT.c.size)
        for size, note in self._connection.execute(query):
            try:
                checkpoint = open_checkpoint(note, self._verifier)
            except InvalidNote as error:
                raise LogCorrupted(self.size, f"the checkpoint of {size} entries: {error}") from error
            if checkpoint.size != size:
                raise LogCorrupted(self.size, f"the checkpoint of {size} entries says {checkpoint.size}")
            yield checkpoint

    def _check_tree(self, root: bytes) -> None:
        """Compare tiles and root at the size that the stored tree has."""
        tiles = self._tiles.take_full() + self._tiles.take_partial()
        self._check_tiles(tiles)
        if self.root != root:
            raise LogCorrupted(self.size, "the stored root of the tree is not that of its leaves")
        stored = self._connection.execute(select(func.count()).select_from(TILE)).scalar_one()
        if stored != self._stored_tiles:
            raise LogCorrupted(self.size, f"the tree has {self._stored_tiles} tiles, and {stored} are stored")

    def _check_tiles(self, tiles: list[Tile]) -> None:
        for tile in tiles:
            where = (TILE.c.level == tile.level, TILE.c.number == tile.number)
            stored = self._connection.scalar(select(TILE.c.hashes).where(*where))
            if stored != tile.hashes:
                what = f"the stored tree does not hold this leaf (tile {tile.level}/{tile.number})"
                raise LogCorrupted(_first_difference(tile, stored or b""), what)
        self._stored_tiles += len(tiles)

    def _check_end(self, due: Checkpoint | None, size: int, tree_size: int) -> None:
        """Hold the end of the leaves against all that counts them."""
        if due is not None:
            raise LogCorrupted(self.size, f"{due.size} entries were signed, and the log ends here")
        if tree_size > self.size:
            raise LogCorrupted(self.size, f"the tree holds {tree_size} entries, and the log ends here")
        if size != self.size:
            raise LogCorrupted(min(size, self.size), f"the head counts {size} entries of {self.size}")
        if self.checkpoint is not None and self.checkpoint.size > tree_size:
            raise LogCorrupted(tree_size, "a larger tree was signed than is stored")


def _first_difference(tile: Tile, stored: bytes) -> int:
    """The index of the first leaf that two versions of a tile disagree on."""
    places = range(0, len(tile.hashes), HASH_SIZE)
    pairs = ((stored[at : at + HASH_SIZE], tile.hashes[at : at + HASH_SIZE]) for at in places)
    first = next((place for place, (old, new) in enumerate(pairs) if old != new), len(places))
    return ((tile.number << TILE_HEIGHT) + first) << (TILE_HEIGHT * tile.level)

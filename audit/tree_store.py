"""Keeps the tree beside the leaves: tiles, the integrated size and root, and signed checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, func, insert, select, text, update

from audit.database import Database
from audit.schema import CHECKPOINT, ENTRY, HEAD, TILE, TREE
from audit.tiles import Tile, edge_tiles, tile_node
from audit.tlog import HASH_SIZE, root_hash, tile_of

_UPSERT_TILE = text(
    "INSERT INTO tile (level, number, hashes) VALUES (:level, :number, :hashes)"
    " ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes"
)


@dataclass(frozen=True, slots=True)
class TreeState:
    """How many leaves are in the tree, and their root."""

    size: int
    root: bytes


class TreeStore:
    """What the integrator reads and writes; every write gives way to one that came before it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> TreeState:
        """The tree as last integrated."""
        with self._database.reader.connect() as connection:
            return read_tree(connection)

    def log_size(self) -> int:
        """How many leaves are durable."""
        with self._database.reader.connect() as connection:
            return int(connection.execute(select(HEAD.c.size)).scalar_one())

    def leaves(self, start: int, limit: int) -> list[bytes]:
        """Up to ``limit`` leaves from index ``start`` on, as far as they follow on without a gap."""
        query = (
            select(ENTRY.c.idx, ENTRY.c.leaf).where(ENTRY.c.idx >= start).order_by(ENTRY.c.idx).limit(limit)
        )
        with self._database.reader.connect() as connection:
            rows = connection.execute(query).all()
        return [leaf for place, (index, leaf) in enumerate(rows, start) if index == place]

    def edge(self, size: int) -> dict[int, bytes]:
        """The partial tiles at the right edge of a tree, by level."""
        with self._database.reader.connect() as connection:
            return read_edge(connection, size)

    def root_at(self, size: int) -> bytes:
        """The root of the first ``size`` leaves, from the tiles; raises KeyError if one is missing."""
        with self._database.reader.connect() as connection:
            return root_hash(size, partial(read_node, connection))

    def checkpoint(self) -> str | None:
        """The note of the largest checkpoint."""
        with self._database.reader.connect() as connection:
            note: str | None = connection.scalar(
                select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)
            )
        return note

    def advance(self, old: TreeState, new: TreeState, tiles: Sequence[Tile]) -> bool:
        """Put the tiles and the new root in place, unless another integrator was first."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            moved = connection.execute(
                update(TREE)
                .where(TREE.c.size == old.size, TREE.c.root == old.root)
                .values(size=new.size, root=new.root)
            )
            if moved.rowcount != 1:
                return False
            rows = [{"level": tile.level, "number": tile.number, "hashes": tile.hashes} for tile in tiles]
            connection.execute(_UPSERT_TILE, rows)
        return True

    def publish(self, size: int, note: str) -> bool:
        """Keep a signed checkpoint, unless one of this size or a larger one is there."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            # The tree's row is the lock: of two that publish, one sees what the other left.
            connection.execute(select(TREE.c.size).with_for_update()).scalar_one()
            largest = connection.scalar(select(func.max(CHECKPOINT.c.size)))
            if largest is not None and largest >= size:
                return False
            connection.execute(insert(CHECKPOINT).values(size=size, note=note))
        return True

    def fold(self) -> None:
        """Keep what the database keeps beside its tables from growing."""
        self._database.fold()


def read_tree(connection: Connection) -> TreeState:
    """The integrated size and root."""
    size, root = connection.execute(select(TREE.c.size, TREE.c.root)).one()
    return TreeState(size, root)


def read_tile(connection: Connection, level: int, number: int) -> bytes:
    """The hashes of a tile, as many as it holds so far; raises KeyError if it is missing."""
    found: bytes | None = connection.scalar(
        select(TILE.c.hashes).where(TILE.c.level == level, TILE.c.number == number)
    )
    if found is None:
        raise KeyError((level, number))
    return found


def read_edge(connection: Connection, size: int) -> dict[int, bytes]:
    """The partial tiles at the right edge of a tree, by level; raises KeyError if one is missing."""
    return {
        level: read_tile(connection, level, number)[: width * HASH_SIZE]
        for level, number, width in edge_tiles(size)
    }


def read_node(connection: Connection, level: int, index: int) -> bytes:
    """The hash of a complete subtree from its tile."""
    tile_level, number, first, count = tile_of(level, index)
    hashes = read_tile(connection, tile_level, number)
    if len(hashes) < (first + count) * HASH_SIZE:
        raise KeyError((tile_level, number))
    return tile_node(hashes, first, count)

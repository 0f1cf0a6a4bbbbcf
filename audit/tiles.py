"""Grows a Merkle tree tile by tile, at the cost of what is new."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.tlog import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH, complete_root, root_hash, tile_of


@dataclass(frozen=True, slots=True)
class Tile:
    """Up to 256 subtree hashes side by side, as C2SP tlog-tiles stores them."""

    level: int
    number: int
    hashes: bytes


def tile_node(hashes: bytes, first: int, count: int) -> bytes:
    """The root over ``count`` hashes of a tile from the ``first`` on; ``count`` is a power of two."""
    places = range(first * HASH_SIZE, (first + count) * HASH_SIZE, HASH_SIZE)
    return complete_root(hashes[at : at + HASH_SIZE] for at in places)


def edge_tiles(size: int) -> list[tuple[int, int, int]]:
    """The partial tiles at the right edge of a tree, as (level, number, width); full ones are left out."""
    tiles, level = [], 0
    while size:
        number, width = divmod(size, TILE_WIDTH)
        if width:
            tiles.append((level, number, width))
        size, level = number, level + 1
    return tiles


class TileBuilder:
    """Takes leaf hashes and gives tiles and roots; remembers only the partial tiles of the right edge."""

    def __init__(self, size: int = 0, edge: Mapping[int, bytes] | None = None) -> None:
        self.size = size
        self._edge = {level: bytearray(hashes) for level, hashes in (edge or {}).items()}
        self._full: list[Tile] = []
        self._touched: set[int] = set()

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add leaves at the right."""
        for item in hashes:
            self._add(0, item)
            self.size += 1

    def take_full(self) -> list[Tile]:
        """The tiles that were completed since this was asked last."""
        full, self._full = self._full, []
        return full

    def take_partial(self) -> list[Tile]:
        """The partial tiles that grew since this was asked last."""
        touched, self._touched = self._touched, set()
        return [
            Tile(level, (self.size >> (TILE_HEIGHT * level)) >> TILE_HEIGHT, bytes(self._edge[level]))
            for level in sorted(touched)
            if self._edge[level]
        ]

    def root(self) -> bytes:
        """The root over all leaves; each complete subtree on the way lies in a partial tile."""
        return root_hash(self.size, self._read)

    def _read(self, level: int, index: int) -> bytes:
        tile_level, _number, first, count = tile_of(level, index)
        return tile_node(bytes(self._edge[tile_level]), first, count)

    def _add(self, level: int, item: bytes) -> None:
        edge = self._edge.setdefault(level, bytearray())
        edge += item
        self._touched.add(level)
        if len(edge) == TILE_WIDTH * HASH_SIZE:
            full = bytes(edge)
            edge.clear()
            number = (self.size >> (TILE_HEIGHT * level)) >> TILE_HEIGHT
            self._full.append(Tile(level, number, full))
            self._add(level + 1, tile_node(full, 0, TILE_WIDTH))

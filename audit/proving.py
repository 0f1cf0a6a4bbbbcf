"""Leads many entries to the root of one checkpoint, reading each tile once."""

from functools import lru_cache, partial

from sqlalchemy import Connection

from audit import tlog
from audit.checkpoint import Checkpoint
from audit.errors import InvalidProof, LogCorrupted
from audit.tiles import tile_node
from audit.tree_store import read_tile

# Neighbours share most of their path: a few tiles a level, and the nodes above them.
_TILES = 64
_NODES = 4096


class Prover:
    """Makes inclusion proofs under one checkpoint, and checks each before it gives it away."""

    def __init__(self, connection: Connection, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._tile = lru_cache(_TILES)(partial(read_tile, connection))
        self._node = lru_cache(_NODES)(self._read_node)

    def prove(self, index: int, leaf_hash: bytes) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962, leaf to root; raises LogCorrupted or InvalidProof.

        InvalidProof also says that the checkpoint is older than the entry.
        """
        signed = self._checkpoint
        try:
            path = tlog.prove_inclusion(index, signed.size, self._node)
        except KeyError as error:
            raise LogCorrupted(index, "a tile on the way to the root is missing") from error
        try:
            tlog.verify_inclusion(index, signed.size, leaf_hash, path, signed.root)
        except InvalidProof as error:
            raise LogCorrupted(index, "its leaf is not the one that was signed") from error
        return path

    def _read_node(self, level: int, index: int) -> bytes:
        tile_level, number, first, count = tlog.tile_of(level, index)
        hashes = self._tile(tile_level, number)
        if len(hashes) < (first + count) * tlog.HASH_SIZE:
            raise KeyError((tile_level, number))
        return tile_node(hashes, first, count)

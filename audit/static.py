"""Writes a log as static files, C2SP tlog-tiles, that any tool of that format reads."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, select

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import LogCorrupted, LogUnusable
from audit.note import Verifier
from audit.schema import ENTRY
from audit.tiles import Tile, TileBuilder
from audit.tlog import HASH_SIZE, TILE_WIDTH, bundle_path, leaf_hash, pack_bundle, root_hash, tile_path
from audit.tree_store import read_edge, read_node
from audit.witness import store

VERIFIER_FILE = "log.pub"
CHECKPOINT_FILE = "checkpoint"


@dataclass(frozen=True, slots=True)
class Exported:
    """The checkpoint that a folder holds now, and how many files were added for it."""

    checkpoint: Checkpoint
    files: int


def export_tiles(engine: Engine, note: str, verifier: Verifier, folder: Path) -> Exported:
    """Write the log up to the checkpoint in ``note``; into a folder of an earlier export only what is new.

    Tiles are derived again from the entries, and must lead to the root that was signed. The checkpoint
    comes last, so a reader never meets one whose tiles are not there. Raises LogCorrupted, or LogUnusable
    if the folder holds another log or one that this log is no growth of.
    """
    checkpoint = open_checkpoint(note, verifier)
    done = _exported_size(engine, verifier, folder, checkpoint)
    files = 0
    if done < checkpoint.size:
        files = _Growth(engine, folder, done).write(checkpoint)
    _replace(folder / VERIFIER_FILE, f"{verifier}\n".encode())
    _replace(folder / CHECKPOINT_FILE, note.encode())
    return Exported(checkpoint, files)


class _Growth:
    """What a folder lacks of a log, written as it is derived."""

    def __init__(self, engine: Engine, folder: Path, done: int) -> None:
        self._engine = engine
        self._folder = folder
        # The last bundle may have been a partial one: it is written again, wider, under another name.
        self._start = done - done % TILE_WIDTH
        self._builder = TileBuilder(self._start, _edge(engine, self._start))

    def write(self, checkpoint: Checkpoint) -> int:
        """Write up to the checkpoint's size; gives how many files that made."""
        files = 0
        for first in range(self._start, checkpoint.size, TILE_WIDTH):
            entries = _entries(self._engine, first, min(TILE_WIDTH, checkpoint.size - first))
            self._builder.extend(map(leaf_hash, entries))
            path = bundle_path(first // TILE_WIDTH, len(entries))
            _replace(self._folder / path, pack_bundle(entries))
            files += 1 + self._write_tiles(self._builder.take_full())
        if self._builder.root() != checkpoint.root:
            last = checkpoint.size - 1
            what = f"an entry from here to {last}, or the tree before, is not the one that was signed"
            raise LogCorrupted(self._start, what)
        return files + self._write_tiles(self._builder.take_partial())

    def _write_tiles(self, tiles: Sequence[Tile]) -> int:
        for tile in tiles:
            path = tile_path(tile.level, tile.number, len(tile.hashes) // HASH_SIZE)
            _replace(self._folder / path, tile.hashes)
        return len(tiles)


def newest_checkpoint(engine: Engine) -> str:
    """The note of the largest checkpoint, cosignatures and all; raises LogUnusable before the first."""
    with engine.connect() as connection:
        found = store.newest_checkpoint(connection)
        if found is None:
            raise LogUnusable("The log has no signed checkpoint yet: let the gateway write a first entry.")
        return store.cosigned_note(connection, *found)


def _exported_size(engine: Engine, verifier: Verifier, folder: Path, target: Checkpoint) -> int:
    """The size that the folder holds already, once it is seen to be an earlier state of this log."""
    try:
        before = open_checkpoint((folder / CHECKPOINT_FILE).read_text("utf-8"), verifier)
    except FileNotFoundError:
        return 0
    if before.size > target.size or _root(engine, before.size) != before.root:
        raise LogUnusable(
            f"{folder} holds a checkpoint of {before.size} entries that this log does not lead to. Keep both"
            f" as evidence: one of them was rewritten or put back. Export into another folder."
        )
    return before.size


def _root(engine: Engine, size: int) -> bytes:
    with engine.connect() as connection:
        try:
            return root_hash(size, partial(read_node, connection))
        except KeyError as error:
            raise LogCorrupted(max(size - 1, 0), "a tile on the way to the root is missing") from error


def _edge(engine: Engine, size: int) -> dict[int, bytes]:
    try:
        with engine.connect() as connection:
            return read_edge(connection, size)
    except KeyError as error:
        raise LogCorrupted(max(size - 1, 0), "a tile at the edge of the tree is missing") from error


def _entries(engine: Engine, first: int, count: int) -> list[bytes]:
    query = select(ENTRY.c.idx, ENTRY.c.leaf).where(ENTRY.c.idx >= first).order_by(ENTRY.c.idx).limit(count)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    for place, (index, _leaf) in enumerate(rows, first):
        if index != place:
            raise LogCorrupted(place, "the entry is missing")
    if len(rows) < count:
        raise LogCorrupted(first + len(rows), "the entry is missing")
    return [leaf for _index, leaf in rows]


def _replace(path: Path, content: bytes) -> None:
    """Put a whole file in place at once, for a web server may be reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)

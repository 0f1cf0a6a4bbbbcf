"""What a log said of itself at one moment: how large it is, its tree, and the partial tiles at its edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from audit.note import Verifier
from audit.rederive import Finding
from audit.schema import CHECKPOINT, ENTRY, HEAD, TILE
from audit.tiles import edge_tiles
from audit.tlog import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH
from audit.tree_store import TreeState, read_tile, read_tree


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The leaves to derive, the tree to hold them against, and what contradicts already here."""

    size: int
    tree: TreeState
    edge: Mapping[int, bytes]
    findings: tuple[Finding, ...] = field(default_factory=tuple)


def take_snapshot(connection: Connection, verifier: Verifier) -> Snapshot:
    """Read it in the connection's one transaction; the log may grow on afterwards."""
    head = connection.execute(select(HEAD.c.origin, HEAD.c.verifier, HEAD.c.size)).one()
    tree = read_tree(connection)
    low, high = connection.execute(select(func.min(ENTRY.c.idx), func.max(ENTRY.c.idx))).one()
    size = min(head.size, 0 if high is None else high + 1)
    findings: list[Finding] = []
    if head.origin != verifier.name:
        what = f"the database holds the log {head.origin}, the key is of {verifier.name}"
        return Snapshot(0, TreeState(0, b""), {}, (Finding(0, what),))
    if head.verifier != str(verifier):
        findings.append(Finding(0, "the database names another verifier key than the one that is trusted"))
    if low is not None and low < 0:
        findings.append(Finding(None, f"there is an entry with index {low}"))
    if (high is None and head.size) or (high is not None and high + 1 != head.size):
        findings.append(
            Finding(size, f"the head counts {head.size} entries, and the last one has index {high}")
        )
    findings += _check_ends(connection, size, tree)
    edge = {}
    for level, number, width in edge_tiles(tree.size):
        edge[level] = _edge_tile(connection, level, number)
        if len(edge[level]) != width * HASH_SIZE:
            place = min(width, len(edge[level]) // HASH_SIZE)
            index = ((number << TILE_HEIGHT) + place) << (TILE_HEIGHT * level)
            findings.append(Finding(index, f"the tile {level}/{number} does not hold {width} hashes"))
    return Snapshot(size, tree, edge, tuple(findings))


def _edge_tile(connection: Connection, level: int, number: int) -> bytes:
    try:
        return read_tile(connection, level, number)
    except KeyError:
        return b""


def _check_ends(connection: Connection, size: int, tree: TreeState) -> list[Finding]:
    """Hold tree, checkpoints and tiles to how many entries there are."""
    findings = []
    if tree.size > size:
        findings.append(Finding(size, f"the tree holds {tree.size} entries, and the log ends here"))
    least, most = connection.execute(select(func.min(CHECKPOINT.c.size), func.max(CHECKPOINT.c.size))).one()
    if least is not None and least < 1:
        findings.append(Finding(0, f"there is a checkpoint of {least} entries"))
    if most is not None and most > size:
        findings.append(Finding(size, f"{most} entries were signed, and the log ends here"))
    elif most is not None and most > tree.size:
        findings.append(Finding(tree.size, "a larger tree was signed than is stored"))
    stored = connection.execute(select(func.count()).select_from(TILE)).scalar_one()
    wanted = _tiles_in(tree.size)
    if stored != wanted:
        findings.append(Finding(tree.size, f"the tree has {wanted} tiles, and {stored} are stored"))
    return findings


def _tiles_in(size: int) -> int:
    """How many tiles, full or partial, a tree of so many leaves has."""
    count = 0
    while size:
        count += (size + TILE_WIDTH - 1) // TILE_WIDTH
        size >>= TILE_HEIGHT
    return count

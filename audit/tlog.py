"""RFC 6962 hashing and proofs, and the coordinates of C2SP tlog-tiles; pure functions over bytes.

The tree is that of RFC 6962 section 2.1 (RFC 9162 section 2.1 says the same in other words). Proofs are
built from stored subtree hashes through a reader of one node; they are checked without any reader.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

from audit.errors import InvalidProof

HASH_SIZE = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_LENGTH_SIZE = 2
# MTH({}) = SHA-256() (RFC 6962 section 2.1).
EMPTY_ROOT = sha256(b"").digest()

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree at (level, index): leaves [index << level, (index + 1) << level)."""


def leaf_hash(entry: bytes) -> bytes:
    """MTH of a one-entry tree."""
    # SHA-256(0x00 || entry), RFC 6962 section 2.1: the prefix keeps a leaf from posing as a node.
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node over its two children."""
    # SHA-256(0x01 || left || right), RFC 6962 section 2.1.
    return sha256(b"\x01" + left + right).digest()


def require_hash(value: bytes) -> bytes:
    """The value, once it is known to be 32 bytes; raises InvalidProof.

    A verifier that skips this accepts an empty leaf under an empty root.
    """
    if len(value) != HASH_SIZE:
        raise InvalidProof(f"a hash has {HASH_SIZE} bytes, and one of {len(value)} bytes was given")
    return value


def frontier_nodes(size: int) -> list[tuple[int, int]]:
    """The complete subtrees, largest first, that a tree of ``size`` leaves falls into, as (level, index)."""
    nodes, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            nodes.append((level, start >> level))
            start += 1 << level
    return nodes


def fold_root(frontier: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, largest first."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = node_hash(left, root)
    return root


def root_hash(size: int, read: NodeReader) -> bytes:
    """MTH(D[size]), RFC 6962 section 2.1, from stored subtrees."""
    return fold_root([read(level, index) for level, index in frontier_nodes(size)])


def subtree_root(start: int, end: int, read: NodeReader) -> bytes:
    """MTH(D[start:end]) for a range that the recursion of RFC 6962 reaches, so ``start`` is aligned."""
    return fold_root([read(level, (start >> level) + index) for level, index in frontier_nodes(end - start)])


def _split(size: int) -> int:
    """The k of RFC 6962 section 2.1: the largest power of two below ``size`` (``size`` > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def prove_inclusion(index: int, size: int, read: NodeReader) -> list[bytes]:
    """PATH(index, D[size]), RFC 6962 section 2.1.1, leaf to root; raises InvalidProof outside the tree."""
    if not 0 <= index < size:
        raise InvalidProof(f"entry {index} is not in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(middle, end, read))
            end = middle
        else:
            path.append(subtree_root(start, middle, read))
            start = middle
    return path[::-1]


def prove_consistency(old: int, new: int, read: NodeReader) -> list[bytes]:
    """PROOF(old, D[new]), RFC 6962 section 2.1.2; raises InvalidProof unless 0 < old <= new."""
    if not 0 < old <= new:
        raise InvalidProof(f"no consistency proof leads from size {old} to size {new}")
    proof, start, end = [], 0, new
    # SUBPROOF(m, D[n], b): b stays true while the old tree is a left edge that the verifier knows.
    known = True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(subtree_root(middle, end, read))
            end = middle
        else:
            proof.append(subtree_root(start, middle, read))
            start, known = middle, False
    if not known:
        proof.append(subtree_root(start, end, read))
    return proof[::-1]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2); raises InvalidProof."""
    if not 0 <= index < size:
        raise InvalidProof(f"entry {index} is not in a tree of {size}")
    fn, sn, root = index, size - 1, require_hash(leaf)
    for step in proof:
        if sn == 0:
            raise InvalidProof("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            root = node_hash(require_hash(step), root)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, require_hash(step))
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise InvalidProof("the inclusion proof is too short")
    return root


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Show that ``leaf`` is entry ``index`` under ``root``; raises InvalidProof."""
    if root_from_inclusion(index, size, leaf, proof) != require_hash(root):
        raise InvalidProof(f"the proof does not lead from entry {index} to the root of size {size}")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Show that the tree of ``new`` only adds to that of ``old`` (RFC 9162 section 2.1.4.2).

    Raises InvalidProof, also for ``old`` = 0, from which everything follows and nothing is shown.
    """
    if not 0 < old <= new:
        raise InvalidProof(f"no consistency proof leads from size {old} to size {new}")
    verify_subtree(range(old), new, old_root, new_root, proof)


def _is_subtree(entries: range) -> bool:
    """Whether every tree that holds the entries has a subtree of just them: start and length must fit."""
    start, end = entries.start, entries.stop
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def verify_subtree_inclusion(
    index: int, entries: range, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Show that ``leaf`` is entry ``index`` of the subtree ``entries`` of that root; raises InvalidProof."""
    if not _is_subtree(entries):
        raise InvalidProof(f"{entries} are no subtree")
    verify_inclusion(index - entries.start, entries.stop - entries.start, leaf, proof, root)


def verify_subtree(entries: range, size: int, subtree: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Show that these entries of the tree of ``size`` have the root ``subtree``.

    The consistency proof of RFC 9162 section 2.1.4.2 is the case that begins at 0; the other ones are
    those of Merkle Tree Certificates (draft-ietf-plants-merkle-tree-certs, "Subtree Consistency
    Proofs"). Two roots of one size need only be equal, and no entries at all have one root in every
    tree: nothing is hashed. Raises InvalidProof.
    """
    start, end = entries.start, entries.stop
    if 0 <= start == end <= size and subtree == EMPTY_ROOT and not proof:
        return
    if not _is_subtree(entries) or end > size:
        raise InvalidProof(f"{entries} are no subtree of a tree of {size}")
    if end - start == size:
        if proof or subtree != root:
            raise InvalidProof("two roots of one size must be equal, with an empty proof")
        return
    if _climb(entries, size, require_hash(subtree), proof) != (subtree, require_hash(root)):
        raise InvalidProof(f"the proof does not lead from {entries} to the root of size {size}")


def _climb(entries: range, size: int, known: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of subtree and tree that a proof leads to; ``known`` is where it starts, if it can."""
    fn, sn, tn = entries.start, entries.stop - 1, size - 1
    # Up to the largest complete subtree at the right edge: all of the entries, or the proof's first step.
    while fn != sn and (sn & 1 or sn == tn):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    path = list(proof) if fn != sn else [known, *proof]
    if not path:
        raise InvalidProof("the consistency proof is empty")
    fr = sr = require_hash(path[0])
    for step in path[1:]:
        if tn == 0:
            raise InvalidProof("the consistency proof is too long")
        if sn & 1 or sn == tn:
            fr = node_hash(require_hash(step), fr) if fn < sn else fr
            sr = node_hash(require_hash(step), sr)
            while not sn & 1 and sn:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            sr = node_hash(sr, require_hash(step))
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    if tn:
        raise InvalidProof("the consistency proof is too short")
    return fr, sr


def complete_root(hashes: Iterable[bytes]) -> bytes:
    """The root of a complete subtree over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def tile_of(level: int, index: int) -> tuple[int, int, int, int]:
    """Where a subtree hash is found: (tile level, tile number, first hash, hashes) of C2SP tlog-tiles.

    A tile of level L holds the hashes of 256 subtrees of 256**L leaves; the node is the root over
    ``hashes`` of them from the ``first`` on.
    """
    tile_level, height = divmod(level, TILE_HEIGHT)
    first = index << height
    return tile_level, first >> TILE_HEIGHT, first & (TILE_WIDTH - 1), 1 << height


def tile_path(level: int, number: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile: ``tile/<L>/<N>[.p/<W>]`` (C2SP tlog-tiles)."""
    return f"tile/{level}/{_numbered(number, width)}"


def bundle_path(number: int, width: int = TILE_WIDTH) -> str:
    """The path of the entries under a tile of level 0: ``tile/entries/<N>[.p/<W>]`` (C2SP tlog-tiles)."""
    return f"tile/entries/{_numbered(number, width)}"


def _numbered(number: int, width: int) -> str:
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:  # noqa: PLR2004 - three digits a group, as tlog-tiles says
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"{'/'.join(reversed(groups))}{partial}"


def pack_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries side by side, each behind its length in two bytes (C2SP tlog-tiles, "Log entries")."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unpack_bundle(bundle: bytes) -> list[bytes]:
    """The entries of a bundle; raises InvalidProof unless it is 1 to 256 of them and nothing else."""
    entries, at = [], 0
    while at < len(bundle):
        if len(bundle) - at < _LENGTH_SIZE:
            raise InvalidProof("the entry bundle ends within a length")
        end = at + _LENGTH_SIZE + int.from_bytes(bundle[at : at + _LENGTH_SIZE], "big")
        if end > len(bundle):
            raise InvalidProof("the entry bundle ends within an entry")
        entries.append(bundle[at + _LENGTH_SIZE : end])
        at = end
    if not 0 < len(entries) <= TILE_WIDTH:
        raise InvalidProof(f"an entry bundle holds 1 to {TILE_WIDTH} entries, and this one {len(entries)}")
    return entries

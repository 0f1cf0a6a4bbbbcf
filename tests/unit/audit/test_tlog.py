import base64
import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import tlog
from audit.errors import InvalidProof


def _vectors(test_data: Path, kind: str) -> list[dict[str, object]]:
    files = sorted((test_data / "tlog-vectors" / "transparency-dev-merkle" / kind).rglob("*.json"))
    assert files
    return [json.loads(path.read_text()) for path in files]


def _hashes(vector: dict[str, object], name: str) -> list[bytes]:
    return [base64.b64decode(item) for item in vector.get(name) or []]


def _hash(vector: dict[str, object], name: str) -> bytes:
    return base64.b64decode(vector.get(name) or "")


def _tree(size: int) -> tuple[list[bytes], tlog.NodeReader]:
    leaves = [tlog.leaf_hash(str(number).encode()) for number in range(size)]

    def read(level: int, index: int) -> bytes:
        return tlog.complete_root(leaves[index << level : (index + 1) << level])

    return leaves, read


def _verify_inclusion(vector: dict[str, object]) -> None:
    rest = _hash(vector, "leafHash"), _hashes(vector, "proof"), _hash(vector, "root")
    tlog.verify_inclusion(vector.get("leafIdx", 0), vector.get("treeSize", 0), *rest)


def _verify_consistency(vector: dict[str, object]) -> None:
    rest = _hash(vector, "root1"), _hash(vector, "root2"), _hashes(vector, "proof")
    tlog.verify_consistency(vector.get("size1", 0), vector.get("size2", 0), *rest)


def _verify_subtree_inclusion(vector: dict[str, object]) -> None:
    rest = _hash(vector, "leafHash"), _hashes(vector, "proof"), _hash(vector, "root")
    tlog.verify_subtree_inclusion(vector.get("leafIdx", 0), _range(vector), *rest)


def _verify_subtree(vector: dict[str, object]) -> None:
    rest = _hash(vector, "root1"), _hash(vector, "root2"), _hashes(vector, "proof")
    tlog.verify_subtree(_range(vector), vector.get("size", 0), *rest)


def _range(vector: dict[str, object]) -> range:
    return range(vector.get("start", 0), vector.get("end", 0))


@pytest.mark.parametrize(
    ("kind", "verify", "count"),
    [
        ("inclusion", _verify_inclusion, 98),
        ("consistency", _verify_consistency, 98),
        ("subtreeinclusion", _verify_subtree_inclusion, 204),
        ("subtreeconsistency", _verify_subtree, 118),
    ],
)
def test_vectors(test_data: Path, kind: str, verify: Callable[[dict[str, object]], None], count: int) -> None:
    """Each proof of transparency-dev's vectors gets the verdict that is stated for it."""
    vectors = _vectors(test_data, kind)
    assert len(vectors) == count
    for vector in vectors:
        with pytest.raises(InvalidProof) if vector["wantErr"] else nullcontext():
            verify(vector)


def test_real_certificate_log(test_data: Path) -> None:
    """Proofs of a real log of 961,984,013 certificates verify."""
    folder = test_data / "tlog-vectors" / "golang-mod-argon2020"
    head = json.loads((folder / "sth.json").read_text())
    root, size = base64.b64decode(head["sha256_root_hash"]), head["tree_size"]
    leaf = base64.b64decode(json.loads((folder / "entries.json").read_text())["entries"][0]["leaf_input"])
    path = json.loads((folder / "proof.json").read_text())
    tlog.verify_inclusion(
        10000, size, tlog.leaf_hash(leaf), [base64.b64decode(step) for step in path["audit_path"]], root
    )
    growth = json.loads((folder / "consistency.json").read_text())
    steps = [base64.b64decode(step) for step in growth["consistency"]]
    old_root = base64.b64decode(growth["_first_root"])
    tlog.verify_consistency(growth["_first"], size, old_root, root, steps)


def test_tessera_tiles(test_data: Path) -> None:
    """The tiles and roots of a log that Tessera wrote come out of its entries."""
    log = test_data / "tlog-vectors" / "tessera-testdata-log"
    bundle = (log / tlog.bundle_path(0, 15)).read_bytes()
    entries = tlog.unpack_bundle(bundle)
    assert tlog.pack_bundle(entries) == bundle
    leaves = [tlog.leaf_hash(entry) for entry in entries]
    for size in range(1, 16):
        assert b"".join(leaves[:size]) == (log / tlog.tile_path(0, 0, size)).read_bytes()
        root = tlog.root_hash(
            size, lambda level, index: tlog.complete_root(leaves[index << level : (index + 1) << level])
        )
        assert base64.b64encode(root).decode() == (log / f"checkpoint.{size}").read_text().split("\n")[2]


@given(st.integers(1, 300), st.data())
def test_proofs_verify(size: int, draws: st.DataObject) -> None:
    """Every proof that is built verifies, for any entry, old size and new size."""
    leaves, read = _tree(size)
    root = tlog.root_hash(size, read)
    index = draws.draw(st.integers(0, size - 1))
    tlog.verify_inclusion(index, size, leaves[index], tlog.prove_inclusion(index, size, read), root)
    old = draws.draw(st.integers(1, size))
    proof = tlog.prove_consistency(old, size, read)
    tlog.verify_consistency(old, size, tlog.root_hash(old, read), root, proof)


@given(st.integers(2, 200), st.data())
def test_changed_proof_fails(size: int, draws: st.DataObject) -> None:
    """A flipped bit, a missing step or an added step of an inclusion proof fails."""
    leaves, read = _tree(size)
    root = tlog.root_hash(size, read)
    index = draws.draw(st.integers(0, size - 1))
    proof = tlog.prove_inclusion(index, size, read)
    step = draws.draw(st.integers(0, len(proof) - 1))
    flipped = bytes([proof[step][0] ^ 1]) + proof[step][1:]
    for bad in ([*proof[:step], flipped, *proof[step + 1 :]], proof[:-1], [*proof, root]):
        with pytest.raises(InvalidProof):
            tlog.verify_inclusion(index, size, leaves[index], bad, root)


@pytest.mark.parametrize(
    ("level", "index", "expected"),
    [(0, 0, (0, 0, 0, 1)), (0, 257, (0, 1, 1, 1)), (8, 3, (1, 0, 3, 1)), (9, 200, (1, 1, 144, 2))],
)
def test_tile_coordinates(level: int, index: int, expected: tuple[int, int, int, int]) -> None:
    """A subtree lies in the tile, and at the place, that tlog-tiles says."""
    assert tlog.tile_of(level, index) == expected


@pytest.mark.parametrize(
    ("number", "width", "expected"),
    [
        (0, 256, "tile/0/000"),
        (1234067, 256, "tile/0/x001/x234/067"),
        (70, 3, "tile/0/070.p/3"),
        (1000, 256, "tile/0/x001/000"),
    ],
)
def test_tile_paths(number: int, width: int, expected: str) -> None:
    """Paths have groups of three digits, as in the examples of tlog-tiles."""
    assert tlog.tile_path(0, number, width) == expected
    assert tlog.bundle_path(number, width) == expected.replace("tile/0/", "tile/entries/")


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundle_round_trip(entries: list[bytes]) -> None:
    """A bundle gives back the entries that were put in."""
    assert tlog.unpack_bundle(tlog.pack_bundle(entries)) == entries


@given(st.binary(max_size=600))
def test_any_bundle_is_read_or_refused(bundle: bytes) -> None:
    """Bytes are a bundle that packs into the same bytes, or are refused as none."""
    try:
        entries = tlog.unpack_bundle(bundle)
    except InvalidProof:
        return
    assert tlog.pack_bundle(entries) == bundle


@given(st.integers(0, 2**64), st.integers(0, 2**64), st.lists(st.binary(max_size=33), max_size=70))
def test_any_proof_is_refused_as_such(first: int, second: int, proof: list[bytes]) -> None:
    """Numbers and hashes of any size lead to a refusal, and to no other error."""
    start, size = min(first, second), max(first, second)
    leaf = proof[0] if proof else b""
    for verify in (
        lambda: tlog.verify_inclusion(start, size, leaf, proof, bytes(32)),
        lambda: tlog.verify_consistency(start, size, leaf, bytes(32), proof),
        lambda: tlog.verify_subtree(range(start, first), size, leaf, bytes(32), proof),
        lambda: tlog.verify_subtree_inclusion(second, range(start, size), leaf, proof, bytes(32)),
    ):
        with pytest.raises(InvalidProof):
            verify()


@given(st.integers(1, 200), st.data())
def test_subtree_proofs_verify(size: int, draws: st.DataObject) -> None:
    """The range that a proof of RFC 9162 starts from may be any subtree, not the head of the tree alone."""
    leaves, read = _tree(size)
    level = draws.draw(st.integers(0, (size - 1).bit_length()))
    start = draws.draw(st.integers(0, (size - 1) >> level)) << level
    index = draws.draw(st.integers(start, min(size, start + (1 << level)) - 1))
    end = min(size, start + (1 << level))
    root = tlog.subtree_root(start, end, read)
    path = tlog.prove_inclusion(
        index - start, end - start, lambda height, place: read(height, (start >> height) + place)
    )
    tlog.verify_subtree_inclusion(index, range(start, end), leaves[index], path, root)


def test_empty_root() -> None:
    """A tree of no entries has the hash of nothing as its root."""
    assert tlog.root_hash(0, lambda _level, _index: b"") == tlog.EMPTY_ROOT

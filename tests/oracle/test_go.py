import base64
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from audit import tlog
from audit.cosignature import WitnessSigner
from audit.database import open_reader
from audit.keys import read_verifier
from audit.note import split_note
from audit.proof import Proof
from audit.query import LogReader
from audit.static import export_tiles, newest_checkpoint

GoOracle = Callable[..., "CompletedProcess[str]"]
Grow = Callable[[Path, int], None]


def _export(database: Path, folder: Path) -> None:
    engine = open_reader(database)
    export_tiles(engine, newest_checkpoint(engine), read_verifier(database.with_suffix(".pub")), folder)
    engine.dispose()


def _request(size: int, index: int, old: int) -> str:
    entries = [b"entry %d" % number for number in range(size)]
    leaves = [tlog.leaf_hash(entry) for entry in entries]

    def read(level: int, place: int) -> bytes:
        return tlog.complete_root(leaves[place << level : (place + 1) << level])

    asked = {
        "entries": entries,
        "index": index,
        "inclusion": tlog.prove_inclusion(index, size, read),
        "old": old,
        "consistency": tlog.prove_consistency(old, size, read),
        "root": tlog.root_hash(size, read),
    }
    return json.dumps(asked, default=lambda raw: base64.b64encode(raw).decode())


def test_same_roots_and_proofs(go_oracle: GoOracle) -> None:
    """Go gives the same root, inclusion proof and consistency proof for trees of 1 to 150 entries."""
    asked = [_request(size, size * 7 % 11 % size, size * 5 % 13 % size + 1) for size in range(1, 151)]
    assert go_oracle("tree", asked="\n".join(asked)).stdout.split("\n")[:-2] == ["good"] * 150


def test_go_refuses_what_is_changed(go_oracle: GoOracle) -> None:
    """The same program says no to a root, an inclusion proof and a consistency proof with a flipped bit."""
    good = json.loads(_request(21, 13, 6))
    changed = base64.b64encode(bytes(32)).decode()
    bad = [
        {**good, "root": changed},
        {**good, "inclusion": [changed, *good["inclusion"][1:]]},
        {**good, "consistency": [changed, *good["consistency"][1:]]},
    ]
    verdicts = go_oracle("tree", asked="\n".join(map(json.dumps, bad))).stdout.split("\n")
    assert [verdict.startswith("refused: another") for verdict in verdicts[:3]] == [True] * 3


def test_go_reads_our_static_log(go_oracle: GoOracle, grow: Grow, tmp_path: Path) -> None:
    """Go verifies checkpoint, tiles and entries of an export, and of the same folder when the log grew."""
    database, folder = tmp_path / "audit.db", tmp_path / "static"
    for count, size in ((5, 5), (600, 605), (163, 768)):
        grow(database, count)
        _export(database, folder)
        done = go_oracle("log", folder)
        assert done.stdout.startswith(f"log of {size} entries"), done.stdout


def test_go_reads_a_tree_of_three_levels(go_oracle: GoOracle, large_log: Path, tmp_path: Path) -> None:
    """Go verifies an export whose tree has tiles of levels 0, 1 and 2."""
    _export(large_log, tmp_path / "static")
    assert (tmp_path / "static" / tlog.tile_path(2, 0, 1)).is_file()
    assert go_oracle("log", tmp_path / "static").stdout.startswith("log of 66000 entries")


def test_go_refuses_a_changed_static_log(go_oracle: GoOracle, grow: Grow, tmp_path: Path) -> None:
    """A flipped byte in any file of an export makes Go refuse it."""
    grow(tmp_path / "audit.db", 300)
    _export(tmp_path / "audit.db", tmp_path / "static")
    files = [path for path in (tmp_path / "static").rglob("*") if path.is_file()]
    assert len(files) == 7
    for path in files:
        whole = path.read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            assert go_oracle("log", tmp_path / "static").returncode == 1, (path, place)
        path.write_bytes(whole)
    assert go_oracle("log", tmp_path / "static").returncode == 0


def test_go_checks_our_proof_file(go_oracle: GoOracle, grow: Grow, tmp_path: Path) -> None:
    """Go verifies a tlog-proof of ours with both cosignatures, and refuses it where one is missing."""
    database = tmp_path / "audit.db"
    grow(database, 40)
    verifier = read_verifier(database.with_suffix(".pub"))
    witnesses = [WitnessSigner(f"{name}.example/witness", name.encode() * 8) for name in ("risk", "hrhr")]
    with LogReader(database) as reader:
        (located,) = reader.find("17")
        checkpoint, note = reader.checkpoint(verifier) or ("", "")
        path = tuple(reader.prove(located, checkpoint))
    text, _lines = split_note(note)
    note += "".join(str(signer.cosign(text, 1_790_000_000).line) for signer in witnesses)
    file = tmp_path / "entry.tlog-proof"
    file.write_text(Proof(located.index, path, note, located.leaf).text())
    keys = [str(signer.witness) for signer in witnesses]
    done = go_oracle("proof", file, str(verifier), *keys)
    assert done.stdout == "entry 17 of 40\n"
    third = WitnessSigner("legal.example/witness", bytes(32)).witness
    assert go_oracle("proof", file, str(verifier), *keys, str(third)).returncode == 1

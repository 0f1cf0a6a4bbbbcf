import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import InvalidNote
from audit.note import (
    Checkpoint,
    Signer,
    Verifier,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_verifier,
)

TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIGNER = Signer("northwind.example/audit", bytes(range(32)))


def test_note_vectors(test_data: Path) -> None:
    """Each signed note of Go and C2SP gets the verdict stated for it."""
    vectors = json.loads((test_data / "tlog-vectors" / "notes" / "notes.json").read_text())["notes"]
    for vector in vectors:
        if vector["ok"]:
            assert open_note(vector["note"], [parse_verifier(key) for key in vector["vkeys"]])
        else:
            with pytest.raises(InvalidNote):
                open_note(vector["note"], [parse_verifier(key) for key in vector["vkeys"]])


def test_edge_vectors(test_data: Path) -> None:
    """Small-order and non-canonical keys are refused, and no non-canonical R is accepted, in 914 cases."""
    path = test_data / "tlog-vectors" / "c2sp-cctv-ed25519" / "ed25519vectors.json"
    vectors = json.loads(path.read_text())
    assert len(vectors) == 914
    accepted = 0
    for vector in vectors:
        flags = set(vector["flags"] or ())
        key, signature = bytes.fromhex(vector["key"]), bytes.fromhex(vector["sig"])
        if flags & {"low_order_A", "non_canonical_A"}:
            with pytest.raises(InvalidNote):
                Verifier("edge", key)
            continue
        verdict = Verifier("edge", key).verify(vector["msg"].encode(), signature)
        accepted += verdict
        assert not (verdict and flags & {"non_canonical_R", "low_order_residue"})
    assert accepted == 86


def test_tessera_checkpoints(test_data: Path) -> None:
    """The sixteen checkpoints that Tessera signed open, with sizes 0 to 15."""
    folder, verifier = test_data / "tlog-vectors" / "tessera-testdata-log", parse_verifier(TESSERA)
    sizes = [
        open_checkpoint((folder / f"checkpoint.{size}").read_text(), verifier).size for size in range(16)
    ]
    assert sizes == list(range(16))


@given(st.integers(0, 2**53), st.binary(min_size=32, max_size=32))
def test_checkpoint_round_trip(size: int, root: bytes) -> None:
    """A checkpoint that is signed opens as itself."""
    checkpoint = Checkpoint(SIGNER.verifier.name, size, root)
    assert open_checkpoint(SIGNER.sign_note(checkpoint.text()), SIGNER.verifier) == checkpoint


@given(st.data())
def test_flipped_note_fails(draws: st.DataObject) -> None:
    """No bit of a signed checkpoint can change unseen."""
    note = SIGNER.sign_note(Checkpoint(SIGNER.verifier.name, 7, bytes(32)).text()).encode()
    place, bit = draws.draw(st.integers(0, len(note) - 1)), draws.draw(st.integers(0, 7))
    changed = bytearray(note)
    changed[place] ^= 1 << bit
    with pytest.raises((InvalidNote, UnicodeDecodeError)):
        open_checkpoint(changed.decode(), SIGNER.verifier)


@given(st.text(max_size=200))
def test_garbage_is_refused(text: str) -> None:
    """Anything that is not a note, key or checkpoint is refused as such and in no other way."""
    for parse in (parse_verifier, parse_checkpoint, lambda note: open_note(note, [SIGNER.verifier])):
        with pytest.raises(InvalidNote):
            parse(text)


def test_another_origin_is_refused() -> None:
    """A key cannot speak for the log of another name."""
    with pytest.raises(InvalidNote, match="another log"):
        open_checkpoint(SIGNER.sign_note(Checkpoint("other.example", 1, bytes(32)).text()), SIGNER.verifier)


def test_verifier_key_round_trip() -> None:
    """A verifier key reads back from its text, and its hash guards name and key."""
    text = str(SIGNER.verifier)
    assert parse_verifier(text) == SIGNER.verifier
    with pytest.raises(InvalidNote, match="hash"):
        parse_verifier(text.replace("northwind", "southwind"))

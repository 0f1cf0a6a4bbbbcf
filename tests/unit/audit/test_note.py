import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import InvalidNote
from audit.note import Signer, Verifier, open_note, parse_signature, parse_verifier, split_note

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


@given(st.text(max_size=200))
def test_garbage_is_refused(text: str) -> None:
    """Anything that is not a note, key or checkpoint is refused as such and in no other way."""
    for parse in (parse_verifier, parse_signature, lambda note: open_note(note, [SIGNER.verifier])):
        with pytest.raises(InvalidNote):
            parse(text)


def test_verifier_key_round_trip() -> None:
    """A verifier key reads back from its text, and its hash guards name and key."""
    text = str(SIGNER.verifier)
    assert parse_verifier(text) == SIGNER.verifier
    with pytest.raises(InvalidNote, match="hash"):
        parse_verifier(text.replace("northwind", "southwind"))


@given(st.text(alphabet="a +\n\u2014=QUJDRA\x00\u00a0", max_size=120))
def test_note_like_text_is_read_or_refused(text: str) -> None:
    """Text made of what notes are made of is split into the parts it came from, or refused."""
    for note in (text, f"{text}\n\n\u2014 a QUJDRA==\n"):
        try:
            body, lines = split_note(note)
        except InvalidNote:
            continue
        assert body + "\n" + "".join(map(str, lines)) == note


def test_every_signature_counts() -> None:
    """A note by two trusted keys fails where one of the two signatures is bad, whatever the other."""
    other = Signer("other.example", bytes(32))
    note = SIGNER.sign_note("text\n")
    bad = other.sign_note("another text\n").split("\n\n")[1]
    with pytest.raises(InvalidNote, match=r"other\.example is not good"):
        open_note(note + bad, [SIGNER.verifier, other.verifier])
    assert open_note(note + bad, [SIGNER.verifier]) == "text\n"

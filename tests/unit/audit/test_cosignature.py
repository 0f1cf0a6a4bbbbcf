import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.cosignature import Witness, WitnessSigner, cosigned_by, parse_witness, require_quorum
from audit.errors import InvalidNote
from audit.note import Signer, Verifier, split_note

LOG = Signer("northwind.example/audit", bytes(range(32)))
LEGAL = WitnessSigner("legal.example/witness", bytes(range(1, 33)))
RETAIL = WitnessSigner("retail.example/witness", bytes(range(2, 34)))
TEXT = Checkpoint(LOG.verifier.name, 7, bytes(32)).text()
NOTE = LOG.sign_note(TEXT)


def _cosigned(*signers: WitnessSigner, time_s: int = 1_790_000_000) -> str:
    return NOTE + "".join(str(signer.cosign(TEXT, time_s).line) for signer in signers)


def test_cosignature_is_known_again() -> None:
    """A cosignature gives the witness and the time that it was made for, and its line stays as it was."""
    (found,) = cosigned_by(_cosigned(LEGAL, RETAIL), [LEGAL.witness])
    assert (found.witness, found.time_s) == ("legal.example/witness", 1_790_000_000)
    assert _cosigned(LEGAL).endswith(str(found.line))


def test_example_of_the_specification() -> None:
    """The key id and time of the line in C2SP's own example are read as C2SP reads them."""
    line = (
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2"
        "oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    )
    _text, (parsed,) = split_note(f"text\n\n{line}\n")
    assert parsed.key_id.hex() == "8d66cf3f"
    assert int.from_bytes(parsed.signature[:8], "big") == 1679315147
    assert len(parsed.signature) == 72


def test_quorum_counts_witnesses() -> None:
    """Two lines of one witness are one cosignature, the newer; a quorum of two needs two witnesses."""
    witnesses = [LEGAL.witness, RETAIL.witness]
    twice = _cosigned(LEGAL, time_s=5) + str(LEGAL.cosign(TEXT, 9).line)
    assert [found.time_s for found in require_quorum(twice, witnesses, 1)] == [9]
    with pytest.raises(InvalidNote, match="1 known witnesses cosigned the checkpoint, and 2 must"):
        require_quorum(twice, witnesses, 2)
    assert len(require_quorum(_cosigned(LEGAL, RETAIL), witnesses, 2)) == 2


def test_cosignature_of_another_checkpoint_fails() -> None:
    """A cosignature does not move to another size, and the log's key cannot pose as a witness."""
    other = Checkpoint(LOG.verifier.name, 8, bytes(32)).text()
    moved = LOG.sign_note(other) + str(LEGAL.cosign(TEXT, 5).line)
    with pytest.raises(InvalidNote, match=r"legal\.example/witness is not good"):
        cosigned_by(moved, [LEGAL.witness])
    same_key = WitnessSigner(LOG.verifier.name, bytes(range(32)))
    assert cosigned_by(NOTE, [same_key.witness]) == ()


@given(st.integers(0, 71), st.integers(0, 7))
def test_no_bit_of_a_cosignature_changes_unseen(place: int, bit: int) -> None:
    """The time is signed as well as the checkpoint."""
    line = LEGAL.cosign(TEXT, 1_790_000_000).line
    changed = bytearray(line.signature)
    changed[place] ^= 1 << bit
    assert LEGAL.witness.verify(TEXT.encode(), line.signature)
    assert not LEGAL.witness.verify(TEXT.encode(), bytes(changed))


@given(st.binary(max_size=100))
def test_any_bytes_are_judged(signature: bytes) -> None:
    """A signature of any length is good or not, and never an error."""
    assert not LEGAL.witness.verify(TEXT.encode(), signature)


@given(st.text(max_size=200))
def test_garbage_is_no_key(text: str) -> None:
    """What is not a witness key is refused as such."""
    with pytest.raises(InvalidNote):
        parse_witness(text)


def test_keys_of_logs_and_witnesses_do_not_mix() -> None:
    """A witness key reads back from its text; a log's key is none, nor is a key of small order."""
    assert parse_witness(str(LEGAL.witness)) == LEGAL.witness
    with pytest.raises(InvalidNote, match="algorithm 4"):
        parse_witness(str(Verifier("log.example", LEGAL.witness.public_key)))
    with pytest.raises(InvalidNote, match="small order"):
        Witness("weak.example", bytes(32))

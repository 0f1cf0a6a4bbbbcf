from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from audit.errors import InvalidNote
from audit.note import Signer, parse_verifier

TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIGNER = Signer("northwind.example/audit", bytes(range(32)))


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


def test_another_origin_is_refused() -> None:
    """A key cannot speak for the log of another name."""
    with pytest.raises(InvalidNote, match="another log"):
        open_checkpoint(SIGNER.sign_note(Checkpoint("other.example", 1, bytes(32)).text()), SIGNER.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "a\n01\nAA==\n",
        f"a\n-1\n{'A' * 43}=\n",
        f"a\n1 \n{'A' * 43}=\n",
        f"\n1\n{'A' * 43}=\n",
        f"a\n1\n{'A' * 43}=",
        f"a\n1\n{'A' * 43}=\n\n",
        f"a\n1\n{'A' * 42}B=\n",
        f"a\n9223372036854775808\n{'A' * 43}=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    """Sizes and roots have one spelling, every line has a text, and no size is beyond 2^63 - 1."""
    with pytest.raises(InvalidNote):
        parse_checkpoint(text)


@given(st.text(alphabet="a1\n=A\u0661\r", max_size=80))
def test_checkpoint_like_text_is_read_or_refused(text: str) -> None:
    """Text made of what checkpoints are made of is one, or is refused as none."""
    for body in (text, f"a\n{text}\n{'A' * 43}=\n"):
        try:
            checkpoint = parse_checkpoint(body)
        except InvalidNote:
            continue
        assert body.startswith(checkpoint.text())

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import tlog
from audit.checkpoint import Checkpoint
from audit.cosignature import WitnessSigner
from audit.errors import InvalidNote, InvalidProof
from audit.note import Signer, parse_verifier, split_note
from audit.proof import Proof, check_proof, parse_proof

LOG = Signer("northwind.example/audit", bytes(range(32)))
WITNESSES = [WitnessSigner(f"{name}.example/w", name.encode() * 8) for name in ("legl", "risk")]
ENTRIES = [b'{"n":%d}' % number for number in range(21)]


def _proof(index: int = 13) -> Proof:
    leaves = [tlog.leaf_hash(entry) for entry in ENTRIES]

    def read(level: int, place: int) -> bytes:
        return tlog.complete_root(leaves[place << level : (place + 1) << level])

    text = Checkpoint(LOG.verifier.name, len(ENTRIES), tlog.root_hash(len(ENTRIES), read)).text()
    note = LOG.sign_note(text) + "".join(str(signer.cosign(text, 1_790_000_000).line) for signer in WITNESSES)
    path = tuple(tlog.prove_inclusion(index, len(ENTRIES), read))
    return Proof(index, path, note, ENTRIES[index])


def _check(file: bytes, quorum: int = 2) -> bytes:
    return check_proof(file, LOG.verifier, [signer.witness for signer in WITNESSES], quorum).entry


def test_proof_shows_its_entry() -> None:
    """A proof file shows the entry that it carries, at its index, under the keys of log and witnesses."""
    shown = check_proof(_proof().text().encode(), LOG.verifier, [signer.witness for signer in WITNESSES], 2)
    assert (shown.entry, shown.index, shown.checkpoint.size) == (ENTRIES[13], 13, 21)
    assert [found.witness for found in shown.cosignatures] == ["legl.example/w", "risk.example/w"]


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_every_flipped_byte_fails(mask: int) -> None:
    """Whichever byte of a proof with cosignatures is changed, verification fails and says why."""
    good = _proof().text().encode()
    assert _check(good) == ENTRIES[13]
    for place in range(len(good)):
        bad = good[:place] + bytes([good[place] ^ mask]) + good[place + 1 :]
        with pytest.raises((InvalidProof, InvalidNote), match=r"\w+ \w+"):
            _check(bad)


@pytest.mark.parametrize("cut", [1, 2, 80, 300])
def test_shortened_and_extended_files_fail(cut: int) -> None:
    """A file that lost its end or its beginning, or that something was added to, is no proof."""
    good = _proof().text().encode()
    for bad in (good[:-cut], good[cut:], good + b"\n" * cut, good + b"x" * cut):
        with pytest.raises((InvalidProof, InvalidNote)):
            _check(bad)


def test_proof_of_another_entry_fails() -> None:
    """A good path does not carry over to another entry or another index."""
    good = _proof()
    for bad in (
        Proof(13, good.path, good.checkpoint, ENTRIES[12]),
        Proof(12, good.path, good.checkpoint, ENTRIES[13]),
        Proof(13, _proof(12).path, good.checkpoint, ENTRIES[13]),
        Proof(13, good.path, good.checkpoint),
    ):
        with pytest.raises(InvalidProof):
            _check(bad.text().encode())


def test_missing_cosignature_fails_the_quorum() -> None:
    """A proof with one cosignature holds for who asks for one, and not for who asks for two."""
    good = _proof()
    lines = good.checkpoint.splitlines(keepends=True)
    one = Proof(13, good.path, "".join(lines[:-1]), ENTRIES[13]).text().encode()
    assert _check(one, quorum=1) == ENTRIES[13]
    with pytest.raises(InvalidNote, match="2 must"):
        _check(one, quorum=2)


def test_form_is_that_of_the_specification() -> None:
    """Header, extra, index, hashes, an empty line, the checkpoint; hashes only of 32 bytes."""
    lines = _proof().text().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 13"
    assert lines[2 + len(_proof().path) + 1] == ""
    text, _lines = split_note("\n".join(lines[4 + len(_proof().path) :]))
    assert text.startswith("northwind.example/audit\n21\n")
    short = _proof().text().replace(lines[3], lines[3][:8])
    with pytest.raises(InvalidProof, match="32 bytes"):
        parse_proof(short)


def test_proof_from_a_log_of_tessera(test_data: Path) -> None:
    """An entry of a log that Tessera wrote is shown by a proof over its own signed checkpoint."""
    folder = test_data / "tlog-vectors" / "tessera-testdata-log"
    entries = tlog.unpack_bundle((folder / tlog.bundle_path(0, 15)).read_bytes())
    leaves = [tlog.leaf_hash(entry) for entry in entries]
    path = tlog.prove_inclusion(
        11, 15, lambda level, place: tlog.complete_root(leaves[place << level : (place + 1) << level])
    )
    key = parse_verifier("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    file = Proof(11, tuple(path), (folder / "checkpoint.15").read_text(), entries[11]).text()
    assert check_proof(file.encode(), key).index == 11


@given(
    st.integers(0, 10**18),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(),
)
def test_round_trip(index: int, path: list[bytes], extra: bytes | None) -> None:
    """A proof reads back as it was written."""
    proof = Proof(index, tuple(path), "any note\n", extra)
    assert parse_proof(proof.text()) == proof


@given(st.text(max_size=200), st.text(alphabet="index 01\nextra=A\x85\r", max_size=60))
def test_garbage_is_read_or_refused(text: str, alike: str) -> None:
    """What is not a proof is refused as such, however alike."""
    with pytest.raises(InvalidProof):
        parse_proof(text)
    try:
        proof = parse_proof(f"c2sp.org/tlog-proof@v1\n{alike}")
    except InvalidProof:
        return
    assert proof.text() == f"c2sp.org/tlog-proof@v1\n{alike}"

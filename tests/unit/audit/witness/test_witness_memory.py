from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint
from audit.cosignature import WitnessSigner
from audit.note import Signer
from audit.witness.memory import WitnessMemory

LOG = Signer("northwind.example/audit", bytes(range(32)))
LEGAL = WitnessSigner("legal.example/witness", bytes(range(1, 33)))


def _note(size: int) -> str:
    text = Checkpoint(LOG.verifier.name, size, bytes(32)).text()
    return LOG.sign_note(text) + str(LEGAL.cosign(text, 5).line)


def test_largest_is_remembered(tmp_path: Path) -> None:
    """A smaller checkpoint that comes late does not take the place of a larger one."""
    memory = WitnessMemory(tmp_path / "audit.witnessed")
    for size in (5, 9, 7):
        memory.remember(_note(size), size)
    checkpoint, name = WitnessMemory(tmp_path / "audit.witnessed").recall(LOG.verifier, [LEGAL.witness])
    assert (checkpoint.size, name) == (9, "legal.example/witness")


@pytest.mark.parametrize("content", [b"", b"\xff", b"garbage", _note(5).encode()[:-3]])
def test_damaged_file_says_nothing(tmp_path: Path, content: bytes) -> None:
    """A file that was cut or overwritten is no memory, and no reason not to start."""
    (tmp_path / "audit.witnessed").write_bytes(content)
    assert WitnessMemory(tmp_path / "audit.witnessed").recall(LOG.verifier, [LEGAL.witness]) is None


def test_nobody_else_speaks_for_a_witness(tmp_path: Path) -> None:
    """A checkpoint that no witness of the policy cosigned, or of another log, is not taken for seen."""
    memory = WitnessMemory(tmp_path / "audit.witnessed")
    memory.remember(_note(5), 5)
    other = WitnessSigner("risk.example/witness", bytes(range(2, 34)))
    assert memory.recall(LOG.verifier, [other.witness]) is None
    assert memory.recall(Signer("other.example", bytes(32)).verifier, [LEGAL.witness]) is None


def test_without_a_path_nothing_is_kept() -> None:
    """A log that lies nowhere on this machine has no memory here."""
    memory = WitnessMemory(None)
    memory.remember(_note(5), 5)
    assert memory.recall(LOG.verifier, [LEGAL.witness]) is None

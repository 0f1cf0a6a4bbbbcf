"""A log of more than one range: what only shows where ranges meet, and in several processes."""

import shutil
from pathlib import Path

import pytest

from audit.keys import read_verifier
from audit.rederive import RANGE
from audit.verify import Report, verify_log
from tests.benchmarks.large_log import build
from tests.tampering import tamper_unsealed


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a log that reaches into its second range; made once."""
    folder = tmp_path_factory.mktemp("large")
    build(RANGE + 100, folder)
    return folder


@pytest.fixture
def large_log(built: Path, tmp_path: Path) -> Path:
    """A copy of its database, the test's own to damage."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return tmp_path / "audit.db"


def check(path: Path, processes: int) -> Report:
    """Verify with the key beside the database."""
    return verify_log(path, read_verifier(path.with_suffix(".pub")), processes=processes)


def test_processes_agree(large_log: Path) -> None:
    """One process and two come to the same report."""
    alone, together = check(large_log, 1), check(large_log, 2)
    assert alone == together
    assert (alone.findings, alone.gaps, alone.writers) == ((), (), 1)
    assert alone.size > RANGE
    assert alone.sealed


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE entry SET department = 'it' || department WHERE idx = 65700", 65700),
        ("UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 2", 0),
        ("DELETE FROM entry WHERE idx = 65536", RANGE),
    ],
)
def test_damage_is_named(large_log: Path, statement: str, index: int) -> None:
    """Damage on either side of where two ranges meet is found at its entry."""
    tamper_unsealed(large_log, statement)
    report = check(large_log, 2)
    assert report.first_bad == index

"""Promise 5, as far as one machine goes: no byte of the log can be changed unseen."""

import random
import shutil
from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.keys import read_verifier, verifier_path
from audit.verify import verify_log
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture
from tests.scenarios.people import ANNA
from tests.scenarios.running import RunningGateway, custody
from tests.tampering import tamper

SAMPLES = 250


@pytest.fixture(scope="module")
def closed_log(capture_server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a gateway that served a while and stopped."""
    capture_server.reset()
    capture_server.script = replies.echo
    running = RunningGateway(tmp_path_factory.mktemp("history"), capture_server.url).await_ready()
    for number in range(40):
        wire.post(running, wire.body(ANNA.letter, stream=bool(number % 2)))
        wire.post(running, wire.body(), key="wrong" if number % 3 else "")
    running.close()
    return running.database


@pytest.fixture
def copied(closed_log: Path, tmp_path: Path) -> Path:
    """A copy of that log to tamper with."""
    shutil.copytree(closed_log.parent, tmp_path / "state")
    return tmp_path / "state" / closed_log.name


def verifies(database: Path) -> bool:
    """Whether the verification finds nothing wrong."""
    try:
        return verify_log(database, read_verifier(verifier_path(database.with_suffix(".key")))).good
    except AuditError:
        return False


def test_real_log_verifies(closed_log: Path) -> None:
    """The log of a real session passes the command that auditors run."""
    verified = custody("audit", "verify", "--database", str(closed_log))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_any_changed_byte_shows(copied: Path) -> None:
    """Whichever byte of the database is changed, verification fails; put back, it passes."""
    original = copied.read_bytes()
    chance = random.Random(7)  # noqa: S311  places, not secrets
    for _ in range(SAMPLES):
        changed = bytearray(original)
        place = chance.randrange(len(changed))
        changed[place] ^= 1 << chance.randrange(8)
        copied.write_bytes(changed)
        assert not verifies(copied), f"byte {place} of {len(original)}"
    copied.write_bytes(original)
    assert verifies(copied)


@pytest.mark.parametrize("place", [0, 20, 0.3, 0.7, -1])
def test_command_fails_after_a_changed_byte(copied: Path, place: float) -> None:
    """The command's exit code and words say that a byte was changed."""
    content = bytearray(copied.read_bytes())
    content[int(place * len(content)) if 0 < place < 1 else int(place)] ^= 0xFF
    copied.write_bytes(content)
    verified = custody("audit", "verify", "--database", str(copied))
    assert verified.returncode == 1
    assert verified.stdout + verified.stderr


EDITS = {
    "a refusal deleted": (
        "DELETE FROM entry WHERE idx = (SELECT min(idx) FROM entry WHERE type = 'access.denied')"
    ),
    "the end cut off": "DELETE FROM entry WHERE idx > (SELECT size FROM head) - 4",
    "the end cut off, head too": (
        "DELETE FROM entry WHERE idx >= (SELECT size FROM head) - 4; UPDATE head SET size = size - 4"
    ),
    "all deleted": "DELETE FROM entry; UPDATE head SET size = 0",
    "a column changed": "UPDATE entry SET department = 'product' WHERE idx = 3",
    "a leaf changed": "UPDATE entry SET leaf = CAST(replace(leaf, 'retail', 'legals') AS BLOB) WHERE idx = 0",
    "two swapped": "UPDATE entry SET idx = -1 WHERE idx = 1; UPDATE entry SET idx = 1 WHERE idx = 2;"
    "UPDATE entry SET idx = 2 WHERE idx = -1",
    "one repeated": (
        "INSERT INTO entry SELECT (SELECT size FROM head), leaf, id || 'x', type, request_id, wall_us, actor,"
        " department, action, resource, owner, effect, code, intent, attempt FROM entry WHERE idx = 0;"
        "UPDATE head SET size = size + 1"
    ),
    "tiles dropped": "DELETE FROM tile",
    "checkpoints dropped": "DELETE FROM checkpoint",
}


# A log without a checkpoint reads like one that was just begun: with the seal gone too, only a receipt or a
# copy of a checkpoint tells (audit/README.md).
_SHOWN_BY_SEAL_ALONE = {"checkpoints dropped"}
_CASES = [(edit, True) for edit in EDITS] + [
    (edit, False) for edit in EDITS if edit not in _SHOWN_BY_SEAL_ALONE
]


@pytest.mark.parametrize(("edit", "sealed"), _CASES)
def test_edit_by_sql_shows(copied: Path, edit: str, sealed: bool) -> None:
    """Someone with the database's password, but not the log's key, cannot rewrite it unseen."""
    tamper(copied, *EDITS[edit].split(";"))
    if not sealed:
        copied.with_name(f"{copied.name}.seal").unlink()
    assert not verifies(copied)


def test_receipt_outlives_its_entry(gateway: RunningGateway, capture: Capture) -> None:
    """A receipt of this log passes, and one that was altered does not."""
    capture.script = replies.echo
    receipt = wire.post(gateway, wire.body()).headers["x-custody-receipt"]
    database = ("--database", str(gateway.database))
    assert custody("audit", "verify", *database, "--receipt", receipt).returncode == 0
    middle = len(receipt) // 2
    altered = receipt[:middle] + ("A" if receipt[middle] != "A" else "B") + receipt[middle + 1 :]
    assert custody("audit", "verify", *database, "--receipt", altered).returncode == 1

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from audit.checkpoint import Checkpoint
from audit.entry import Receipt, Record
from audit.errors import InvalidReceipt, LogCorrupted, LogUnusable
from audit.keys import load_or_create_signer, read_verifier
from audit.log import open_log
from audit.seal import seal_path
from audit.verify import Report, verify_log, verify_receipt
from tests.tampering import tamper_unsealed

MakeRecord = Callable[..., Record]


def check(path: Path) -> Report:
    """Verify with the key beside the database."""
    return verify_log(path, read_verifier(path.with_suffix(".pub")))


async def test_good_log_verifies(closed_log: Path) -> None:
    """A log that nobody touched verifies, with its pairs counted and its one open gap named."""
    report = check(closed_log)
    assert report.findings == ()
    assert (report.good, report.sealed, report.size, report.pairs) == (True, True, 599, 299)
    assert [gap.request_id for gap in report.gaps] == ["req-1-50"]
    assert report.checkpoint is not None
    assert (report.checkpoint.size, report.checkpoint.root) == (599, report.root)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE entry SET leaf = CAST(replace(leaf, 'retail', 'legals') AS BLOB) WHERE idx = 7", 7),
        ("UPDATE entry SET department = 'it' WHERE idx = 7", 7),
        ("UPDATE entry SET effect = 'deny' WHERE idx = 8", 8),
        ("UPDATE entry SET wall_us = wall_us + 1 WHERE idx = 9", 9),
        ("DELETE FROM entry WHERE idx = 5", 5),
        ("DELETE FROM entry WHERE idx >= 590", 590),
        ("DELETE FROM entry", 0),
        ("UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND number = 1", 256),
        ("UPDATE tile SET hashes = CAST(hashes || 'x' AS BLOB) WHERE level = 1", 512),
        ("DELETE FROM tile WHERE level = 0 AND number = 0", 0),
        ("INSERT INTO tile VALUES (3, 9, zeroblob(32))", 599),
        ("UPDATE head SET size = 598", 598),
        ("UPDATE head SET size = 600", 599),
        ("UPDATE head SET origin = 'other.example/log'", 0),
        ("UPDATE tree SET root = zeroblob(32)", 599),
        ("UPDATE tree SET size = 598", 598),
        ("UPDATE checkpoint SET note = replace(note, 'custody', 'Custody')", 0),
        ("UPDATE checkpoint SET size = size + 1", None),
    ],
)
async def test_superuser_edit_is_found(closed_log: Path, statement: str, index: int | None) -> None:
    """An edit of leaf, column, tile, head, root or checkpoint fails, and the first bad index is named."""
    tamper_unsealed(closed_log, statement)
    report = check(closed_log)
    assert not report.good
    if index is not None:
        assert report.first_bad == index


async def test_swapped_rows_are_found(closed_log: Path) -> None:
    """Two entries that change places fail at the first of them."""
    tamper_unsealed(
        closed_log,
        "UPDATE entry SET idx = -1 WHERE idx = 20",
        "UPDATE entry SET idx = 20 WHERE idx = 40",
        "UPDATE entry SET idx = 40 WHERE idx = -1",
    )
    assert check(closed_log).first_bad == 20


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER hide AFTER INSERT ON entry BEGIN DELETE FROM entry WHERE idx = new.idx; END",
        "CREATE TABLE extra (x)",
        "DROP INDEX entry_by_request",
    ],
)
async def test_foreign_schema_is_found(closed_log: Path, statement: str) -> None:
    """A trigger, a table or a missing index that this release does not know fails."""
    tamper_unsealed(closed_log, statement)
    assert not check(closed_log).good


async def test_truncated_tail_is_found_by_checkpoint_and_receipt(
    tmp_path: Path, make_record: MakeRecord
) -> None:
    """Entries cut from the end with their tiles and head fail by the checkpoint, and by a receipt alone."""
    path = tmp_path / "audit.db"
    log = open_log(path)
    receipts = [await log.append(make_record(f"r{number}")) for number in range(10)]
    await log.aclose()
    tamper_unsealed(path, "DELETE FROM entry WHERE idx >= 8", "UPDATE head SET size = 8")
    assert check(path).first_bad == 8
    with pytest.raises(LogCorrupted, match="gone"):
        verify_receipt(path, log.verifier, receipts[9].token)
    assert verify_receipt(path, log.verifier, receipts[7].token).index == 7


async def test_forged_receipt_is_refused(closed_log: Path, tmp_path: Path, make_record: MakeRecord) -> None:
    """No flipped character of a receipt passes, nor one of another log."""
    other = open_log(tmp_path / "other.db")
    receipt: Receipt = await other.append(make_record())
    await other.aclose()
    with pytest.raises(InvalidReceipt, match="not signed"):
        verify_receipt(closed_log, read_verifier(closed_log.with_suffix(".pub")), receipt.token)
    for place in range(len(receipt.token)):
        swapped = "A" if receipt.token[place] != "A" else "B"
        token = receipt.token[:place] + swapped + receipt.token[place + 1 :]
        with pytest.raises(InvalidReceipt):
            verify_receipt(tmp_path / "other.db", other.verifier, token)


def test_any_byte_of_a_closed_log(closed_log: Path, tmp_path: Path) -> None:
    """A flipped bit at any place of the file of a cleanly closed log fails, though it may mean nothing."""
    raw, chooser = closed_log.read_bytes(), random.Random(7)  # noqa: S311 - places to damage, the same in each run
    verifier = read_verifier(closed_log.with_suffix(".pub"))
    places = [*range(0, 100, 9), *(chooser.randrange(len(raw)) for _ in range(40)), len(raw) - 1]
    copy = tmp_path / "copy.db"
    shutil.copy(seal_path(closed_log), seal_path(copy))
    for place in places:
        copy.write_bytes(flipped(raw, place, chooser))
        assert not verify_log(copy, verifier).good, place


def test_any_meaningful_byte_without_a_seal(closed_log: Path, tmp_path: Path) -> None:
    """Without a seal a flip that passes has changed nothing: every row and table reads as before."""
    raw, chooser = closed_log.read_bytes(), random.Random(11)  # noqa: S311 - places to damage, the same in each run
    verifier, before = read_verifier(closed_log.with_suffix(".pub")), content(closed_log)
    copy, passed = tmp_path / "copy.db", 0
    for _ in range(60):
        place = chooser.randrange(100, len(raw))
        copy.write_bytes(flipped(raw, place, chooser))
        if verify_log(copy, verifier).good:
            passed += 1
            assert content(copy) == before, place
    assert passed < 40


def flipped(raw: bytes, place: int, chooser: random.Random) -> bytes:
    """The bytes with one bit of one of them turned."""
    return raw[:place] + bytes([raw[place] ^ 1 << chooser.randrange(8)]) + raw[place + 1 :]


def content(path: Path) -> list[str]:
    """Every row of every table."""
    connection = sqlite.connect(str(path))
    tables = ("sqlite_schema", "head", "entry", "tile", "tree", "checkpoint")
    try:
        return [
            repr(connection.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608 - names above
            for table in tables
        ]
    finally:
        connection.close()


async def test_second_root_is_found(closed_log: Path) -> None:
    """A checkpoint of the log's own key over another root fails: there is one root for a size."""
    signer = load_or_create_signer(closed_log.with_suffix(".key"), "custody.local/audit")
    note = signer.sign_note(Checkpoint(signer.verifier.name, 300, bytes(32)).text())
    tamper_unsealed(closed_log, f"INSERT OR REPLACE INTO checkpoint VALUES (300, '{note}')")  # noqa: S608 - made above
    report = check(closed_log)
    assert report.first_bad is not None
    assert report.first_bad < 300


async def test_open_log_verifies_meanwhile(tmp_path: Path, make_record: MakeRecord) -> None:
    """A log verifies while it is written to, also between a commit and its integration."""
    log = open_log(tmp_path / "audit.db")
    for number in range(30):
        await log.append(make_record(f"r{number}"))
        report = check(tmp_path / "audit.db")
        assert report.findings == ()
        assert (report.size, report.sealed) == (number + 1, False)
    await log.aclose()


async def test_missing_database_is_told(tmp_path: Path) -> None:
    """A path without a log is refused with what to do, and nothing is made there."""
    signer = load_or_create_signer(tmp_path / "audit.key", "o")
    with pytest.raises(LogUnusable, match="--database"):
        verify_log(tmp_path / "none.db", signer.verifier)
    assert not (tmp_path / "none.db").exists()


KILLED = """
import asyncio, sys
from pathlib import Path
from audit.entry import EntryType, Record
from audit.log import LogOptions, open_log

async def main():
    log = open_log(Path(sys.argv[1]), LogOptions(cadence_s=0.01))
    async def caller(name):
        turn = 0
        while True:
            turn += 1
            request = f"{name}-{turn}"
            receipt = await log.append(Record(type=EntryType.INTENT, request_id=request))
            print(receipt.token, flush=True)
            await log.append(Record(type=EntryType.OUTCOME, request_id=request, intent=receipt.entry_id))
    await asyncio.gather(*[caller(f"c{number}") for number in range(8)])

asyncio.run(main())
"""


def test_kill_at_any_moment(tmp_path: Path) -> None:
    """A log verifies and goes on after each of ten kills; every receipt that was given still holds."""
    path, chooser = tmp_path / "audit.db", random.Random(3)  # noqa: S311 - places to damage, the same in each run
    for _ in range(10):
        process = subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        tokens = [process.stdout.readline().strip() for _ in range(chooser.randrange(1, 120))]
        process.kill()
        tokens += process.stdout.read().split("\n")[:-1]
        process.wait()
        process.stdout.close()
        report = check(path)
        assert report.findings == ()
        verifier = read_verifier(path.with_suffix(".pub"))
        for token in tokens[-3:]:
            assert verify_receipt(path, verifier, token).index < report.size

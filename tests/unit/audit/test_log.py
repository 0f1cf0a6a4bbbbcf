import asyncio
import resource
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from audit.entry import EntryType, Record
from audit.errors import EntryNotFound, LogCorrupted, LogUnusable, RecorderUnavailable
from audit.keys import load_or_create_signer, read_verifier
from audit.log import LogOptions, open_log
from audit.query import Filter, LogReader
from audit.seal import seal_path
from audit.sqlite import require_safe_sqlite
from audit.tlog import EMPTY_ROOT
from audit.verify import verify_log
from audit.wal import check_wal
from tests.tampering import tamper

MakeRecord = Callable[..., Record]
QUICK = LogOptions(deadline_s=0.4, cadence_s=0.01)


async def test_locked_database_is_told_in_time(tmp_path: Path, make_record: MakeRecord) -> None:
    """While another process holds the write lock records are refused; afterwards they pass again."""
    path = tmp_path / "audit.db"
    log = open_log(path, QUICK)
    await log.append(make_record("before"))
    holder = sqlite.connect(str(path), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(RecorderUnavailable):
        await log.append(make_record("locked"))
    holder.execute("ROLLBACK")
    holder.close()
    # The refused record may have come late, behind the integrator's own wait for the lock.
    assert (await log.append(make_record("after"))).index in {1, 2}
    await log.aclose()
    assert verify_log(path, log.verifier).findings == ()


async def test_full_disk_is_told_and_recovers(tmp_path: Path, make_record: MakeRecord) -> None:
    """Without room for more records are refused; with room again they pass, without a restart."""
    path = tmp_path / "audit.db"
    log = open_log(path, LogOptions(deadline_s=2.0))
    await log.append(make_record("before"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ, so a write beyond the limit fails with EFBIG, as ENOSPC would.
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        refused = 0
        for number in range(200):
            try:
                await log.append(make_record(f"r{number}"))
            except RecorderUnavailable:
                refused += 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused > 0
    last = await log.append(make_record("after"))
    assert last.index == 201 - refused
    await log.aclose()
    assert verify_log(path, log.verifier).findings == ()


async def test_log_goes_on_after_restart(tmp_path: Path, make_record: MakeRecord) -> None:
    """Each start goes on where the last one ended, over the bounds of a tile."""
    path = tmp_path / "audit.db"
    for start in range(4):
        log = open_log(path, QUICK)
        refusals = [replace(make_record(f"{start}-{n}"), type=EntryType.DENIED) for n in range(90)]
        receipts = await asyncio.gather(*map(log.append, refusals))
        assert receipts[0].index == 90 * start
        await log.aclose()
    report = verify_log(path, log.verifier)
    assert (report.findings, report.size, report.writers, report.sealed) == ((), 360, 4, True)


async def test_two_gateways_on_one_log(tmp_path: Path, make_record: MakeRecord) -> None:
    """Two writers interleave without a gap, and only the last to close seals the file."""
    path = tmp_path / "audit.db"
    logs = [open_log(path, LogOptions(cadence_s=0.01)) for _ in range(2)]
    for turn in range(20):
        await asyncio.gather(*[log.append(make_record(f"{turn}")) for log in logs])
    await logs[0].aclose()
    assert not seal_path(path).exists()
    await logs[1].append(make_record("last"))
    await logs[1].aclose()
    report = verify_log(path, logs[0].verifier)
    assert (report.findings, report.size, report.writers, report.sealed) == ((), 41, 2, True)


async def test_write_ahead_log_stays_bounded(
    tmp_path: Path, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers that never pause do not keep the write-ahead log from being begun anew."""
    monkeypatch.setattr("audit.sqlite._LONG_WAL", 64)
    path = tmp_path / "audit.db"
    log = open_log(path, LogOptions(cadence_s=0.01))

    async def caller(number: int) -> None:
        for turn in range(150):
            await log.append(make_record(f"{number}-{turn}"))

    await asyncio.gather(*[caller(number) for number in range(16)])
    # What these commits write comes to over 10 MB.
    assert path.with_name("audit.db-wal").stat().st_size < 6_000_000
    await log.aclose()
    assert verify_log(path, log.verifier).findings == ()


async def test_empty_log_verifies(tmp_path: Path) -> None:
    """A log without entries verifies, has the root of nothing, and closes twice as once."""
    log = open_log(tmp_path / "audit.db")
    await log.aclose()
    await log.aclose()
    report = verify_log(tmp_path / "audit.db", log.verifier)
    assert (report.good, report.size, report.root, report.checkpoint) == (True, 0, EMPTY_ROOT, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tree SET root = zeroblob(32)",
        "UPDATE tile SET hashes = zeroblob(length(hashes))",
        "DELETE FROM tile",
        "UPDATE checkpoint SET note = note || 'x'",
        "UPDATE tree SET size = 100",
        "UPDATE head SET size = 100",
    ],
)
def test_start_refuses_a_changed_tree(closed_log: Path, statement: str) -> None:
    """A gateway does not start, and so signs nothing, over a tree that is not the one it signed."""
    tamper(closed_log, statement)
    with pytest.raises(LogCorrupted):
        open_log(closed_log)


def test_foreign_file_is_refused(tmp_path: Path) -> None:
    """A file that is no database is left as it is, and told with what to do."""
    path = tmp_path / "audit.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(LogUnusable, match="evidence"):
        open_log(path)
    assert path.read_bytes() == b"not a database" * 1000


def test_origin_is_kept(closed_log: Path) -> None:
    """A log cannot be opened under another name, nor with the key of another log."""
    with pytest.raises(LogUnusable, match="origin"):
        open_log(closed_log, LogOptions(origin="other.example/log"))
    with pytest.raises(LogUnusable, match="origin"):
        open_log(
            closed_log, LogOptions(origin="other.example/log", key_path=closed_log.with_name("other.key"))
        )


def test_key_is_private_and_kept(tmp_path: Path) -> None:
    """The signing key is made once for its owner alone, never shows, and is refused if others may read it."""
    path = tmp_path / "audit.key"
    signer = load_or_create_signer(path, "northwind.example/log")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_signer(path, "northwind.example/log").verifier == signer.verifier
    assert read_verifier(path.with_suffix(".pub")) == signer.verifier
    assert path.read_text().split(" ")[2].strip() not in repr(signer)
    path.chmod(0o644)
    with pytest.raises(LogUnusable, match="chmod 600"):
        load_or_create_signer(path, "northwind.example/log")


def test_damaged_key_is_told_without_showing_it(tmp_path: Path) -> None:
    """A key file that cannot be read is refused, and its text is in no message."""
    path = tmp_path / "audit.key"
    load_or_create_signer(path, "o")
    path.write_text("custody-log-key-v1 o SECRET\n")
    with pytest.raises(LogUnusable) as caught:
        load_or_create_signer(path, "o")
    assert "SECRET" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_vulnerable_sqlite_is_refused(version: tuple[int, ...]) -> None:
    """A SQLite with the WAL-reset bug is refused; the one that is installed here is not."""
    with pytest.raises(LogUnusable, match="WAL"):
        require_safe_sqlite(version)
    require_safe_sqlite(sqlite.sqlite_version_info)


def test_find_by_every_name(closed_log: Path) -> None:
    """An entry is found by index, entry id and request id; an unknown name says where to look."""
    with LogReader(closed_log) as reader:
        (first,) = reader.find("0")
        assert reader.find(first.entry.id) == [first]
        pair = reader.find("req-0-0")
        assert [item.entry.record.type.value for item in pair] == ["access.intent", "access.outcome"]
        for name in ("", "-1", "9" * 30, "nothing", "'; DROP TABLE entry"):
            with pytest.raises(EntryNotFound, match="custody audit tail"):
                reader.find(name)


def test_pages_and_filters(closed_log: Path) -> None:
    """Pages follow each other without loss, the tail is the end, and filters are the columns."""
    with LogReader(closed_log) as reader:
        assert [item.index for item in reader.scan()] == list(range(599))
        assert [item.index for item in reader.tail(3)] == [596, 597, 598]
        assert len(list(reader.scan(Filter(type="access.outcome", department="retail")))) == 299
        assert reader.page(where=Filter(owner="nobody")) == []
        middle = reader.find("300")[0].entry.wall_us
        early, late = Filter(until_us=middle), Filter(since_us=middle)
        assert len(list(reader.scan(early))) + len(list(reader.scan(late))) == 599


def test_each_entry_is_proven(closed_log: Path) -> None:
    """Every entry has a path to the newest checkpoint; a changed tile on the way is noticed."""
    verifier = read_verifier(closed_log.with_suffix(".pub"))
    with LogReader(closed_log) as reader:
        checkpoint = reader.checkpoint(verifier)
        assert checkpoint is not None
        for located in reader.scan():
            reader.prove(located, checkpoint[0])
    tamper(closed_log, "UPDATE tile SET hashes = zeroblob(8192) WHERE number = 0 AND level = 0")
    with LogReader(closed_log) as reader, pytest.raises(LogCorrupted):
        reader.prove(reader.find("3")[0], checkpoint[0])


async def test_damaged_write_ahead_log_is_found(tmp_path: Path, make_record: MakeRecord) -> None:
    """A flipped byte in the WAL of a killed gateway, which SQLite takes for its end, fails verification."""
    live, killed = tmp_path / "audit.db", tmp_path / "killed"
    # A cadence without end leaves all but the first entries in the WAL, as a kill would.
    log = open_log(live, LogOptions(cadence_s=60))
    for number in range(30):
        await log.append(make_record(f"r{number}"))
    killed.mkdir()
    for name in ("audit.db", "audit.db-wal"):
        shutil.copy(tmp_path / name, killed / name)
    await log.aclose()
    copy, wal = killed / "audit.db", killed / "audit.db-wal"
    raw = wal.read_bytes()
    assert len(raw) > 10 * 4096
    assert check_wal(copy) == []
    for place in (5, 20, 40, 100, len(raw) // 2):
        wal.write_bytes(raw[:place] + bytes([raw[place] ^ 4]) + raw[place + 1 :])
        assert not verify_log(copy, log.verifier).good, place
    wal.write_bytes(raw[: len(raw) - 3000])
    assert check_wal(copy) == []


def test_files_are_named_after_the_database(closed_log: Path) -> None:
    """A closed log leaves its database, key, verifier key, seal and lock, and an empty WAL at most."""
    names = {path.name for path in closed_log.parent.iterdir() if not path.name.endswith(("-wal", "-shm"))}
    assert names == {"audit.db", "audit.key", "audit.pub", "audit.db.seal", "audit.db.lock", "audit.db.turn"}

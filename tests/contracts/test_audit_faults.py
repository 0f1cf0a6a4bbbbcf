"""What a log must hold to when its writer dies, its disk fails, or its database is gone, hung or put back."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.entry import EntryType, Record
from audit.errors import LogCorrupted, LogUnusable, RecorderUnavailable
from audit.ids import SystemClock
from audit.keys import read_verifier
from audit.log import Log, LogOptions, Witnessed, open_log
from audit.place import Place, show_place
from audit.verify import verify_log, verify_receipt
from tests.contracts.audit_victim import CALLS, POINTS
from tests.postgres import PostgresServer, running_server
from tests.tampering import superuser

# More places of more system calls: `CUSTODY_TEST_FAULTS=40`.
PLACES = int(os.environ.get("CUSTODY_TEST_FAULTS", "2"))
VICTIM = [sys.executable, "-m", "tests.contracts.audit_victim"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a log, in each database in turn."""
    if request.param == "sqlite":
        return tmp_path / "audit.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.place()


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that tests may stop."""
    with running_server() as server:
        yield server


def refusal(name: str = "r") -> Record:
    """A record that needs no other."""
    return Record(type=EntryType.DENIED, request_id=name)


def run_victim(place: Place, key: Path, point: str = "", *, under: tuple[str, ...] = ()) -> list[str]:
    """Run the victim to its end; gives the receipts that it was promised."""
    command = [*under, *VICTIM, show_place(place), str(key), point]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert "still alive" not in ended.stderr
    return ended.stdout.split()


def assert_goes_on(place: Place, key: Path, receipts: list[str]) -> None:
    """The log verifies, holds all that was promised, takes more, and still verifies."""
    verifier = read_verifier(key.with_suffix(".pub"))
    size = 0
    # Without a promise the log may not even have been begun.
    if receipts:
        before = verify_log(place, verifier)
        assert before.findings == ()
        size = before.size
    for token in receipts:
        assert verify_receipt(place, verifier, token).index < size
    log = open_log(place, LogOptions(key_path=key))
    assert asyncio.run(_append_and_close(log)) >= size
    after = verify_log(place, verifier)
    assert (after.findings, after.checkpoint and after.checkpoint.size) == ((), after.size)


async def _append_and_close(log: Log) -> int:
    receipt = await log.append(refusal())
    await log.aclose()
    return receipt.index


# In PostgreSQL one statement is the transaction, so the server alone is ever between its parts.
DEATHS = [
    (kind, point)
    for kind in ("sqlite", "postgresql")
    for point in POINTS
    if point and (kind, point) != ("postgresql", "before commit")
]


@pytest.mark.parametrize(("place", "point"), DEATHS, indirect=["place"])
def test_killed_there(place: Place, tmp_path: Path, point: str) -> None:
    """Wherever a writer is killed nothing promised is lost, no number left out, and no size has two roots."""
    key = tmp_path / "audit.key"
    receipts = run_victim(place, key, point)
    assert len(receipts) >= CALLS
    assert_goes_on(place, key, receipts)


def test_killed_while_the_server_works(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """A writer that is killed while its statement waits in the server leaves a whole entry or none."""
    place, key = postgres_server.place(), tmp_path / "audit.key"
    asyncio.run(_append_and_close(open_log(place, LogOptions(key_path=key))))
    with superuser(place) as connection:
        connection.execute(text("SELECT size FROM head FOR UPDATE"))
        command = [*VICTIM, show_place(place), str(key), ""]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as victim:
            waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            while victim.poll() is None and not connection.execute(waits).scalar_one():
                connection.execute(text("SELECT pg_sleep(0.05)"))
            victim.kill()
    assert_goes_on(place, key, [])


CASES = [
    (call, fault)
    for call in ("pwrite64", "fdatasync")
    for fault in ("error=EIO", "error=ENOSPC", "signal=KILL")
]


@pytest.mark.parametrize(("call", "fault"), CASES)
def test_system_call_fails(tmp_path: Path, call: str, fault: str) -> None:
    """Whichever write or sync fails, or is the last, what was promised is there and nothing is torn."""
    if shutil.which("strace") is None:
        pytest.skip("no strace: apt-get install strace")
    places = range(3, 3 + 17 * PLACES, 17) if call == "pwrite64" else range(2, 2 + 5 * PLACES, 5)
    for number in places:
        folder = tmp_path / str(number)
        folder.mkdir()
        # Three in a row, so that no second try hides the first.
        inject = f"inject={call}:{fault}:when={number}..{number + 2}"
        under = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject)
        receipts = run_victim(folder / "audit.db", folder / "audit.key", under=under)
        if (folder / "audit.pub").exists() and (folder / "audit.db").exists():
            assert_goes_on(folder / "audit.db", folder / "audit.key", receipts)


@asynccontextmanager
async def opened(server: PostgresServer, folder: Path) -> AsyncIterator[tuple[Log, Place]]:
    """A log on a server that will be gone for a while."""
    place = server.place()
    options = LogOptions(key_path=folder / "audit.key", deadline_s=0.5, cadence_s=0.01)
    log = await asyncio.to_thread(open_log, place, options)
    await log.append(refusal("before"))
    yield log, place
    for _ in range(100):
        try:
            await log.append(refusal("after"))
            break
        except RecorderUnavailable:
            await asyncio.sleep(0.1)
    else:
        pytest.fail("the log did not come back")
    await log.aclose()
    report = verify_log(place, log.verifier)
    assert (report.findings, report.writers) == ((), 1)
    assert report.checkpoint is not None
    assert report.checkpoint.size == report.size


@pytest.mark.parametrize("how", ["SIGINT", "SIGQUIT"])
async def test_database_down(own_server: PostgresServer, tmp_path: Path, how: str) -> None:
    """While the server is down records are refused; once it is back they pass, without a restart."""
    async with opened(own_server, tmp_path) as (log, _place):
        await asyncio.to_thread(own_server.stop, signal.Signals[how])
        for _ in range(3):
            with pytest.raises(RecorderUnavailable):
                await log.append(refusal("down"))
        await asyncio.to_thread(own_server.start)


async def test_database_hung(own_server: PostgresServer, tmp_path: Path) -> None:
    """While the server stands still records are refused in time; one may come late, none twice."""
    async with opened(own_server, tmp_path) as (log, _place):
        own_server.freeze()
        try:
            for _ in range(3):
                with pytest.raises(RecorderUnavailable, match="in time"):
                    await log.append(refusal("hung"))
        finally:
            own_server.thaw()


async def test_older_backup_is_seen(tmp_path: Path) -> None:
    """A backup that was put back is refused where a witness saw more, and a receipt tells it to anyone."""
    path, backup = tmp_path / "audit.db", tmp_path / "backup"
    log = open_log(path)
    await log.append(refusal())
    await log.aclose()
    backup.mkdir()
    for name in ("audit.db", "audit.db.seal"):
        shutil.copy(tmp_path / name, backup / name)
    log = open_log(path)
    receipt = await log.append(refusal())
    await log.aclose()
    for name in ("audit.db", "audit.db.seal"):
        shutil.copy(backup / name, tmp_path / name)
    with pytest.raises(LogCorrupted, match="gone"):
        verify_receipt(path, log.verifier, receipt.token)
    with pytest.raises(LogUnusable, match="older copy"):
        open_log(path, LogOptions(witnessed=lambda: [Witnessed("legal", 2)]))


class JumpingClock(SystemClock):
    """A machine whose wall clock is set while it runs."""

    offset_us = 0

    def wall_us(self) -> int:
        """What the wall shows."""
        return super().wall_us() + self.offset_us


async def test_clock_jumps(place: Place, tmp_path: Path) -> None:
    """A wall clock that jumps reorders nothing, repeats no id and closes no running call."""
    clock = JumpingClock()
    options = LogOptions(key_path=tmp_path / "audit.key", beat_s=0.05, gone_s=1.0)
    logs = [open_log(place, options, clock=clock) for _ in range(2)]
    running = await logs[0].append(replace(refusal("running"), type=EntryType.INTENT))
    ids = [running.entry_id]
    for days in (1, -1, -3, 5):
        clock.offset_us = days * 86_400_000_000
        ids += [(await log.append(refusal())).entry_id for log in logs]
        await asyncio.sleep(0.2)
    outcome = Record(type=EntryType.OUTCOME, request_id="running", intent=running.entry_id)
    ids.append((await logs[0].append(outcome)).entry_id)
    for log in logs:
        await log.aclose()
    report = verify_log(place, logs[0].verifier)
    assert (report.findings, report.repeated, report.gaps) == ((), 0, ())
    assert len(set(ids)) == len(ids) == report.size

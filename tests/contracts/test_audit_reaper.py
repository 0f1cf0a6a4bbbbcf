"""Intents whose writer is gone are closed as unknown, and those of a living one never, in every database."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.entry import EntryType, Record
from audit.errors import RecorderUnavailable
from audit.log import Log, LogOptions, open_log
from audit.open_intents import OpenIntents
from audit.place import Place
from audit.query import Filter, LogReader
from audit.reaper import UNKNOWN
from audit.registry import Registry
from audit.verify import verify_log
from tests.postgres import PostgresServer

Open = Callable[..., Log]
SOON = {"beat_s": 0.05, "gone_s": 1.0, "cadence_s": 0.01}
PATIENCE_S = 20


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a log, in each database in turn."""
    if request.param == "sqlite":
        return tmp_path / "audit.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.place()


@pytest.fixture
def opened(place: Place, tmp_path: Path) -> Open:
    """Opens the log of the place as one of its gateways."""
    return lambda **more: open_log(place, LogOptions(**{"key_path": tmp_path / "audit.key", **SOON, **more}))


def intent(name: str) -> Record:
    """A call begins."""
    return Record(type=EntryType.INTENT, request_id=name, action="chat")


def unknown_in(place: Place) -> list[Record]:
    """The outcomes that a reaper wrote."""
    with LogReader(place) as reader:
        return [item.entry.record for item in reader.scan(Filter(code=UNKNOWN))]


async def until_unknown(place: Place, count: int) -> list[Record]:
    """Wait for so many of them."""
    deadline = time.monotonic() + PATIENCE_S
    while len(found := unknown_in(place)) < count:
        assert time.monotonic() < deadline, "nothing was reaped"
        await asyncio.sleep(0.05)
    return found


def die(log: Log) -> None:
    """Do what a kill does to a writer as others see it: it beats no more, and closes nothing."""
    log._opened._reaper._stop.set()
    log._opened._reaper._thread.join()


async def test_silent_writer_is_reaped_by_one(place: Place, opened: Open) -> None:
    """Of several gateways that see a writer go silent, one closes its intents and names it."""
    dead, *others = [opened() for _ in range(3)]
    receipts = [await dead.append(intent(f"r{number}")) for number in range(5)]
    answered = Record(type=EntryType.OUTCOME, request_id="r0", intent=receipts[0].entry_id)
    await dead.append(answered)
    die(dead)
    found = await until_unknown(place, 4)
    await asyncio.sleep(0.5)
    assert {record.intent for record in unknown_in(place)} == {made.entry_id for made in receipts[1:]}
    assert len(unknown_in(place)) == 4
    assert all(record.detail["writer"] == dead._opened.chain.writer for record in found)
    for log in (dead, *others):
        await log.aclose()
    report = verify_log(place, dead.verifier)
    assert (report.findings, report.gaps, report.repeated) == ((), (), 0)


async def test_living_writer_is_never_reaped(place: Place, opened: Open) -> None:
    """A call may run for much longer than the time after which silence means death."""
    running, watching = opened(gone_s=1.0), opened(gone_s=1.0)
    made = await running.append(intent("long"))
    await asyncio.sleep(2.5)
    assert unknown_in(place) == []
    await running.append(Record(type=EntryType.OUTCOME, request_id="long", intent=made.entry_id))
    await running.aclose()
    await watching.aclose()
    report = verify_log(place, running.verifier)
    assert (report.findings, report.repeated, report.pairs) == ((), 0, 1)


async def test_outcome_of_one_taken_for_gone_counts_as_second(place: Place, opened: Open) -> None:
    """A writer that comes back after it was taken for gone is put back, and its outcome is a second one."""
    stalled, watching = opened(), opened()
    made = await stalled.append(intent("stalled"))
    die(stalled)
    await until_unknown(place, 1)
    await stalled.append(Record(type=EntryType.OUTCOME, request_id="stalled", intent=made.entry_id))
    registry = Registry(stalled._opened.database)
    assert registry.beat(stalled._opened.chain.writer, 0) is False
    assert registry.beat(stalled._opened.chain.writer, 0) is True
    await stalled.aclose()
    await watching.aclose()
    report = verify_log(place, stalled.verifier)
    assert (report.findings, report.repeated) == ((), 1)


async def test_outcome_that_failed_is_closed(
    place: Place, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An intent whose outcome could not be made durable is closed as unknown once the database works."""
    log = opened(deadline_s=0.5)
    made = await log.append(intent("cut"))
    chain = log._opened.chain
    monkeypatch.setattr(chain, "_store", Broken(chain._store))
    with pytest.raises(RecorderUnavailable):
        await log.append(Record(type=EntryType.OUTCOME, request_id="cut", intent=made.entry_id))
    monkeypatch.setattr(chain, "_store", chain._store.whole)
    (record,) = await until_unknown(place, 1)
    assert (record.intent, record.detail["reason"]) == (made.entry_id, "outcome not durable")
    await log.aclose()
    report = verify_log(place, log.verifier)
    assert (report.findings, report.gaps, report.repeated) == ((), (), 0)


class Broken:
    """A store whose database is down."""

    def __init__(self, whole: object) -> None:
        self.whole = whole

    def append(self, rows: object) -> int:
        """Fails."""
        raise OSError("down")

    def settle(self, entry_id: str) -> int | None:
        """Fails as well."""
        return None


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from audit.entry import EntryType, Record
from audit.log import open_log

async def main():
    log = open_log(Path(sys.argv[1]))
    for name in ("a", "b"):
        await log.append(Record(type=EntryType.INTENT, request_id=name))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_restart_after_a_kill_closes_at_once(tmp_path: Path) -> None:
    """Who opens a SQLite log alone closes what a killed gateway left, before it serves."""
    path = tmp_path / "audit.db"
    subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    log = open_log(path)
    assert [record.request_id for record in unknown_in(path)] == ["a", "b"]
    asyncio.run(log.aclose())
    assert verify_log(path, log.verifier).findings == ()


def test_open_intents_give_a_bound() -> None:
    """The lowest open intent bounds a search; one that was closed no longer counts."""
    intents = OpenIntents()
    assert intents.low(7) == 7
    intents.give_up("nothing")
    assert intents.given_up(0) == []

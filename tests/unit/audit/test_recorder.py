import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from audit.chain import Chain
from audit.database import Database, open_database
from audit.entry import Receipt, Record
from audit.errors import InvalidEntry, RecorderUnavailable
from audit.ids import SystemClock, Uuid7
from audit.leaf import decode_entry
from audit.note import Signer
from audit.numbering import Row
from audit.receipt import open_receipt
from audit.recorder import Recorder
from audit.store import EntryStore, create_log
from audit.tree_store import TreeStore

MakeRecord = Callable[..., Record]
SIGNER = Signer("northwind.example/audit", bytes(range(32)))


class StubbornStore(EntryStore):
    """A store whose disk does what the test says, before or after the real commit."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.gate = threading.Event()
        self.gate.set()
        self.fail_before: Exception | None = None
        self.fail_after: Exception | None = None
        self.fail_settle: Exception | None = None
        self.batches: list[int] = []

    def append(self, rows: Sequence[Row]) -> int:
        """Commit, or fail before or after it."""
        self.gate.wait(10)
        if self.fail_before is not None:
            raise self.fail_before
        first = super().append(rows)
        self.batches.append(len(rows))
        if self.fail_after is not None:
            raise self.fail_after
        return first

    def settle(self, entry_id: str) -> int | None:
        """Look up, or fail to."""
        if self.fail_settle is not None:
            raise self.fail_settle
        return super().settle(entry_id)


class Bench:
    """A recorder over a stubborn store, and what became durable."""

    def __init__(self, path: Path, deadline_s: float, capacity: int) -> None:
        self.database = open_database(path, 1.0)
        create_log(self.database, SIGNER.verifier.name, str(SIGNER.verifier))
        self.store = StubbornStore(self.database)
        clock = SystemClock()
        self.recorder = Recorder(
            Chain(self.store, Uuid7(clock)),
            SIGNER,
            clock=clock,
            committed=lambda _first, _rows: None,
            failed=lambda _record: None,
            deadline_s=deadline_s,
            capacity=capacity,
        )

    def requests(self) -> list[str]:
        """The request ids in order of the log, whose writer counts without a hole."""
        entries = [decode_entry(leaf) for leaf in TreeStore(self.database).leaves(0, 10_000)]
        for before, after in pairwise(entries):
            assert after.writer.counter == before.writer.counter + 1
        return [entry.record.request_id for entry in entries]


@asynccontextmanager
async def bench(tmp_path: Path, deadline_s: float = 5.0, capacity: int = 1000) -> AsyncIterator[Bench]:
    """A bench that is closed at the end, whatever its disk does."""
    made = Bench(tmp_path / "audit.db", deadline_s, capacity)
    try:
        yield made
    finally:
        made.store.gate.set()
        await made.recorder.aclose()
        made.database.close()


async def test_receipt_names_the_entry(tmp_path: Path, make_record: MakeRecord) -> None:
    """Each caller gets the index and leaf hash of its own record, signed."""
    async with bench(tmp_path) as made:
        receipts = await asyncio.gather(*[made.recorder.append(make_record(f"r{n}")) for n in range(40)])
        requests = made.requests()
        for number, receipt in enumerate(receipts):
            assert requests[receipt.index] == f"r{number}"
            claim = open_receipt(receipt.token, SIGNER.verifier)
            assert (claim.index, claim.leaf_hash) == (receipt.index, receipt.leaf_hash)


async def test_commits_group(tmp_path: Path, make_record: MakeRecord) -> None:
    """What queues up while one commit runs goes into the next one, whole."""
    async with bench(tmp_path) as made:
        made.store.gate.clear()
        first = asyncio.ensure_future(made.recorder.append(make_record("first")))
        await asyncio.sleep(0.05)
        rest = [asyncio.ensure_future(made.recorder.append(make_record(f"r{n}"))) for n in range(100)]
        await asyncio.sleep(0.05)
        made.store.gate.set()
        await asyncio.gather(first, *rest)
        assert made.store.batches == [1, 100]


async def test_hung_disk_is_told_and_comes_late(tmp_path: Path, make_record: MakeRecord) -> None:
    """A commit that takes too long is refused to the caller, may come late, and the next one works."""
    async with bench(tmp_path, deadline_s=0.1) as made:
        made.store.gate.clear()
        with pytest.raises(RecorderUnavailable, match="in time"):
            await made.recorder.append(make_record("late"))
        made.store.gate.set()
        made.recorder._deadline_s = 5.0
        assert (await made.recorder.append(make_record("next"))).index == 1
        assert made.requests() == ["late", "next"]


async def test_expired_records_are_not_written(tmp_path: Path, make_record: MakeRecord) -> None:
    """Records whose callers were told no while they still queued are dropped, not written later."""
    async with bench(tmp_path, deadline_s=0.1) as made:
        made.store.gate.clear()
        waiting = [asyncio.ensure_future(made.recorder.append(make_record("running")))]
        await asyncio.sleep(0.02)
        waiting += [asyncio.ensure_future(made.recorder.append(make_record(f"r{n}"))) for n in range(5)]
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(answer, RecorderUnavailable) for answer in answers)
        made.store.gate.set()
        made.recorder._deadline_s = 5.0
        await made.recorder.append(make_record("after"))
        assert made.requests() == ["running", "after"]


async def test_full_queue_refuses_at_once(tmp_path: Path, make_record: MakeRecord) -> None:
    """A queue at its bound refuses the next record and keeps those that wait."""
    async with bench(tmp_path, capacity=3) as made:
        made.store.gate.clear()
        waiting = [asyncio.ensure_future(made.recorder.append(make_record(f"r{n}"))) for n in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(RecorderUnavailable, match="wait already"):
            await made.recorder.append(make_record("one too many"))
        made.store.gate.set()
        assert len(await asyncio.gather(*waiting)) == 3
        assert (await made.recorder.append(make_record("again"))).index == 3


async def test_failed_commit_is_told_and_recovers(tmp_path: Path, make_record: MakeRecord) -> None:
    """A commit that fails is refused to all of its batch; the chain goes on without a hole."""
    async with bench(tmp_path) as made:
        await made.recorder.append(make_record("before"))
        made.store.fail_before = OSError("disk")
        with pytest.raises(RecorderUnavailable):
            await made.recorder.append(make_record("lost"))
        made.store.fail_before = None
        await made.recorder.append(make_record("after"))
        assert made.requests() == ["before", "after"]


async def test_lost_commit_answer_is_looked_up(tmp_path: Path, make_record: MakeRecord) -> None:
    """A batch whose commit held but answered with an error is found by its first entry id, not rewritten."""
    async with bench(tmp_path) as made:
        made.store.fail_after = OSError("connection lost")
        receipts = await asyncio.gather(*[made.recorder.append(make_record(f"r{n}")) for n in range(3)])
        made.store.fail_after = None
        await made.recorder.append(make_record("next"))
        assert sorted(receipt.index for receipt in receipts) == [0, 1, 2]
        assert made.requests() == ["r0", "r1", "r2", "next"]


async def test_unknown_commit_is_settled_first(tmp_path: Path, make_record: MakeRecord) -> None:
    """While nobody can say whether a batch is durable nothing more is written; then the chain goes on."""
    async with bench(tmp_path) as made:
        made.store.fail_after = made.store.fail_settle = OSError("database gone")
        for name in ("unknown", "refused"):
            with pytest.raises(RecorderUnavailable):
                await made.recorder.append(make_record(name))
        made.store.fail_after = made.store.fail_settle = None
        await made.recorder.append(make_record("after"))
        assert made.requests() == ["unknown", "after"]


async def test_cancelled_waiter_loses_nothing(tmp_path: Path, make_record: MakeRecord) -> None:
    """A caller that goes away takes neither its record nor its batch with it."""
    async with bench(tmp_path) as made:
        made.store.gate.clear()
        tasks = [asyncio.ensure_future(made.recorder.append(make_record(f"r{n}"))) for n in range(4)]
        await asyncio.sleep(0.02)
        tasks[1].cancel()
        made.store.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(answer, Receipt) for answer in answers] == [True, False, True, True]
        assert made.requests() == ["r0", "r1", "r2", "r3"]


async def test_bad_record_harms_no_other(tmp_path: Path, make_record: MakeRecord) -> None:
    """A record that cannot be written is refused alone; the others of its batch are durable."""
    async with bench(tmp_path) as made:
        records = [make_record("good"), make_record("bad\ud800"), make_record("fine")]
        answers = await asyncio.gather(*map(made.recorder.append, records), return_exceptions=True)
        assert [type(answer) for answer in answers] == [Receipt, InvalidEntry, Receipt]
        assert made.requests() == ["good", "fine"]


async def test_close_drains(tmp_path: Path, make_record: MakeRecord) -> None:
    """Closing makes what waits durable and refuses what comes later."""
    async with bench(tmp_path) as made:
        waiting = [asyncio.ensure_future(made.recorder.append(make_record(f"r{n}"))) for n in range(20)]
        await asyncio.sleep(0)
        await made.recorder.aclose()
        assert len(await asyncio.gather(*waiting)) == 20
        with pytest.raises(RecorderUnavailable, match="closed"):
            await made.recorder.append(make_record("late"))


async def test_failure_shows_no_content(
    tmp_path: Path, make_record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the log line nor the error of a failed commit holds what the record says."""
    async with bench(tmp_path) as made:
        made.store.fail_before = ValueError("leaf of SECRET-REQUEST")
        with pytest.raises(RecorderUnavailable) as caught:
            await made.recorder.append(make_record("SECRET-REQUEST"))
    assert "SECRET" not in caplog.text + str(caught.value)

"""What a log keeps to in every database that can hold one: the same suite over SQLite and PostgreSQL."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from audit.database import open_database
from audit.entry import Actor, EntryType, Record, ResourceRef
from audit.errors import InvalidEntry, LogUnusable, RecorderUnavailable
from audit.integrity import check_schema
from audit.log import Log, LogOptions, Witnessed, open_log
from audit.numbering import Row
from audit.place import Place
from audit.query import Filter, LogReader
from audit.store import EntryStore
from audit.tree_store import TreeStore
from audit.verify import Report, verify_log, verify_receipt
from tests.postgres import PostgresServer
from tests.tampering import superuser, tamper

Open = Callable[..., Log]
CASES = ("sqlite", "postgresql")


@pytest.fixture(params=CASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a log, in each database in turn."""
    if request.param == "sqlite":
        return tmp_path / "audit.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.place()


@pytest.fixture
def opened(place: Place, tmp_path: Path) -> Open:
    """Opens the log of the place as one of its gateways."""

    def open_as(**options: object) -> Log:
        shared = {"key_path": tmp_path / "audit.key", "cadence_s": 0.01}
        return open_log(place, LogOptions(**{**shared, **options}))

    return open_as


def record(name: str, intent: str = "") -> Record:
    """An intent, or the outcome of the intent that is named."""
    return Record(
        type=EntryType.OUTCOME if intent else EntryType.INTENT,
        request_id=name,
        actor=Actor("s_1f0c", "service", "retail"),
        action="chat",
        resource=ResourceRef("northwind-base", "base_model", "it"),
        intent=intent,
    )


async def write(log: Log, calls: int, name: str = "r") -> None:
    """Calls with both of their records."""
    intents = await asyncio.gather(*[log.append(record(f"{name}-{n}")) for n in range(calls)])
    pairs = enumerate(intents)
    await asyncio.gather(*[log.append(record(f"{name}-{n}", made.entry_id)) for n, made in pairs])


def verified(place: Place, log: Log) -> Report:
    """The verdict on a log that must be good."""
    report = verify_log(place, log.verifier)
    assert report.findings == ()
    return report


async def test_many_writers_leave_no_gap(place: Place, opened: Open) -> None:
    """Three gateways append at once; every index is there once, and each writer's chain is whole."""
    logs = [opened() for _ in range(3)]
    for turn in range(5):
        await asyncio.gather(*[write(log, 20, f"{turn}-{number}") for number, log in enumerate(logs)])
    for log in logs:
        await log.aclose()
    report = verified(place, logs[0])
    assert (report.size, report.writers, report.pairs) == (600, 3, 300)
    with LogReader(place) as reader:
        assert [item.index for item in reader.scan()] == list(range(600))


async def test_one_root_for_a_size(place: Place, opened: Open) -> None:
    """Integrators that race sign each size once; all that was signed are roots of the same leaves."""
    logs = [opened() for _ in range(3)]
    for _ in range(30):
        await asyncio.gather(*[log.append(record("r")) for log in logs])
    for log in logs:
        await log.aclose()
    report = verified(place, logs[0])
    assert report.checkpoint is not None
    assert report.checkpoint.size == 90
    with superuser(place) as connection:
        sizes = connection.scalars(text("SELECT size FROM checkpoint")).all()
    assert len(sizes) == len(set(sizes)) == report.checkpoints


async def test_database_that_fails_in_integration(
    place: Place, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the database is gone when the tree grows, each leaf comes into it once."""
    log = opened()
    failures = iter(range(6))

    def gone_for_a_while(real: Callable[..., object]) -> Callable[..., object]:
        def reach(self: TreeStore, *arguments: object) -> object:
            if next(failures, None) is not None:
                raise OperationalError("", None, OSError("gone"))
            return real(self, *arguments)

        return reach

    with monkeypatch.context() as patch:
        patch.setattr("audit.integrator._AGAIN_S", 0.01)
        for name in ("advance", "state"):
            patch.setattr(TreeStore, name, gone_for_a_while(getattr(TreeStore, name)))
        await write(log, 3)
        await asyncio.sleep(0.3)
        await write(log, 3)
        await log.aclose()
    assert verified(place, log).size == 12


async def test_log_goes_on_after_a_restart(place: Place, opened: Open) -> None:
    """Each start goes on where the last one ended, over the bounds of a tile."""
    for start in range(3):
        log = opened()
        refusals = [replace(record(f"{start}-{n}"), type=EntryType.DENIED) for n in range(100)]
        receipts = await asyncio.gather(*map(log.append, refusals))
        assert min(receipt.index for receipt in receipts) == 100 * start
        await log.aclose()
    assert verified(place, log).size == 300


async def test_receipt_is_kept(place: Place, opened: Open) -> None:
    """A receipt is good while its log is open and after it was closed."""
    log = opened()
    receipt = await log.append(record("r"))
    assert verify_receipt(place, log.verifier, receipt.token).index == receipt.index
    await log.aclose()
    assert verify_receipt(place, log.verifier, receipt.token).leaf_hash == receipt.leaf_hash


async def test_open_log_verifies_meanwhile(place: Place, opened: Open) -> None:
    """A log verifies while two gateways write to it."""
    logs = [opened() for _ in range(2)]
    for _ in range(10):
        writing = asyncio.gather(*[write(log, 5) for log in logs])
        await asyncio.to_thread(verified, place, logs[0])
        await writing
    for log in logs:
        await log.aclose()


REFUSED = (
    "UPDATE entry SET department = 'it' WHERE idx = 3",
    "DELETE FROM entry WHERE idx = 3",
    "UPDATE checkpoint SET note = 'x'",
    "DELETE FROM checkpoint",
    "UPDATE head SET size = size - 1",
    "UPDATE head SET origin = 'other.example/log'",
    "UPDATE head SET verifier = 'x'",
    "DELETE FROM head",
    "UPDATE tree SET size = size - 1",
    "DELETE FROM tree",
    "UPDATE tile SET hashes = substr(hashes, 1, 32)",
    "DELETE FROM tile",
)
REFUSED_IN = {
    "sqlite": (
        "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE idx = 3",
        "INSERT OR REPLACE INTO checkpoint SELECT * FROM checkpoint",
    ),
    "postgresql": (
        "TRUNCATE entry",
        "INSERT INTO entry SELECT * FROM entry WHERE idx = 3 ON CONFLICT (idx) DO UPDATE SET code = 'x'",
    ),
}


async def test_database_refuses_to_forget(place: Place, opened: Open) -> None:
    """The gateway's own role cannot update or delete what is in the log, in no way that SQL has."""
    log = opened()
    await write(log, 5)
    await log.aclose()
    database = open_database(place, 1.0)
    kind = database.writer.dialect.name
    try:
        for statement in (*REFUSED, *REFUSED_IN[kind]):
            with database.writer.connect() as connection:
                if kind == "postgresql":
                    # An ordinary trigger is passed over in this mode, which a superuser may choose.
                    connection.execute(text("SET session_replication_role = replica"))
                with pytest.raises(DBAPIError, match="append-only"):
                    connection.execute(text(statement))
    finally:
        database.close()
    verified(place, log)


EDITS = {
    "a column": ("UPDATE entry SET department = 'it' WHERE idx = 7", 7),
    "the time": ("UPDATE entry SET wall_us = wall_us + 1 WHERE idx = 9", 9),
    "an entry deleted": ("DELETE FROM entry WHERE idx = 5", 5),
    "the end deleted": ("DELETE FROM entry WHERE idx >= 36", 36),
    "all deleted": ("DELETE FROM entry", 0),
    "a tile deleted": ("DELETE FROM tile WHERE level = 0", 0),
    "the head": ("UPDATE head SET size = size - 1", 39),
    "the head's name": ("UPDATE head SET origin = 'other.example/log'", 0),
    "the tree": ("UPDATE tree SET size = size - 1", 39),
    "a checkpoint": ("UPDATE checkpoint SET note = replace(note, 'custody', 'Custody')", None),
    "a checkpoint's size": ("UPDATE checkpoint SET size = size + 1", None),
    "a swap": (
        "UPDATE entry SET idx = 1000 WHERE idx = 20; UPDATE entry SET idx = 20 WHERE idx = 30;"  # noqa: ISC004 - one edit
        "UPDATE entry SET idx = 30 WHERE idx = 1000",
        20,
    ),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_superuser_is_found(place: Place, opened: Open, edit: str) -> None:
    """Who drops the guards, edits and puts them back is found, and the first bad entry is named."""
    log = opened()
    await write(log, 20)
    await log.aclose()
    statements, index = EDITS[edit]
    tamper(place, *statements.split(";"))
    report = verify_log(place, log.verifier)
    assert not report.good
    if index is not None:
        assert report.first_bad == index


def _flip(connection: Connection, table: str, column: str, where: str) -> None:
    """Turn one bit in the middle of a value."""
    query = f"SELECT {column} FROM {table} WHERE {where}"  # noqa: S608 - the test's own names
    value = bytearray(connection.execute(text(query)).scalar_one())
    value[len(value) // 2] ^= 4
    change = f"UPDATE {table} SET {column} = :value WHERE {where}"  # noqa: S608 - the test's own names
    connection.execute(text(change), {"value": bytes(value)})


BITS = {
    "leaf": ("entry", "leaf", "idx = 11", 11),
    "tile": ("tile", "hashes", "level = 0 AND number = 0", 20),
    "root": ("tree", "root", "id = 1", 40),
}


@pytest.mark.parametrize("part", BITS)
async def test_flipped_bit_is_found(place: Place, opened: Open, part: str) -> None:
    """A bit that turns in a leaf, a tile or the root is found at its entry."""
    log = opened()
    await write(log, 20)
    await log.aclose()
    table, column, where, index = BITS[part]
    with superuser(place) as connection:
        _flip(connection, table, column, where)
    report = verify_log(place, log.verifier)
    assert (report.good, report.first_bad) == (False, index)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP INDEX entry_by_request",
        "CREATE INDEX other ON entry (actor)",
        "ALTER TABLE head ADD COLUMN other TEXT",
    ],
)
async def test_foreign_schema_is_found(place: Place, opened: Open, statement: str) -> None:
    """A changed table fails verification, and a gateway does not start over it."""
    log = opened()
    await write(log, 2)
    await log.aclose()
    tamper(place, statement)
    assert not verify_log(place, log.verifier).good
    with pytest.raises(LogUnusable, match="not as this release makes"):
        opened()


async def test_missing_guard_is_found(place: Place, opened: Open) -> None:
    """A guard that is gone, or asleep, fails verification."""
    log = opened()
    await write(log, 2)
    await log.aclose()
    statement = (
        "DROP TRIGGER custody_guard_entry_update"
        if isinstance(place, Path)
        else "ALTER TABLE entry ENABLE TRIGGER custody_guard_entry_row"
    )
    # Not through ``tamper``, which puts the guards back.
    database = open_database(place, 1.0)
    with database.writer.begin() as connection:
        connection.execute(text(statement))
        assert check_schema(connection)
    database.close()
    assert not verify_log(place, log.verifier).good


async def test_one_key_for_all(place: Place, opened: Open, tmp_path: Path) -> None:
    """A gateway with another key, or none where the log has one, is refused, and no key is made for it."""
    log = opened()
    await log.append(replace(record("r"), type=EntryType.DENIED))
    with pytest.raises(LogUnusable, match="missing"):
        opened(key_path=tmp_path / "mine.key")
    assert not (tmp_path / "mine.key").exists()
    other = open_log(tmp_path / "other.db")
    await other.aclose()
    with pytest.raises(LogUnusable, match="share one signing key"):
        opened(key_path=tmp_path / "other.key")
    with pytest.raises(LogUnusable, match="origin"):
        opened(origin="other.example/log")
    by_text = opened(key_path=None, signing_key=(tmp_path / "audit.key").read_text())
    assert (await by_text.append(record("r"))).index == 1
    await by_text.aclose()
    await log.aclose()


async def test_older_than_its_witness(place: Place, opened: Open) -> None:
    """A log that is smaller than what was seen of it outside, or another, is not opened."""
    log = opened()
    await write(log, 5)
    await log.aclose()
    report = verified(place, log)
    for seen in (Witnessed("legal", 11), Witnessed("legal", 10, bytes(32))):
        with pytest.raises(LogUnusable, match="legal has seen"):
            opened(witnessed=lambda seen=seen: [seen])
    await opened(witnessed=lambda: [Witnessed("legal", 10, report.root), Witnessed("it", 7)]).aclose()


async def test_log_that_went_back_is_not_written_to(place: Place, opened: Open) -> None:
    """A database that lost entries under a running gateway, as a failover may, takes no more records."""
    log = opened()
    await write(log, 10)
    await asyncio.sleep(0.2)
    tamper(place, "DELETE FROM entry WHERE idx >= 15", "UPDATE head SET size = 15")
    with pytest.raises(RecorderUnavailable, match="held 20"):
        await log.append(record("r"))
    with LogReader(place) as reader:
        assert reader.size() == 15
    await log.aclose()


async def test_batch_that_was_given_up_comes_to_nothing(place: Place, opened: Open) -> None:
    """Once an unknown commit was settled as lost, the same batch still on its way writes nothing."""
    log = opened()
    await log.append(record("r"))
    await log.aclose()
    with LogReader(place) as reader:
        leaf = reader.tail(1)[0].leaf
    late = [Row(leaf, ("other-id", "access.intent", "r", 1, "", "", "", "", "", "", "", "", ""))]
    database = open_database(place, 1.0)
    store = EntryStore(database)
    epoch = store._epoch
    assert store.settle("other-id") is None
    assert store._numbering.append(store._connected(), late, 0, epoch) is None
    assert store.settle("other-id") is None
    assert store._numbering.append(store._connected(), late, 0, store._epoch) == 1
    assert store.settle("other-id") == 1
    store.close()
    database.close()


async def test_bad_record_harms_no_other(place: Place, opened: Open) -> None:
    """Text that one database could not keep is refused in both, alone."""
    log = opened()
    names = ("good", "bad\0", "bad\ud800", "fine")
    answers = await asyncio.gather(*[log.append(record(name)) for name in names], return_exceptions=True)
    assert [isinstance(answer, InvalidEntry) for answer in answers] == [False, True, True, False]
    await log.aclose()
    assert verified(place, log).size == 2


async def test_look_ups(place: Place, opened: Open) -> None:
    """Filters, pages, names and proofs answer alike."""
    log = opened()
    await write(log, 30)
    await log.aclose()
    with LogReader(place) as reader:
        checkpoint = reader.checkpoint(log.verifier)
        assert checkpoint is not None
        (outcome,) = reader.page(limit=1, where=Filter(type="access.outcome", department="retail"))
        assert reader.find(outcome.entry.id) == [outcome]
        assert len(reader.find(outcome.entry.record.request_id)) == 2
        for located in reader.scan():
            reader.prove(located, checkpoint[0])

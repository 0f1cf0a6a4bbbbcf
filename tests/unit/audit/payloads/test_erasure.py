from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.entry import Actor, Entry, EntryType, PayloadCommitment, Receipt, Record, WriterPosition
from audit.errors import (
    EntryNotFound,
    HeldByLaw,
    PayloadErased,
    PayloadTampered,
    PayloadUnavailable,
    RecorderUnavailable,
)
from audit.ids import SystemClock, Uuid7
from audit.log import Log
from audit.payloads import envelope
from audit.payloads.envelope import About
from audit.payloads.erasure import Custodian
from audit.payloads.kek.local_file import LocalFileKey
from audit.payloads.key_store import Owner
from audit.payloads.legal_holds import Scope
from audit.payloads.retention import Retention
from audit.payloads.store import PAYLOAD
from audit.payloads.unlogged import unlogged
from audit.payloads.vault import Vault, open_vault
from audit.query import LogReader
from audit.verify import verify_log
from tests.patience import patient_log

ANNA = Owner("retail", "customer-4711")
AUDITOR = Actor("s_9", "person", "audit")
LETTER = b"Dear [PERSON_k7q2m9xcrt]"


class DeadLog:
    """A log that takes nothing; counts what was asked."""

    async def append(self, record: Record) -> Receipt:
        """Fails, as a log on a full disk does."""
        raise RecorderUnavailable(f"{record.type} cannot be written")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """An empty vault."""
    made = open_vault(
        tmp_path / "keys.db",
        tmp_path / "payloads.db",
        {"*": LocalFileKey(b"k" * 32)},
        lookup_key=b"l" * 32,
        clock=SystemClock(),
        new_id=Uuid7(SystemClock()),
    )
    yield made
    made.close()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    """A log of its own."""
    opened = patient_log(tmp_path / "audit.db")
    yield opened
    await opened.aclose()


@pytest.fixture
def custodian(vault: Vault, log: Log) -> Custodian:
    """What erases and discloses, on record."""
    return Custodian(vault, log, Retention(400, {"product": 200}))


def entry(commitment: PayloadCommitment, request_id: str = "req-1") -> Entry:
    """An intent that keeps one payload."""
    record = Record(type=EntryType.INTENT, request_id=request_id, payloads=(commitment,))
    return Entry(Uuid7(SystemClock())(), WriterPosition(Uuid7(SystemClock())(), 0, ""), 1, 1, record)


async def keep(vault: Vault, log: Log, request_id: str = "req-1") -> PayloadCommitment:
    """Keeps a payload and commits to it in the log."""
    commitment = vault.payloads.keep(ANNA, request_id, "prompt", LETTER)
    await log.append(Record(type=EntryType.INTENT, request_id=request_id, payloads=(commitment,)))
    return commitment


def test_kept_and_read(vault: Vault) -> None:
    """A payload comes back exactly, for the request that it was kept for and for no other."""
    commitment = vault.payloads.keep(ANNA, "req-1", "prompt", LETTER)
    assert vault.payloads.read("req-1", commitment) == LETTER
    with pytest.raises(PayloadTampered):
        vault.payloads.read("req-2", commitment)


def test_nothing_readable_on_disk(vault: Vault, tmp_path: Path) -> None:
    """Neither database holds a word of the payload, nor the reference of the person."""
    vault.payloads.keep(ANNA, "req-1", "prompt", LETTER)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert LETTER not in written
    assert ANNA.person.encode() not in written


async def test_erased_and_every_proof_holds(
    vault: Vault, log: Log, custodian: Custodian, tmp_path: Path
) -> None:
    """After an erasure nobody can read the payload, it is on record, and the log verifies."""
    commitment = await keep(vault, log)
    await custodian.erase(ANNA, AUDITOR)
    with pytest.raises(PayloadErased):
        vault.payloads.read("req-1", commitment)
    assert _stored(vault) == 0
    await log.aclose()
    assert verify_log(tmp_path / "audit.db", log.verifier).good
    last = _last(tmp_path)
    assert last.record.type is EntryType.KEY_ERASE
    assert last.record.actor == AUDITOR
    assert last.record.detail["keys"] == [commitment.key_id]
    assert ANNA.person not in str(last.record.detail)


async def test_hold_wins_over_erasure(vault: Vault, log: Log, custodian: Custodian) -> None:
    """A payload under a legal hold stays readable until the hold ends; then it can be erased."""
    commitment = await keep(vault, log)
    hold = await custodian.hold("docket-17", Scope(data_key=commitment.key_id), AUDITOR)
    with pytest.raises(HeldByLaw):
        await custodian.erase(ANNA, AUDITOR)
    assert vault.payloads.read("req-1", commitment) == LETTER
    await custodian.release(hold.id, AUDITOR)
    await custodian.erase(ANNA, AUDITOR)


async def test_deed_without_a_record_is_recorded_later(vault: Vault, log: Log, tmp_path: Path) -> None:
    """An erasure that the log could not take is on record as soon as it can: nothing is lost."""
    await keep(vault, log)
    with pytest.raises(RecorderUnavailable):
        await Custodian(vault, DeadLog(), Retention(400, {})).erase(ANNA, AUDITOR)
    assert len(unlogged(vault.key_database)) == 1
    assert await Custodian(vault, log, Retention(400, {})).settle(AUDITOR) == 1
    assert unlogged(vault.key_database) == []
    assert _stored(vault) == 0
    await log.aclose()
    assert _last(tmp_path).record.type is EntryType.KEY_ERASE


async def test_disclosed_key_opens_one_payload(
    vault: Vault, log: Log, custodian: Custodian, tmp_path: Path
) -> None:
    """Whoever gets a disclosure reads that payload and can check it against the entry, and no other."""
    first = entry(await keep(vault, log))
    second = entry(await keep(vault, log, "req-2"), "req-2")
    given = await custodian.disclose(first, "prompt", "req-d", AUDITOR)
    (committed,) = first.record.payloads
    about = About("req-1", "prompt", committed.key_id)
    assert envelope.unseal(given.octets, given.record_key, about, committed) == LETTER
    (other,) = second.record.payloads
    octets = vault.payloads.disclose(other).octets
    with pytest.raises(PayloadTampered):
        envelope.unseal(octets, given.record_key, About("req-2", "prompt", other.key_id), other)
    await log.aclose()
    last = _last(tmp_path)
    assert (last.record.type, last.record.detail["entry"]) == (EntryType.KEY_DISCLOSE, first.id)


async def test_no_disclosure_without_a_record(vault: Vault, log: Log) -> None:
    """When the log takes no record, no key is handed out."""
    kept = entry(await keep(vault, log))
    custodian = Custodian(vault, DeadLog(), Retention(400, {}))
    with pytest.raises(RecorderUnavailable):
        await custodian.disclose(kept, "prompt", "req-d", AUDITOR)


async def test_disclosing_what_was_not_kept_is_told(vault: Vault, log: Log, custodian: Custodian) -> None:
    """A kind of payload that the entry does not keep is named, with those it does."""
    kept = entry(await keep(vault, log))
    with pytest.raises(EntryNotFound, match="kept: prompt"):
        await custodian.disclose(kept, "reply", "req-d", AUDITOR)


async def test_prune_follows_each_departments_retention(vault: Vault, custodian: Custodian) -> None:
    """What is older than its own department's retention goes, and each going is on record."""
    for department in ("retail", "product"):
        vault.keys.key_for(Owner(department, "x"), "2026-02")
    deeds = await custodian.prune(datetime(2026, 11, 24, tzinfo=UTC), AUDITOR)
    assert [deed.detail["department"] for deed in deeds] == ["product"]


async def test_prune_of_thousands_fits_its_records(vault: Vault, custodian: Custodian) -> None:
    """However much is old, each record of it fits into an entry."""
    values = [(f"{n:036d}", "retail", f"p{n}", "2020-01", "kek", b"w") for n in range(2500)]
    with vault.key_database.writer.begin() as connection:
        connection.exec_driver_sql("INSERT INTO data_key VALUES (?, ?, ?, ?, ?, ?)", values)
    deeds = await custodian.prune(datetime(2026, 11, 24, tzinfo=UTC), AUDITOR)
    assert [len(deed.detail["keys"]) for deed in deeds] == [1000, 1000, 500]  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize(("default", "department"), [(182, 400), (400, 182)])
def test_retention_has_a_floor(default: int, department: int) -> None:
    """Nobody can have payloads go before six months are over."""
    with pytest.raises(ValueError, match="183"):
        Retention(default, {"retail": department})


async def test_payload_database_down_is_told(vault: Vault, tmp_path: Path) -> None:
    """A payload that cannot be stored is an error, and no commitment comes of it."""
    with vault.payload_database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE payload")
    with pytest.raises(PayloadUnavailable, match="does not answer") as told:
        vault.payloads.keep(ANNA, "req-1", "prompt", LETTER)
    assert LETTER.decode() not in str(told.value)


async def test_swapped_ciphertext_is_noticed(vault: Vault) -> None:
    """Stored bytes that somebody replaced are told from those that the entry committed to."""
    commitment = vault.payloads.keep(ANNA, "req-1", "prompt", LETTER)
    with vault.payload_database.writer.begin() as connection:
        connection.execute(PAYLOAD.update().values(octets=b"\x01" + bytes(80)))
    with pytest.raises(PayloadTampered):
        vault.payloads.read("req-1", commitment)


def _stored(vault: Vault) -> int:
    with vault.payload_database.reader.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM payload").scalar_one())


def _last(folder: Path) -> Entry:
    with LogReader(folder / "audit.db") as reader:
        return reader.tail(1)[0].entry

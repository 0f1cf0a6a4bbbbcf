"""What the key database keeps to, in SQLite and in PostgreSQL alike."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from audit.entry import EntryType
from audit.errors import EntryNotFound, HeldByLaw, InvalidEntry, PayloadErased, PayloadUnavailable
from audit.ids import SystemClock, Uuid7
from audit.payloads.kek.local_file import LocalFileKey
from audit.payloads.key_schema import DATA_KEY, HOLD, UNLOGGED
from audit.payloads.key_store import Owner
from audit.payloads.legal_holds import Scope
from audit.payloads.unlogged import Deed, unlogged
from audit.payloads.vault import Vault, open_vault
from audit.place import Place
from tests.postgres import PostgresServer

ANNA = Owner("retail", "customer-4711")
EVE = Owner("retail", "customer-4712")
MONTH = "2026-11"


Open = Callable[..., Vault]


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the vault of one place as one of its gateways, in each database in turn."""
    places: tuple[Place, Place] = (tmp_path / "keys.db", tmp_path / "payloads.db")
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        places = (server.place(), server.place())
    made: list[Vault] = []

    def open_as(kek: bytes = b"k" * 32, department: str = "*") -> Vault:
        clock = SystemClock()
        keks = {department: LocalFileKey(kek)}
        made.append(open_vault(*places, keks, lookup_key=b"l" * 32, clock=clock, new_id=Uuid7(clock)))
        return made[-1]

    yield open_as
    for each in made:
        each.close()


@pytest.fixture
def vault(opened: Open) -> Vault:
    """An empty vault."""
    return opened()


sqlite = pytest.mark.parametrize("opened", ["sqlite"], indirect=True)


def test_one_key_a_person_and_month(vault: Vault) -> None:
    """A person's payloads of a month share a key; other persons, departments and months have their own."""
    key = vault.keys.key_for(ANNA, MONTH)
    assert vault.keys.key_for(ANNA, MONTH).material == key.material
    others = [(EVE, MONTH), (Owner("product", ANNA.person), MONTH), (ANNA, "2026-12")]
    keys = {vault.keys.key_for(*other).material for other in others} | {key.material}
    assert len(keys) == 4


def test_key_survives_a_restart(vault: Vault, opened: Open) -> None:
    """Another process with the same key-encryption key reads the same data key."""
    key = vault.keys.key_for(ANNA, MONTH)
    again = opened()
    assert again.keys.key(key.id).material == key.material


def test_many_threads_make_one_key(vault: Vault) -> None:
    """However many calls ask first at the same moment, one key comes of it."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: vault.keys.key_for(ANNA, MONTH).id, range(32)))
    assert len(keys) == 1


def test_two_processes_make_one_key(vault: Vault, opened: Open) -> None:
    """Two gateways that meet a person at the same moment end with one key."""
    other = opened()
    stores = [vault.keys, other.keys]
    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            owner = Owner("retail", f"customer-{number}")
            keys = set(pool.map(lambda store, who=owner: store.key_for(who, MONTH).id, stores))
            assert len(keys) == 1


@sqlite
def test_reference_is_nowhere_on_disk(vault: Vault, tmp_path: Path) -> None:
    """What a department calls a person stands in no file, and neither does a data key."""
    key = vault.keys.key_for(ANNA, MONTH)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert ANNA.person.encode() not in written
    assert key.material not in written


def test_erased_for_everyone(vault: Vault, opened: Open) -> None:
    """After erasure the key is gone from this process and from every other that had it in memory."""
    key = vault.keys.key_for(ANNA, MONTH)
    other = opened()
    other.keys.key(key.id)
    deed = vault.keys.erase(ANNA)
    for keys in (vault.keys, other.keys):
        with pytest.raises(PayloadErased):
            keys.key(key.id)
    assert deed.detail["keys"] == [key.id]


@sqlite
def test_erased_from_every_byte(vault: Vault, tmp_path: Path) -> None:
    """After erasure no file holds the wrapped key: not in a free page, not in a journal."""
    key = vault.keys.key_for(ANNA, MONTH)
    wrapped = _wrapped(vault, key.id)
    assert wrapped in _bytes(tmp_path)
    vault.keys.erase(ANNA)
    assert wrapped not in _bytes(tmp_path)


def test_erasure_spares_the_others(vault: Vault) -> None:
    """Only the person's own keys in that department go."""
    vault.keys.key_for(ANNA, MONTH)
    spared = [vault.keys.key_for(EVE, MONTH), vault.keys.key_for(Owner("product", ANNA.person), MONTH)]
    vault.keys.erase(ANNA)
    assert [vault.keys.key(key.id).material for key in spared] == [key.material for key in spared]


def test_a_person_comes_back_as_a_stranger(vault: Vault) -> None:
    """Payloads kept after an erasure have a new key, and nothing ties them to the old ones."""
    old = vault.keys.key_for(ANNA, MONTH)
    before = vault.keys.person(ANNA)
    vault.keys.erase(ANNA)
    assert vault.keys.key_for(ANNA, MONTH).id != old.id
    assert vault.keys.person(ANNA) != before


def test_erasing_nothing_is_told(vault: Vault) -> None:
    """A person of whom there is nothing, or nothing any more, is told as such."""
    with pytest.raises(PayloadErased):
        vault.keys.erase(ANNA)


@pytest.mark.parametrize("covers", ["everything", "department", "person", "key"])
def test_hold_wins(vault: Vault, covers: str) -> None:
    """Under a hold of any width nothing is erased, on request or by age, until it is released."""
    key = vault.keys.key_for(ANNA, MONTH)
    person = vault.keys.person(ANNA) or ""
    scope = {
        "everything": Scope(),
        "department": Scope(department="retail"),
        "person": Scope(person=person),
        "key": Scope(data_key=key.id),
    }[covers]
    hold, _ = vault.holds.place("docket-17", scope)
    with pytest.raises(HeldByLaw) as held:
        vault.keys.erase(ANNA)
    assert held.value.holds == (hold.id,)
    assert vault.keys.prune("retail", "2027-01") is None
    assert vault.keys.key(key.id).material == key.material
    vault.holds.release(hold.id)
    vault.keys.erase(ANNA)


def test_hold_elsewhere_does_not_bind(vault: Vault) -> None:
    """A hold on another department's payloads keeps nothing of this one."""
    vault.keys.key_for(ANNA, MONTH)
    vault.holds.place("docket-17", Scope(department="product"))
    vault.keys.erase(ANNA)


@pytest.mark.parametrize("matter", ["", "Anna Kowalska v. Northwind", "a" * 129, "x@example.com"])
def test_matter_that_could_name_somebody_is_refused(vault: Vault, matter: str) -> None:
    """A matter goes on record, so it is a reference; any other text places no hold."""
    with pytest.raises(InvalidEntry, match="reference"):
        vault.holds.place(matter, Scope())
    assert vault.holds.all() == []


def test_one_matter_holds_a_thing_once(vault: Vault, opened: Open) -> None:
    """Two gateways that place one hold at one moment place one, on record once; both are told which."""
    stores = [vault.holds, opened().holds]
    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            scope = Scope(department="retail", asset=f"model-{number}")
            placed = list(pool.map(lambda holds, what=scope: holds.place("docket-17", what), stores))
            assert len({hold.id for hold, _ in placed}) == 1
            assert [deed is None for _, deed in placed].count(False) == 1
    assert len(vault.holds.all()) == len(unlogged(vault.key_database)) == 10


def test_another_matter_or_a_released_hold_is_another(vault: Vault) -> None:
    """What one matter holds another may hold too, and the same matter again once its hold has ended."""
    first, _ = vault.holds.place("docket-17", Scope())
    other, _ = vault.holds.place("docket-18", Scope())
    vault.holds.release(first.id)
    again, _ = vault.holds.place("docket-17", Scope())
    assert len({first.id, other.id, again.id}) == 3


def test_the_database_refuses_a_second_hold(vault: Vault) -> None:
    """Whoever writes, the database takes no second hold of a matter over the same in force."""
    hold, _ = vault.holds.place("docket-17", Scope(department="retail"))
    with vault.key_database.writer.begin() as connection:
        row = connection.execute(select(HOLD).where(HOLD.c.id == hold.id)).one()
        with pytest.raises(IntegrityError):
            connection.execute(insert(HOLD).values({**row._asdict(), "id": "another"}))


@pytest.mark.parametrize("used", ["support-tone", ""])
def test_a_hold_on_an_asset_covers_what_is_about_it(vault: Vault, used: str) -> None:
    """Keys that open something about the asset are held, and those of which nobody knows; others are not."""
    vault.keys.key_for(ANNA, MONTH, "northwind-base")
    vault.keys.key_for(ANNA, MONTH, used)
    vault.keys.key_for(EVE, MONTH, "northwind-base")
    vault.holds.place("docket-17", Scope(department="retail", asset="support-tone"))
    with pytest.raises(HeldByLaw):
        vault.keys.erase(ANNA)
    vault.keys.erase(EVE)
    assert vault.keys.prune("retail", "2027-01") is None


def test_use_and_erasure_at_once(vault: Vault, opened: Open) -> None:
    """A key that was handed out for a held asset stays, even if it was to be erased that very moment."""
    other = opened()
    vault.holds.place("docket-17", Scope(asset="support-tone"))
    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            owner = Owner("retail", f"customer-{number}")
            vault.keys.key_for(owner, MONTH, "northwind-base")
            using = pool.submit(_used, other, owner)
            pool.submit(_erased, vault, owner).result()
            key = using.result()
            assert key is None or vault.keys.key(key)


def test_a_database_of_before_is_brought_up_to_date(vault: Vault, opened: Open) -> None:
    """Its keys are held whatever the asset, and of holds that stand twice the later end, to be logged."""
    vault.keys.key_for(ANNA, MONTH, "northwind-base")
    first, _ = vault.holds.place("docket-17", Scope(department="retail"))
    with vault.key_database.writer.begin() as connection:
        for statement in _UNDONE:
            connection.exec_driver_sql(statement)
    again = opened()
    assert [hold.id for hold in again.holds.all() if hold.released_us is None] == [first.id]
    assert [deed.type for deed in unlogged(again.key_database)][1:] == [EntryType.HOLD_RELEASED]
    again.holds.release(first.id)
    again.holds.place("docket-18", Scope(department="retail", asset="support-tone"))
    with pytest.raises(HeldByLaw):
        again.keys.erase(ANNA)
    opened().holds.place("docket-18", Scope(department="retail", asset="support-tone"))


def test_released_once(vault: Vault) -> None:
    """A hold that has ended, or never was, cannot be released."""
    hold, _ = vault.holds.place("docket-17", Scope())
    vault.holds.release(hold.id)
    for name in (hold.id, "nothing"):
        with pytest.raises(EntryNotFound, match="hold list"):
            vault.holds.release(name)


def test_hold_and_erasure_at_once(vault: Vault, opened: Open) -> None:
    """Of a hold and an erasure at the same moment one comes first: what a hold found is there to stay."""
    other = opened()
    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            owner = Owner("retail", f"customer-{number}")
            key = vault.keys.key_for(owner, MONTH)
            placing = pool.submit(other.holds.place, "docket-17", Scope(data_key=key.id))
            erasing = pool.submit(_erased, vault, owner)
            _, placed = placing.result()
            erased = erasing.result()
            assert placed is not None
            if erased is None:
                assert vault.keys.key(key.id).material == key.material
            else:
                done = _in_order(vault)
                assert done.index(erased.id) < done.index(placed.id)


def test_prune_takes_what_is_old(vault: Vault) -> None:
    """Keys of months before the given one go, of this department alone; once more there is nothing to do."""
    old = vault.keys.key_for(ANNA, "2026-04")
    kept = [vault.keys.key_for(ANNA, "2026-05"), vault.keys.key_for(Owner("product", "x"), "2026-04")]
    deed = vault.keys.prune("retail", "2026-05")
    assert deed is not None
    assert deed.detail["keys"] == [old.id]
    assert vault.keys.prune("retail", "2026-05") is None
    assert all(vault.keys.key(key.id) for key in kept)


def test_deed_and_note_are_one(vault: Vault) -> None:
    """What was done waits to be logged from the moment that it is done."""
    vault.keys.key_for(ANNA, MONTH)
    hold, placed = vault.holds.place("docket-17", Scope(department="product"))
    released = vault.holds.release(hold.id)
    erased = vault.keys.erase(ANNA)
    assert unlogged(vault.key_database) == [placed, released, erased]


def test_another_kek_is_told(vault: Vault, opened: Open) -> None:
    """A key-encryption key that was changed is named, and never taken for tampering."""
    key = vault.keys.key_for(ANNA, MONTH)
    other = opened(kek=b"x" * 32)
    with pytest.raises(PayloadUnavailable, match="wrapped by local_file"):
        other.keys.key(key.id)


def test_moved_key_does_not_open(vault: Vault, opened: Open) -> None:
    """A wrapped key that somebody put under another department stays shut."""
    key = vault.keys.key_for(ANNA, MONTH)
    with vault.key_database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE data_key SET department = 'product'")
    other = opened()
    with pytest.raises(PayloadUnavailable):
        other.keys.key(key.id)


def test_department_without_a_key_is_told(opened: Open) -> None:
    """A department for which no key-encryption key is configured keeps no payload, and hears why."""
    vault = opened(department="product")
    with pytest.raises(PayloadUnavailable, match=r"payloads\.keys"):
        vault.keys.key_for(ANNA, MONTH)


# What the version before did not have, and what it could not refuse.
_UNDONE = (
    "DROP TABLE key_asset",
    "DROP INDEX hold_in_force",
    "ALTER TABLE hold DROP COLUMN asset",
    "INSERT INTO hold SELECT 'zz', matter, department, person, data_key, placed_us, released_us FROM hold",
)


def _used(vault: Vault, owner: Owner) -> str | None:
    """The key that a call to the held asset gets; None where its erasure came first."""
    try:
        return vault.keys.key_for(owner, MONTH, "support-tone").id
    except (PayloadErased, PayloadUnavailable):
        return None


def _erased(vault: Vault, owner: Owner) -> Deed | None:
    """The erasure; None if a hold came first."""
    try:
        return vault.keys.erase(owner)
    except HeldByLaw:
        return None


def _in_order(vault: Vault) -> list[str]:
    """Ids of all deeds in the order in which they were committed."""
    order = "rowid" if vault.key_database.reader.dialect.name == "sqlite" else "ctid"
    with vault.key_database.reader.connect() as connection:
        return list(connection.scalars(select(UNLOGGED.c.id).order_by(text(order))))


def _wrapped(vault: Vault, key_id: str) -> bytes:
    with vault.key_database.reader.connect() as connection:
        found = connection.scalar(select(DATA_KEY.c.wrapped).where(DATA_KEY.c.id == key_id))
    assert found is not None
    return bytes(found)


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())

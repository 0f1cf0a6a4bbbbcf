"""Data keys: one for each person and month, wrapped by the department's key, erased one by one or by age."""

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.sql.dml import Insert

from audit.database import Database, cause
from audit.entry import EntryType, Facts
from audit.errors import HeldByLaw, PayloadErased, PayloadUnavailable
from audit.payloads.envelope import KEY_BYTES
from audit.payloads.kek.base import KeyEncryptionKey
from audit.payloads.key_schema import DATA_KEY, GATE, KEY_ASSET, PERSON
from audit.payloads.key_upgrade import bring_up_to_date
from audit.payloads.legal_holds import holding
from audit.payloads.unlogged import Deed, note

_REMEMBERED = 4_096  # data keys in clear in memory, so that a busy service asks its key service once a month
_MOST_AT_ONCE = 1_000  # ids that fit into one record with room to spare
ANY = "*"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose payload it is: a department, and its own reference for the person, which is no natural name."""

    department: str
    person: str


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """A data key in clear."""

    id: str
    material: bytes


class KeyStore:
    """Keeps data keys; thread-safe. Every call raises ``PayloadUnavailable`` when a part does not answer.

    ``keks`` are key-encryption keys by department, ``*`` for all others. ``lookup_key`` hides the references
    of persons: without it, nobody who reads the database can tell whose keys these are.
    """

    def __init__(
        self,
        database: Database,
        keks: Mapping[str, KeyEncryptionKey],
        *,
        lookup_key: bytes,
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._keks = keks
        self._lookup_key = lookup_key
        self._new_id = new_id
        self._clear: OrderedDict[str, bytes] = OrderedDict()
        self._noted: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def key_for(self, owner: Owner, month: str, asset: str = "") -> DataKey:
        """The key for payloads of ``owner`` in ``month`` (``2026-11``), made when there is none yet.

        From then on a hold on ``asset`` covers it; without one, a hold on any.
        """
        kek = self._kek(owner.department)
        with _answering():
            person = self._person(owner)
            found = self._find(person, month)
            if found is None:
                fresh = secrets.token_bytes(KEY_BYTES)
                key_id = self._new_id()
                # The key service is asked outside any transaction: it may take its time.
                wrapped = kek.wrap(fresh, _context(key_id, owner.department, month))
                self._add(key_id, owner.department, person, month, kek.name, wrapped)
                found = self._find(person, month)
            if found is None:
                raise PayloadUnavailable("the person's keys were erased this very moment; try again")
            self._note(found, asset)
        return self.key(found)

    def key(self, key_id: str) -> DataKey:
        """A key by its id; raises ``PayloadErased`` for one that is gone for good."""
        with _answering(), self._database.reader.connect() as connection:
            columns = (DATA_KEY.c.department, DATA_KEY.c.month, DATA_KEY.c.kek, DATA_KEY.c.wrapped)
            row = connection.execute(select(*columns).where(DATA_KEY.c.id == key_id)).one_or_none()
        if row is None:
            raise PayloadUnavailable(f"there is no data key {key_id} in this key database")
        if row.wrapped is None:
            self._forget([key_id])
            raise PayloadErased(f"the data key {key_id} was erased: its payloads cannot be read by anyone")
        with self._lock:
            material = self._clear.get(key_id)
        if material is None:
            kek = self._kek(row.department)
            if kek.name != row.kek:
                raise PayloadUnavailable(f"the data key {key_id} was wrapped by {row.kek}, not by {kek.name}")
            material = kek.unwrap(row.wrapped, _context(key_id, row.department, row.month))
            self._remember(key_id, material)
        return DataKey(key_id, material)

    def erase(self, owner: Owner) -> Deed:
        """Erases every key of a person, unless a hold covers one: then ``HeldByLaw``, and nothing changes.

        Raises ``PayloadErased`` when there is nothing of this person (any more).
        """
        with _answering(), self._gated() as connection:
            person = connection.scalar(select(PERSON.c.id).where(self._is(owner)))
            keys = _live(connection, DATA_KEY.c.person == (person or ""))
            if person is None or not keys:
                raise PayloadErased("there are no payload keys of this person in this department")
            if held := holding(connection, owner.department, person, keys):
                raise HeldByLaw(held)
            _wipe(connection, keys)
            # The link from the department's name for the person to the random id goes as well.
            connection.execute(delete(PERSON).where(PERSON.c.id == person))
            deed = self._deed(EntryType.KEY_ERASE, owner.department, keys)
            note(connection, deed)
        self._forget(keys)
        return deed

    def prune(self, department: str, before: str) -> Deed | None:
        """Erases keys of the department of months earlier than ``before``, save those under a hold.

        At most a thousand, so that the record of them fits; None once there are no more.
        """
        with _answering(), self._gated() as connection:
            old = and_(DATA_KEY.c.department == department, DATA_KEY.c.month < before)
            people = dict(
                connection.execute(
                    select(DATA_KEY.c.id, DATA_KEY.c.person).where(old, DATA_KEY.c.wrapped.is_not(None))
                ).all()
            )
            free = (key for key, who in people.items() if not holding(connection, department, who, [key]))
            keys = list(islice(free, _MOST_AT_ONCE))
            if not keys:
                return None
            _wipe(connection, keys)
            deed = self._deed(EntryType.RETENTION_PRUNE, department, keys, {"before": before})
            note(connection, deed)
        self._forget(keys)
        return deed

    def departments(self) -> tuple[str, ...]:
        """Who has keys here that are not erased."""
        with _answering(), self._database.reader.connect() as connection:
            rows = connection.scalars(
                select(DATA_KEY.c.department).where(DATA_KEY.c.wrapped.is_not(None)).distinct()
            )
            return tuple(sorted(rows))

    def person(self, owner: Owner) -> str | None:
        """The random id behind a reference, if there is one."""
        with _answering(), self._database.reader.connect() as connection:
            return connection.scalar(select(PERSON.c.id).where(self._is(owner)))

    def _kek(self, department: str) -> KeyEncryptionKey:
        kek = self._keks.get(department) or self._keks.get(ANY)
        if kek is None:
            raise PayloadUnavailable(
                f"no key-encryption key is configured for department {department} ([[payloads.keys]])"
            )
        return kek

    def _person(self, owner: Owner) -> str:
        known = self.person(owner)
        if known is not None:
            return known
        values = {"id": self._new_id(), "department": owner.department, "lookup": self._lookup(owner)}
        self._insert_once(insert(PERSON).values(values))
        known = self.person(owner)
        if known is None:
            raise PayloadUnavailable("the person's keys were erased this very moment; try again")
        return known

    def _find(self, person: str, month: str) -> str | None:
        with self._database.reader.connect() as connection:
            return connection.scalar(
                select(DATA_KEY.c.id).where(
                    DATA_KEY.c.person == person, DATA_KEY.c.month == month, DATA_KEY.c.wrapped.is_not(None)
                )
            )

    def _add(self, key_id: str, department: str, person: str, month: str, kek: str, wrapped: bytes) -> None:  # noqa: PLR0913, PLR0917 - the columns of one row
        values = {"id": key_id, "department": department, "person": person, "month": month, "kek": kek}
        self._insert_once(insert(DATA_KEY).values({**values, "wrapped": wrapped}))

    def _note(self, key_id: str, asset: str) -> None:
        """Keeps that the key opens something about the asset, before it does."""
        about = (key_id, asset)
        with self._lock:
            if about in self._noted:
                return
        row = KEY_ASSET.c.data_key == key_id, KEY_ASSET.c.asset == asset
        with self._database.reader.connect() as connection:
            known = connection.scalar(select(KEY_ASSET.c.asset).where(*row)) is not None
        # Gated, so that an erasure that found no hold on the asset comes before or not at all.
        if not known:
            with self._gated() as connection:
                if connection.scalar(select(KEY_ASSET.c.asset).where(*row)) is None:
                    connection.execute(insert(KEY_ASSET).values(data_key=key_id, asset=asset))
        with self._lock:
            self._noted[about] = None
            while len(self._noted) > _REMEMBERED:
                self._noted.popitem(last=False)

    def _insert_once(self, statement: Insert) -> None:
        try:
            with self._database.write_lock, self._database.writer.begin() as connection:
                connection.execute(statement)
        except IntegrityError:
            return  # another process made it a moment before, and what it made is read next

    def _lookup(self, owner: Owner) -> bytes:
        department, person = owner.department.encode(), owner.person.encode()
        return hmac.digest(self._lookup_key, len(department).to_bytes(4) + department + person, "sha256")

    def _is(self, owner: Owner) -> ColumnElement[bool]:
        return and_(PERSON.c.department == owner.department, PERSON.c.lookup == self._lookup(owner))

    def _deed(
        self, kind: EntryType, department: str, keys: Sequence[str], more: Mapping[str, Facts] | None = None
    ) -> Deed:
        told: list[Facts] = [*sorted(keys)]
        return Deed(self._new_id(), kind, {"department": department, "keys": told, **(more or {})})

    @contextmanager
    def _gated(self) -> Iterator[Connection]:
        with self._database.write_lock, self._database.writer.begin() as connection:
            connection.execute(select(GATE.c.id).with_for_update())
            yield connection

    def _remember(self, key_id: str, material: bytes) -> None:
        with self._lock:
            self._clear[key_id] = material
            while len(self._clear) > _REMEMBERED:
                self._clear.popitem(last=False)

    def _forget(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._clear.pop(key, None)


def create_key_store(database: Database, new_id: Callable[[], str], wall_us: Callable[[], int]) -> None:
    """Makes the tables if they are not there, as they are today; raises ``PayloadUnavailable``."""
    with _answering(), database.write_lock, database.writer.begin() as connection:
        bring_up_to_date(connection, new_id, wall_us)


def _live(connection: Connection, condition: ColumnElement[bool]) -> list[str]:
    found = select(DATA_KEY.c.id).where(condition, DATA_KEY.c.wrapped.is_not(None))
    return list(connection.scalars(found))


def _wipe(connection: Connection, keys: Sequence[str]) -> None:
    # The person goes too: which keys were one person's is nobody's business any more.
    gone = {"wrapped": None, "person": DATA_KEY.c.id}
    connection.execute(update(DATA_KEY).where(DATA_KEY.c.id.in_(keys)).values(gone))
    connection.execute(delete(KEY_ASSET).where(KEY_ASSET.c.data_key.in_(keys)))


def _context(key_id: str, department: str, month: str) -> bytes:
    return f"custody data key v1\0{key_id}\0{department}\0{month}".encode()


@contextmanager
def _answering() -> Iterator[None]:
    """Tells a failure of the database as ours, without the values that a driver may quote."""
    try:
        yield
    except SQLAlchemyError as error:
        raise PayloadUnavailable(f"the key database does not answer: {cause(error)}") from None

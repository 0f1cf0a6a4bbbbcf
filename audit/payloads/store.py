"""Prompts and replies kept as evidence: encrypted here, committed to in the log, their keys elsewhere."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from audit.database import Database, cause
from audit.entry import PayloadCommitment
from audit.errors import PayloadUnavailable
from audit.ids import Clock
from audit.payloads import envelope
from audit.payloads.envelope import About
from audit.payloads.key_store import KeyStore, Owner

# How far SQLite's write-ahead log may grow before it is moved into the database.
_FOLD_BYTES = 16_000_000

METADATA = MetaData()
PAYLOAD = Table(
    "payload",
    METADATA,
    Column("ciphertext_sha256", Text, primary_key=True),
    Column("data_key", Text, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("stored_us", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Index("payload_by_key", "data_key"),
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True, repr=False)
class Disclosure:
    """What opens one payload to whoever holds it, and no other: its key and its stored bytes."""

    record_key: bytes
    octets: bytes


class Payloads:
    """Keeps payloads; thread-safe. Every call may block on a disk or a key service."""

    def __init__(self, database: Database, keys: KeyStore, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._unfolded = 0

    def keep(
        self, owner: Owner, request_id: str, kind: str, plaintext: bytes, asset: str = ""
    ) -> PayloadCommitment:
        """Stores a payload durably and gives what its entry must say; raises ``PayloadUnavailable``.

        ``kind`` tells payloads of one request apart (prompt, reply). ``asset`` is what was called, for holds
        on it.
        """
        now_us = self._clock.wall_us()
        key = self._keys.key_for(owner, _month(now_us), asset)
        sealed = envelope.seal(plaintext, key.material, About(request_id, kind, key.id))
        row = {
            "ciphertext_sha256": sealed.commitment.ciphertext_sha256,
            "data_key": key.id,
            "octets": sealed.octets,
            "stored_us": now_us,
        }
        try:
            with self._database.write_lock, self._database.writer.begin() as connection:
                connection.execute(insert(PAYLOAD).values(row))
        except SQLAlchemyError as error:
            raise _down(error) from None
        self._fold(len(sealed.octets))
        return sealed.commitment

    def disclose(self, commitment: PayloadCommitment) -> Disclosure:
        """The key of one payload; raises ``PayloadErased`` or ``PayloadUnavailable``."""
        key = self._keys.key(commitment.key_id)
        octets = self._octets(commitment)
        return Disclosure(envelope.record_key(key.material, octets), octets)

    def read(self, request_id: str, commitment: PayloadCommitment) -> bytes:
        """The plaintext; also raises ``PayloadTampered`` when it is not what the entry committed to."""
        disclosed = self.disclose(commitment)
        about = About(request_id, commitment.kind, commitment.key_id)
        return envelope.unseal(disclosed.octets, disclosed.record_key, about, commitment)

    def drop(self, keys: list[str]) -> None:
        """Takes out the ciphertexts of keys that are erased, which nobody can read any more."""
        try:
            with self._database.write_lock, self._database.writer.begin() as connection:
                connection.execute(delete(PAYLOAD).where(PAYLOAD.c.data_key.in_(keys)))
        except SQLAlchemyError as error:
            raise _down(error) from None

    def _fold(self, octets: int) -> None:
        self._unfolded += octets
        if self._unfolded > _FOLD_BYTES:
            self._unfolded = 0
            self._database.fold()

    def _octets(self, commitment: PayloadCommitment) -> bytes:
        wanted = PAYLOAD.c.ciphertext_sha256 == commitment.ciphertext_sha256
        try:
            with self._database.reader.connect() as connection:
                octets: bytes | None = connection.scalar(select(PAYLOAD.c.octets).where(wanted))
        except SQLAlchemyError as error:
            raise _down(error) from None
        if octets is None:
            raise PayloadUnavailable("the payload is not in this payload database")
        return octets


def create_payloads(database: Database) -> None:
    """Makes the table if it is not there; raises ``PayloadUnavailable``."""
    try:
        with database.write_lock, database.writer.begin() as connection:
            METADATA.create_all(connection)
    except SQLAlchemyError as error:
        raise _down(error) from None


def _month(wall_us: int) -> str:
    return datetime.fromtimestamp(wall_us / 1_000_000, UTC).strftime("%Y-%m")


def _down(error: SQLAlchemyError) -> PayloadUnavailable:
    return PayloadUnavailable(f"the payload database does not answer: {cause(error)}")

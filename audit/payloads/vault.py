"""Everything there is about payloads, opened together: the stores, the holds, and their two databases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from audit.database import Database, open_side
from audit.ids import Clock
from audit.payloads.kek.base import KeyEncryptionKey
from audit.payloads.key_store import KeyStore, create_key_store
from audit.payloads.legal_holds import Holds
from audit.payloads.store import Payloads, create_payloads
from audit.place import Place

_BUSY_S = 2.0


@dataclass(frozen=True, slots=True)
class Vault:
    """Payloads and what opens them. The databases are two, so that no one backup holds both."""

    key_database: Database
    payload_database: Database
    keys: KeyStore
    holds: Holds
    payloads: Payloads

    def close(self) -> None:
        """Closes both databases."""
        self.payload_database.close()
        self.key_database.close()


def open_vault(  # noqa: PLR0913 - each is a setting, or injected
    key_place: Place,
    payload_place: Place,
    keks: Mapping[str, KeyEncryptionKey],
    *,
    lookup_key: bytes,
    clock: Clock,
    new_id: Callable[[], str],
) -> Vault:
    """Opens or creates both databases; raises ``PayloadUnavailable`` or ``LogUnusable``."""
    key_database = open_side(key_place, _BUSY_S, forgetting=True)
    payload_database = open_side(payload_place, _BUSY_S, forgetting=False)
    create_key_store(key_database, new_id, clock.wall_us)
    create_payloads(payload_database)
    keys = KeyStore(key_database, keks, lookup_key=lookup_key, new_id=new_id)
    return Vault(
        key_database,
        payload_database,
        keys,
        Holds(key_database, new_id, clock.wall_us),
        Payloads(payload_database, keys, clock),
    )

"""Erasure, retention, holds and disclosure, each of them on record."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, cast

import anyio.to_thread

from audit.entry import Actor, Entry, EntryType, PayloadCommitment, Receipt, Record
from audit.errors import EntryNotFound
from audit.payloads.envelope import About, unseal
from audit.payloads.key_store import Owner
from audit.payloads.legal_holds import Hold, Scope
from audit.payloads.retention import Retention
from audit.payloads.store import Disclosure
from audit.payloads.unlogged import Deed, strike, unlogged
from audit.payloads.vault import Vault


class Log(Protocol):
    """Where deeds become records."""

    async def append(self, record: Record) -> Receipt:
        """Makes one record durable, or raises ``AuditError``."""


class Custodian:
    """Does what is done to payloads after they are kept.

    A deed and the note of it are one transaction; the record follows, and whatever a crash left without one
    is recorded by the next ``settle``. A disclosure is recorded before the key is handed out.
    """

    def __init__(self, vault: Vault, log: Log, retention: Retention) -> None:
        self._vault = vault
        self._log = log
        self._retention = retention

    async def erase(self, owner: Owner, actor: Actor) -> Deed:
        """Makes every payload of a person unreadable for good; raises ``HeldByLaw`` and does nothing."""
        return await self._done(lambda: self._vault.keys.erase(owner), actor)

    async def prune(self, now: datetime, actor: Actor) -> list[Deed]:
        """Erases what is older than its department's retention and under no hold."""
        keys = self._vault.keys
        deeds = []
        for department in await anyio.to_thread.run_sync(keys.departments):
            before = self._retention.first_month_kept(department, now)
            while (deed := await anyio.to_thread.run_sync(keys.prune, department, before)) is not None:
                await self._record(deed, actor)
                deeds.append(deed)
        return deeds

    async def hold(self, matter: str, scope: Scope, actor: Actor) -> Hold:
        """Places a legal hold; the one in force where the matter holds just that already."""
        hold, deed = await anyio.to_thread.run_sync(self._vault.holds.place, matter, scope)
        if deed is not None:
            await self._record(deed, actor)
        return hold

    async def release(self, hold_id: str, actor: Actor) -> Deed:
        """Releases a legal hold."""
        return await self._done(lambda: self._vault.holds.release(hold_id), actor)

    async def disclose(self, entry: Entry, kind: str, new_id: str, actor: Actor) -> Disclosure:
        """The key of one payload of an entry, once it is on record who got it."""
        commitment = payload_of(entry, kind)
        disclosure = await anyio.to_thread.run_sync(self._vault.payloads.disclose, commitment)
        detail = {"entry": entry.id, "kind": kind, "key": commitment.key_id}
        await self._log.append(
            Record(type=EntryType.KEY_DISCLOSE, request_id=new_id, actor=actor, detail=detail)
        )
        return disclosure

    def opened(self, entry: Entry, kind: str, disclosure: Disclosure) -> bytes:
        """The payload that a disclosure opens; raises ``PayloadTampered`` if it is not what was committed."""
        commitment = payload_of(entry, kind)
        about = About(entry.record.request_id, kind, commitment.key_id)
        return unseal(disclosure.octets, disclosure.record_key, about, commitment)

    def scopes(self, owner: Owner, entry: Entry | None, asset: str = "") -> list[Scope]:
        """What a hold covers: the payloads of an entry, of a person, of a department, or everything.

        With an ``asset``, of them those that are about it.

        Raises ``EntryNotFound`` for a person of whom nothing is kept.
        """
        person = ""
        if owner.person:
            known = self._vault.keys.person(owner)
            if known is None:
                raise EntryNotFound("the department keeps nothing of this person, so nothing can be held")
            person = known
        keys = {payload.key_id for payload in entry.record.payloads} if entry else {""}
        return [Scope(owner.department, person, key, asset) for key in sorted(keys)]

    async def settle(self, actor: Actor) -> int:
        """Records the deeds that a crash left without a record; how many there were."""
        deeds = await anyio.to_thread.run_sync(unlogged, self._vault.key_database)
        for deed in deeds:
            await self._record(deed, actor)
        return len(deeds)

    async def _done(self, deed: Callable[[], Deed], actor: Actor) -> Deed:
        done = await anyio.to_thread.run_sync(deed)
        await self._record(done, actor)
        return done

    async def _record(self, deed: Deed, actor: Actor) -> None:
        await self._log.append(
            Record(type=deed.type, request_id=deed.id, actor=actor, detail=dict(deed.detail))
        )
        if deed.type in {EntryType.KEY_ERASE, EntryType.RETENTION_PRUNE}:
            erased = cast("list[str]", deed.detail["keys"])
            await anyio.to_thread.run_sync(self._vault.payloads.drop, erased)
        await anyio.to_thread.run_sync(strike, self._vault.key_database, deed)


def payload_of(entry: Entry, kind: str) -> PayloadCommitment:
    """The commitment to a payload of this kind; raises ``EntryNotFound``."""
    for commitment in entry.record.payloads:
        if commitment.kind == kind:
            return commitment
    kept = ", ".join(commitment.kind for commitment in entry.record.payloads) or "none"
    raise EntryNotFound(f"entry {entry.id} keeps no payload {kind!r}; kept: {kept}")

"""What a gateway follows: which policy should be in force here, and its bundle."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError

from audit.database import cause
from audit.entry import Actor, EntryType, Facts, Record
from gateway.control.changes import Change, Control, Log, current_revision
from gateway.domain import JsonObject
from gateway.errors import GovernanceUnavailable, NotFound
from gateway.pdp.lifecycle import replicas, store, writes
from gateway.pdp.lifecycle.bundle import Trust
from gateway.pdp.lifecycle.canary import Counts
from gateway.pdp.lifecycle.store import Canary, PolicyState

# No person and no department: the gateway itself.
GATEWAY = Actor("custody-gateway", "service", "")

_US = 1_000_000


class Feed(Protocol):
    """Where a replica learns what to put into force; raises ``GovernanceUnavailable`` when it cannot."""

    @property
    def trust(self) -> Trust:
        """Whose bundles are taken."""

    @property
    def behind_s(self) -> float:
        """How many seconds ago the latest state was known to be right."""

    async def state(self, known: PolicyState | None) -> PolicyState:
        """What is in force and on trial now; ``known`` itself if nothing has changed."""

    async def bundle(self, revision: str) -> bytes:
        """The bundle of a revision."""

    async def end_canary(self, canary: Canary, facts: dict[str, Facts]) -> None:
        """Ends a canary that failed too often, for every replica; nothing if another replica did before."""

    async def canary_elsewhere(self, replica: str, canary: Canary) -> Counts:
        """What every other replica counted of a canary, by its latest ``beat``."""

    async def report(self, detail: dict[str, Facts]) -> None:
        """Puts on record what a shadow saw."""

    async def beat(self, replica: str, state: JsonObject | None) -> None:
        """Says what a replica does; None: that it stops."""


@dataclass(frozen=True, slots=True)
class ServedBundle:
    """The bundle in force, as it is served."""

    digest: str
    content: bytes


class _EndedBefore(Exception):
    """Somebody else ended the trial."""


@dataclass(frozen=True, slots=True)
class ControlFeed:
    """The control database as a feed."""

    control: Control
    log: Log
    trust: Trust
    new_id: Callable[[], str]

    @property
    def behind_s(self) -> float:
        """Nothing: the database says what is, or cannot be asked."""
        return 0.0

    async def state(self, known: PolicyState | None) -> PolicyState:
        """One look at the revision of the database; the rest is read only if it moved."""
        if known is not None and await self.control.read(current_revision) == known.control_revision:
            return known
        return await self.control.read(store.policy_state)

    async def bundle(self, revision: str) -> bytes:
        """The bundle of a revision as it is stored."""
        content = await self.control.read(lambda connection: store.content(connection, revision))
        if content is None:
            raise GovernanceUnavailable(
                "The policy in force is not in the store.", reason_admin=f"no bundle {revision}"
            )
        return content

    async def served(self, state: PolicyState) -> ServedBundle:
        """The bundle of the policy that is in force by this state; raises ``NotFound``."""
        active = state.active
        if active is None:
            raise NotFound("No policy is in force yet.")
        bundle = await self.control.read(lambda connection: store.named_bundle(connection, active.revision))
        return ServedBundle(bundle.digest, await self.bundle(bundle.revision))

    async def end_canary(self, canary: Canary, facts: dict[str, Facts]) -> None:
        """Ends it as the gateway's own deed."""

        def work(change: Change) -> None:
            running = store.canary(change.connection)
            if running is None or running.number != canary.number:
                raise _EndedBefore
            writes.end_trial(change, "canary", canary, "errors", facts)

        try:
            await self.control.change(GATEWAY, work)
        except _EndedBefore:
            return

    async def canary_elsewhere(self, replica: str, canary: Canary) -> Counts:
        """One read of as many rows as there are replicas."""
        now_us = time.time_ns() // 1000
        return await self.control.read(
            lambda connection: replicas.canary_elsewhere(connection, replica, canary.number, now_us)
        )

    async def report(self, detail: dict[str, Facts]) -> None:
        """One record, outside the changes of governance, for nothing was changed."""
        kind = EntryType.POLICY_SHADOW_REPORTED
        record = Record(type=kind, request_id=f"policy-{self.new_id()}", actor=GATEWAY, detail=detail)
        await self.log.append(record)

    async def beat(self, replica: str, state: JsonObject | None) -> None:
        """One small transaction of its own."""
        await anyio.to_thread.run_sync(self._beat, replica, state)

    async def hear(self, teller: str, replica: str, state: JsonObject | None) -> None:
        """The same for a gateway that follows from elsewhere; ``teller`` is whose word it is."""
        await anyio.to_thread.run_sync(self._beat, replica, state, teller)

    def _beat(self, replica: str, state: JsonObject | None, teller: str = "") -> None:
        database = self.control.database
        try:
            with database.write_lock, database.writer.begin() as connection:
                if state is None:
                    replicas.forget(connection, replica)
                else:
                    replicas.beat(connection, replica, time.time_ns() // 1000, state)
                if teller:
                    replicas.bound(connection, f"{teller}.")
            database.fold()
        except SQLAlchemyError as error:
            raise GovernanceUnavailable(
                "The registry cannot be reached.", reason_admin=cause(error)
            ) from error

"""Legal holds of disputes: while a matter is bound, nothing that a party keeps about it is erased."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError

from audit.database import cause
from audit.entry import Actor
from audit.errors import EntryNotFound
from audit.payloads.legal_holds import Hold, Scope
from gateway.control.changes import Control
from gateway.errors import RetentionUnavailable
from gateway.ownership.disputes.cases import under_hold

_MATTER = "dispute:"


class Custodian(Protocol):
    """Who places and releases legal holds, each of them on record."""

    async def hold(self, matter: str, scope: Scope, actor: Actor) -> Hold:
        """Places a hold."""

    async def release(self, hold_id: str, actor: Actor) -> object:
        """Ends a hold; raises ``EntryNotFound`` for one that has ended."""


async def keep_holds(
    control: Control, custodian: Custodian, holds: Callable[[], Iterable[Hold]], actor: Actor
) -> int:
    """Brings the legal holds in line with the disputes; how many were placed or released.

    A hold names its dispute as its matter, ``dispute:<id>``. What is to be held is read from the disputes
    each time, so a crash in between is made good by the next run, and one run after another is one. A hold
    that two replicas place or release at one moment is placed or released once. One that was placed stays
    until its dispute ends, whatever becomes of the assets. Raises ``RetentionUnavailable``,
    ``GovernanceUnavailable``, or an ``AuditError`` of the log.
    """
    try:
        return await _brought(control, custodian, holds, actor)
    except SQLAlchemyError as error:
        raise RetentionUnavailable(
            "The legal holds cannot be reached; try again shortly.", reason_admin=cause(error)
        ) from error


async def _brought(
    control: Control, custodian: Custodian, holds: Callable[[], Iterable[Hold]], actor: Actor
) -> int:
    wanted = {
        (_MATTER + dispute, Scope(department=unit, asset=asset))
        for dispute, unit, asset in await control.read(under_hold)
    }
    there = [hold for hold in await anyio.to_thread.run_sync(holds) if _ours(hold)]
    missing = wanted - {(hold.matter, hold.scope) for hold in there}
    for matter, scope in sorted(missing, key=str):
        await custodian.hold(matter, scope, actor)
    bound = {matter for matter, _ in wanted}
    ended = [hold for hold in there if hold.matter not in bound]
    for hold in ended:
        # Another replica may have released it since this one looked.
        with suppress(EntryNotFound):
            await custodian.release(hold.id, actor)
    return len(missing) + len(ended)


def _ours(hold: Hold) -> bool:
    return hold.released_us is None and hold.matter.startswith(_MATTER)

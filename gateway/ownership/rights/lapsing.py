"""Offers that were not accepted in time end on record, without anybody having to say so."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from audit.entry import Actor
from gateway.control.changes import Change, Control
from gateway.ownership.rights.tables import TRANSFER, TRANSFER_END
from gateway.ownership.rights.transfers import State, find_transfer, finish

# What one change ends; the rest waits for the next.
_AT_ONCE = 100


class _EndedAlready(Exception):
    """No error: it undoes a change that would say nothing."""


async def lapse_transfers(control: Control, actor: Actor, wall_us: Callable[[], int]) -> tuple[str, ...]:
    """Ends the offers whose time is over; their ids. Without any, nothing is changed."""
    if not await control.read(lambda connection: _lapsed(connection, wall_us())):
        return ()
    try:
        return await control.change(actor, _lapse)
    except _EndedAlready:  # another gateway of this database was faster
        return ()


def _lapse(change: Change) -> tuple[str, ...]:
    lapsed = _lapsed(change.connection, change.at_us)
    if not lapsed:
        raise _EndedAlready
    for transfer in lapsed:
        finish(change, find_transfer(change.connection, transfer), State.EXPIRED)
    return tuple(lapsed)


def _lapsed(connection: Connection, at_us: int) -> list[str]:
    ended = select(TRANSFER_END.c.transfer).where(TRANSFER_END.c.transfer == TRANSFER.c.id)
    query = select(TRANSFER.c.id).where(TRANSFER.c.expires_us <= at_us, ~ended.exists())
    return list(connection.scalars(query.order_by(TRANSFER.c.id).limit(_AT_ONCE)))

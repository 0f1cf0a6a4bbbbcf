"""Waiting for a record to be durable, whatever the client does meanwhile."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from anyio import CancelScope

from audit.errors import AuditError
from gateway.errors import AuditUnavailable

_Done = TypeVar("_Done")

_DEADLINE_S = 5  # the recorder gives up earlier by itself; this bounds a recorder that cannot


async def durable(recording: Awaitable[_Done]) -> _Done:
    """Awaits a record; raises ``AuditUnavailable`` if it cannot be made."""
    # Shielded: a client that goes away must not decide whether the record of its call is written.
    deadline = asyncio.get_running_loop().time() + _DEADLINE_S
    try:
        with CancelScope(deadline=deadline, shield=True):
            return await recording
    except AuditError as error:
        raise unrecorded(type(error).__name__) from error
    raise unrecorded("the recorder did not answer")


def unrecorded(reason_admin: str) -> AuditUnavailable:
    """What a caller is told whose call cannot be recorded."""
    return AuditUnavailable(
        "The audit log cannot record this call, so it was not let through; try again shortly.",
        reason_admin=reason_admin,
    )

"""What a gateway does by itself: to the payloads that it keeps, and in disputes whose timers have expired."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from audit.entry import Actor
from audit.errors import AuditError
from audit.payloads.erasure import Custodian
from gateway.errors import CustodyError

_log = logging.getLogger("custody.gateway")

_EVERY_S = 3600.0
_DISPUTES_EVERY_S = 60.0
# No person and no department: the gateway itself, by its settings and the timers of disputes.
GATEWAY = Actor("custody-gateway", "service", "")


async def nothing_held() -> None:
    """Nothing is to be held before payloads are erased."""


async def keep_up(
    custodian: Custodian,
    now: Callable[[], datetime],
    every_s: float = _EVERY_S,
    *,
    hold: Callable[[], Awaitable[object]] = nothing_held,
) -> None:
    """Records deeds that a crash left without a record, and erases what has outlived its retention.

    ``hold`` places what legal holds there must be, and comes first: where it fails, nothing is erased. Runs
    until it is cancelled; what fails is logged and tried again an hour later.
    """
    while True:
        try:
            await custodian.settle(GATEWAY)
            await hold()
            await custodian.prune(now(), GATEWAY)
        except (AuditError, CustodyError) as error:
            _log.warning("payload upkeep failed and will be tried again: %s", error)
        await asyncio.sleep(every_s)


async def settle_disputes(
    settle: Callable[[], Awaitable[object]],
    hold: Callable[[], Awaitable[object]] = nothing_held,
    every_s: float = _DISPUTES_EVERY_S,
) -> None:
    """Does what silence has brought about in disputes, and brings legal holds in line, every minute.

    Runs until it is cancelled; what fails is logged and tried again a minute later.
    """
    while True:
        try:
            await settle()
            await hold()
        except (AuditError, CustodyError) as error:
            _log.warning("upkeep of disputes failed and will be tried again: %s", error)
        await asyncio.sleep(every_s)

"""What a gateway does by itself, now and every hour, to the payloads that it keeps."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from audit.entry import Actor
from audit.errors import AuditError
from audit.payloads.erasure import Custodian

_log = logging.getLogger("custody.gateway")

_EVERY_S = 3600.0
# No person and no department: the gateway itself, by its retention settings.
GATEWAY = Actor("custody-gateway", "service", "")


async def keep_up(custodian: Custodian, now: Callable[[], datetime], every_s: float = _EVERY_S) -> None:
    """Records deeds that a crash left without a record, and erases what has outlived its retention.

    Runs until it is cancelled; what fails is logged and tried again an hour later.
    """
    while True:
        try:
            await custodian.settle(GATEWAY)
            await custodian.prune(now(), GATEWAY)
        except AuditError as error:
            _log.warning("payload upkeep failed and will be tried again: %s", error)
        await asyncio.sleep(every_s)

"""The log for those who write it beside a running gateway: commands, and processes of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from audit.log import Log
from gateway.parts import verifiable_log
from gateway.settings import Settings
from gateway.state import StateFolder


@asynccontextmanager
async def appending(settings: Settings) -> AsyncIterator[Log]:
    """The log, open for writing beside the gateways that write it; raises ``SettingsInvalid``."""
    log = verifiable_log(settings, StateFolder(settings.state_dir))
    try:
        yield log
    finally:
        await log.aclose()

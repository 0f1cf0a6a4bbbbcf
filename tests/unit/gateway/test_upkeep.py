"""What the gateway does by itself, in order, and what a failure holds back."""

import asyncio
from datetime import UTC, datetime

import pytest

from audit.errors import RecorderUnavailable
from gateway.errors import GovernanceUnavailable
from gateway.upkeep import keep_up, settle_disputes

pytestmark = pytest.mark.anyio


class Deeds:
    """Notes what is done, in order; ``fails`` names one that fails the first time."""

    def __init__(self, fails: str = "") -> None:
        self.done: list[str] = []
        self._fails = fails
        self.enough = asyncio.Event()

    async def note(self, name: str) -> None:
        """One deed."""
        self.done.append(name)
        if name == self._fails:
            self._fails = ""
            raise GovernanceUnavailable("told to fail")
        if self.done[-1:] == ["prune"] or self.done.count("hold") > 1:
            self.enough.set()

    async def settle(self, actor: object) -> None:
        """Deeds without a record."""
        await self.note("settle")

    async def prune(self, now: datetime, actor: object) -> None:
        """Erases what is old."""
        await self.note("prune")

    async def hold(self) -> None:
        """Places holds."""
        await self.note("hold")


async def _until(deeds: Deeds, work: "asyncio.Task[None]") -> None:
    await asyncio.wait_for(deeds.enough.wait(), 10)
    work.cancel()
    await asyncio.wait({work})


async def test_holds_come_before_what_they_protect() -> None:
    """Nothing is erased by age before the holds of disputes are in place."""
    deeds = Deeds()
    work = asyncio.create_task(keep_up(deeds, lambda: datetime.now(UTC), hold=deeds.hold))  # type: ignore[arg-type]
    await _until(deeds, work)
    assert deeds.done == ["settle", "hold", "prune"]


async def test_nothing_is_erased_while_holds_cannot_be_placed(caplog: pytest.LogCaptureFixture) -> None:
    """Where the holds fail the erasing waits for the next time, and the log says so."""
    deeds = Deeds(fails="hold")
    pause = 0.001
    work = asyncio.create_task(keep_up(deeds, lambda: datetime.now(UTC), pause, hold=deeds.hold))  # type: ignore[arg-type]
    await _until(deeds, work)
    assert deeds.done[:5] == ["settle", "hold", "settle", "hold", "prune"]
    assert "tried again" in caplog.text


async def test_disputes_go_on_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """What fails once is tried again, and the upkeep goes on."""
    deeds, failures = Deeds(), [RecorderUnavailable("told to fail")]

    async def settle() -> None:
        deeds.done.append("settle")
        if failures:
            raise failures.pop()

    await _until(deeds, asyncio.create_task(settle_disputes(settle, deeds.hold, every_s=0.001)))
    assert deeds.done[:4] == ["settle", "settle", "hold", "settle"]
    assert "tried again" in caplog.text

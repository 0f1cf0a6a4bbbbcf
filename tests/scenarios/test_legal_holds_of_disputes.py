"""While a matter is in dispute nothing that a party keeps is erased, by whichever way it is tried."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import fail_after, sleep, to_thread

from audit.payloads.key_store import Owner
from gateway.app import Gateway
from gateway.control.operations import Acting, Operation
from gateway.domain import JsonObject
from gateway.ownership.disputes.clerk import Admit
from gateway.ownership.disputes.filing import FileDispute, OpenDispute, Withdraw
from tests.court import CLERK, RETAIL
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.inprocess import built_in
from tests.scenarios.running import custody

# The key of payloads lies in a file here, which warns as it should.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:Payload keys are wrapped")]

_KEEPING = """
[[payloads.keys]]
department = "*"
kind = "local_file"
path = "kek.key"
"""


@pytest.fixture
async def gateway(tmp_path: Path, capture: Capture) -> AsyncIterator[Gateway]:
    """A gateway that keeps a letter of retail's."""
    async with built_in(tmp_path, capture.url, Shape(more=_KEEPING)) as made:
        vault = made.built.vault
        assert vault is not None
        vault.payloads.keep(Owner("retail", "customer-4711"), "req-1", "prompt", b"Dear [PERSON_1]")
        yield made.built


async def _do(gateway: Gateway, acting: Acting, operation: Operation) -> JsonObject:
    return await gateway.control.change(acting.actor, lambda change: operation.apply(change, acting))


async def _admitted(gateway: Gateway) -> str:
    claim = {"facet": "accountable_owner", "basis": "operation", "statement": "we run it"}
    opening = OpenDispute.model_validate({"asset": "support-tone", "claims": [claim]})
    dispute = str((await _do(gateway, RETAIL, opening))["dispute"])
    await _do(gateway, RETAIL, FileDispute(dispute=dispute))
    await _do(gateway, CLERK, Admit(dispute=dispute))
    return dispute


async def test_erasing_right_after_admission_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    """The command places the holds that no upkeep has placed yet, and then may not erase."""
    await _admitted(gateway)
    asked = ("--department", "retail", "--subject", "customer-4711", "--as", "legal-counsel")
    settings = ("--config", str(tmp_path / "custody.toml"))
    erased = await to_thread.run_sync(lambda: custody("audit", "erase", *asked, *settings))
    assert erased.returncode == 1, erased.stdout + erased.stderr
    assert "hold" in erased.stderr


async def test_the_gateway_places_and_releases_holds_by_itself(gateway: Gateway) -> None:
    """A running gateway brings the holds in line, and lets go of them when the dispute has ended."""
    assert gateway.vault is not None
    dispute = await _admitted(gateway)
    upkeep = asyncio.create_task(gateway.keep_up())
    try:
        await _holds(gateway, 2)
    finally:
        upkeep.cancel()
        await asyncio.wait({upkeep})
    assert {hold.matter for hold in gateway.vault.holds.all()} == {f"dispute:{dispute}"}
    await _do(gateway, RETAIL, Withdraw(dispute=dispute))
    upkeep = asyncio.create_task(gateway.keep_up())
    try:
        await _holds(gateway, 0)
    finally:
        upkeep.cancel()
        await asyncio.wait({upkeep})


async def _holds(gateway: Gateway, count: int) -> None:
    """Waits until so many holds are in force."""
    assert gateway.vault is not None
    with fail_after(20):
        while sum(hold.released_us is None for hold in gateway.vault.holds.all()) != count:  # noqa: ASYNC110 - the upkeep has no event of ours
            await sleep(0.02)

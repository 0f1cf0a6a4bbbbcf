"""Promise 6: ownership is one query, and what is learnt later never rewrites what was decided."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest

from audit.entry import Entry
from gateway.control.governance import Governance
from gateway.control.operations import Acting, Operation
from gateway.domain import Subject
from gateway.ownership.operations.asserting import CorrectOwner
from gateway.ownership.operations.registering import ReorganiseParties
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.history import LATEST
from gateway.ownership.registry.present import moment_of
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.inprocess import InProcess, built_in
from tests.scenarios.people import ANNA

REGISTRAR = Acting("registrar", Subject("sub_registrar", "person", "legal", roles=("governance-admin",)))


@pytest.fixture
async def inside(capture: Capture, tmp_path: Path) -> AsyncGenerator[InProcess, None]:
    """A gateway in this process, whose registry has taken its settings."""
    capture.script = replies.echo
    async with built_in(
        tmp_path, capture.url, Shape(policy=('kind = "embedded"', 'form = "interpreter"'))
    ) as gateway:
        yield gateway


async def _perform(inside: InProcess, operation: Operation) -> int:
    return (await Governance(inside.built.control).perform(REGISTRAR, operation)).revision


async def _call(inside: InProcess, client: httpx.AsyncClient, revision: int = 0) -> Entry:
    """The record of the first call that is decided on a registry at least that new."""
    for _ in range(100):
        content = wire.body(ANNA.letter, model="support-tone")
        answer = await client.post("/chat/completions", content=content)
        entry = inside.entries(answer.headers["x-request-id"])[0]
        if _revision(entry) >= revision:
            return entry
        await anyio.sleep(0.1)
    raise AssertionError(f"the registry stays at revision {_revision(entry)}")


def _revision(entry: Entry) -> int:
    assert entry.record.decision is not None
    context = entry.record.decision.facts["context"]
    assert isinstance(context, dict)
    revision = context["registry_revision"]
    assert isinstance(revision, int)
    return revision


def _owner(entry: Entry) -> str:
    assert entry.record.resource is not None
    return entry.record.resource.owner


def _holder(inside: InProcess, valid_us: int, known_us: int = LATEST) -> str:
    facet = Facet.ACCOUNTABLE_OWNER
    held = inside.built.control.look(lambda c: owner(c, "support-tone", facet, valid_us, known_us))
    return held.holder if held else ""


def _time(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


async def test_right_then_and_right_in_hindsight_are_two_answers(inside: InProcess) -> None:
    """A call is decided on what was believed; neither a correction nor a new name changes that of before."""
    async with inside.asking() as client:
        before = await _call(inside, client)
        began = inside.built.control.look(lambda c: require_asset(c, "support-tone")).registered_us
        correction = CorrectOwner.model_validate(
            {
                "asset": "support-tone",
                "facet": "accountable_owner",
                "holder": "retail",
                "basis": "contract",
                "since": _time(began),
                "reference": "contract-7",
            }
        )
        after = await _call(inside, client, await _perform(inside, correction))
        plan = {"type": "rename", "units": ["retail"], "successors": ["shops"], "reference": "board-7"}
        last = await _call(inside, client, await _perform(inside, ReorganiseParties.model_validate(plan)))
    assert (_owner(before), _owner(after), _owner(last)) == ("product", "retail", "shops")
    known_then = inside.built.control.look(lambda c: moment_of(c, _revision(before)))
    assert _holder(inside, before.wall_us, known_then) == "product"
    assert _holder(inside, before.wall_us) == "retail"
    assert _holder(inside, last.wall_us) == "shops"
    again = inside.entries(before.record.request_id)[0]
    assert again == before

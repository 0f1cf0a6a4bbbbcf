"""Exhibits and recommendations by way of the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from audit.ids import SystemClock
from audit.keys import read_verifier, verifier_path
from audit.log import Log
from audit.query import LogReader
from gateway.bundled import policies
from gateway.control.governance import Governance
from gateway.control.operations import Acting, Operation
from gateway.domain import JsonObject
from gateway.ownership.disputes.cases import find
from gateway.ownership.disputes.clerk import Admit, Appoint, Deliberate, Mediate, OpenEvidence, Seal, Serve
from gateway.ownership.disputes.desk import Desk, Sources
from gateway.ownership.disputes.filing import FileDispute, OpenDispute
from gateway.ownership.disputes.panels import OfferSeat
from gateway.pdp.source import read_source
from tests.court import CLERK, person
from tests.unit.gateway.routes.api.world import World, opened

pytestmark = pytest.mark.anyio

RETAIL = person("retail-lead", "retail", "owner")
JUDGES = [person(name, "audit", "adjudicator") for name in ("audit-one", "audit-two", "audit-three")]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An API with a desk over its log and the shipped policy."""

    def desk(governance: Governance, log: Log) -> Desk:
        source = read_source(policies())
        sources = Sources(tmp_path / "audit.db", log.verifier, lambda: source)
        return Desk(governance, sources, SystemClock().wall_us)

    async with opened(tmp_path, disputes=desk) as made:
        await made.register_departments()
        await made.register("letters", "product")
        yield made


async def _do(world: World, acting: Acting, operation: Operation) -> JsonObject:
    return await world.control.change(acting.actor, lambda change: operation.apply(change, acting))


async def _heard(world: World) -> str:
    claim = {"facet": "accountable_owner", "basis": "operation", "statement": "ours"}
    opening = OpenDispute.model_validate({"asset": "letters", "claims": [claim]})
    dispute = str((await _do(world, RETAIL, opening))["dispute"])
    await _do(world, RETAIL, FileDispute(dispute=dispute))
    for step in (Admit, Serve, OpenEvidence):
        await _do(world, CLERK, step(dispute=dispute))
    return dispute


async def _signed(world: World) -> None:
    """Waits until the log has signed all that is in it."""
    verifier = read_verifier(verifier_path(world.folder / "audit.key"))
    with anyio.fail_after(20), LogReader(world.folder / "audit.db") as reader:
        while (signed := reader.checkpoint(verifier)) is None or signed[0].size < reader.size():  # noqa: ASYNC110 - the integrator is a thread with no event of ours
            await anyio.sleep(0.01)


async def test_a_party_files_an_exhibit(world: World) -> None:
    """A party's question comes back frozen, and the dispute has it."""
    dispute = await _heard(world)
    await _signed(world)
    asked = {"name": "what was asserted", "type": "ownership.asset", "since": "2020-01-01T00:00:00Z"}
    async with world.client("retail-lead") as client:
        answer = await client.post(f"/disputes/{dispute}/exhibits", json=asked)
    assert answer.status_code == 201, answer.text
    (exhibit,) = world.control.look(lambda c: find(c, dispute)).exhibits
    assert answer.json()["outcome"]["result_sha256"] == exhibit.frozen.result_sha256
    assert (exhibit.party, exhibit.name, len(exhibit.frozen.indexes)) == ("retail", "what was asserted", 1)


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("it-lead", {"name": "x"}, 404),
        ("retail-lead", {"name": "x", "frozen": {"indexes": [1]}}, 400),
        ("retail-lead", {"name": ""}, 400),
        ("retail-lead", {"name": "x", "type": "access.denied"}, 422),
    ],
)
async def test_what_cannot_be_an_exhibit_is_refused(
    world: World, who: str, body: JsonObject, status: int
) -> None:
    """Strangers do not learn of the dispute, nobody hands in an answer, and an empty answer shows nothing."""
    dispute = await _heard(world)
    await _signed(world)
    async with world.client(who) as client:
        answer = await client.post(f"/disputes/{dispute}/exhibits", json=body)
    assert answer.status_code == status, answer.text
    assert world.control.look(lambda c: find(c, dispute)).exhibits == ()


async def test_a_recommendation_is_for_the_panel(world: World) -> None:
    """A party that asks for a recommendation is refused, and none is made."""
    dispute = await _heard(world)
    for step in (Seal, Mediate):
        await _do(world, CLERK, step(dispute=dispute))
    for judge in JUDGES:
        await _do(world, judge, OfferSeat(dispute=dispute))
        await _do(world, CLERK, Appoint(dispute=dispute, adjudicator=judge.subject.id))
    await _do(world, CLERK, Deliberate(dispute=dispute))
    async with world.client("retail-lead") as client:
        answer = await client.post(f"/disputes/{dispute}/recommendations", json={"shown": [1]})
    assert answer.status_code == 403, answer.text
    assert world.control.look(lambda c: find(c, dispute)).recommendations == ()

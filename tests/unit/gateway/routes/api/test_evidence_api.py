"""Counts of the log and dossiers by way of the API: who may have them, and that pages hang together."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import anyio
import httpx
import pytest

from audit.entry import Actor, EntryType
from audit.query import LogReader
from gateway.domain import JsonObject
from gateway.errors import NotFound
from gateway.evidence_desk import EvidenceDesk
from gateway.ownership.disputes.filing import OpenDispute
from gateway.ownership.dossier.order import Made, Order
from gateway.ownership.evidence.scorecard import read_scorecards
from gateway.ownership.evidence.span import Span
from gateway.ownership.evidence.usage import read_usage
from tests.calls import Call
from tests.court import person
from tests.unit.gateway.routes.api.world import World, opened

pytestmark = pytest.mark.anyio

RETAIL = person("retail-lead", "retail", "owner")
CALLS = [
    *(Call(department="retail", counts={"PERSON": 1}) for _ in range(6)),
    *(Call(department="product", asset="northwind-base") for _ in range(4)),
    *(Call(department="product") for _ in range(3)),
]


def make(order: Order, actor: Actor, target: Path) -> Made:
    """Writes what stands for a dossier; refuses one that is to count from the hundredth entry on."""
    if order.first == 100:
        raise NotFound("Nothing there.")
    content = f"{order.dispute} for {actor.department}".encode()
    target.write_bytes(content)
    return Made(3, 41, sha256(content).hexdigest(), "")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An API over a log with calls of two departments, and a dispute of retail's."""
    desk = EvidenceDesk(tmp_path / "audit.db", tmp_path / "dossiers", make)
    async with opened(tmp_path, evidence=desk) as made:
        await made.register_departments()
        await made.register("letters", "product")
        for number, call in enumerate(CALLS):
            for record in call.records(number):
                await made.log.append(record)
        yield made
        await desk.aclose()


async def asked(world: World, path: str, body: JsonObject, who: str = "audit-auditor") -> httpx.Response:
    """One POST."""
    async with world.client(who) as client:
        return await client.post(path, json=body, timeout=60)


async def test_scorecards_are_those_of_the_command(world: World) -> None:
    """An auditor gets the very figures that the command counts, and is on record before."""
    size = len(world.entries())
    answer = await asked(world, "/scorecards", {"end": size})
    with LogReader(world.folder / "audit.db") as reader:
        assert answer.json() == read_scorecards(reader, Span(0, size)).facts()
    read = world.entries()[-1].record
    assert (read.type, read.actor and read.actor.department) == (EntryType.AUDITOR_QUERY, "audit")
    assert (read.detail["command"], read.detail["end"]) == ("scorecard", size)


async def test_pages_of_usage_hang_together(world: World) -> None:
    """Page by page comes what one count says, of the same entries, although the log grows meanwhile."""
    prices = {"currency": "EUR", "prompt_tokens_1000": "0.5"}
    items, cursor, ends = [], "", set()
    for _ in range(10):
        answer = await asked(world, "/usage", {"limit": 1, "cursor": cursor, "prices": prices})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        ends.add(page["span"]["end"])
        cursor = page["next"]
        if not cursor:
            break
    (end,) = ends
    with LogReader(world.folder / "audit.db") as reader:
        known = read_usage(reader, Span(0, end), None).uses
    assert [(item["asset"], item["department"], item["calls"]) for item in items] == [
        (each.asset, each.department, each.use.calls) for each in known
    ]
    assert all(item["cost"] is not None for item in items)


async def test_usage_is_narrowed(world: World) -> None:
    """An asset and a department narrow what is told, not what is counted."""
    answer = await asked(world, "/usage", {"asset": "northwind-base", "department": "product"})
    (item,) = answer.json()["items"]
    assert (item["asset"], item["department"], item["calls"]) == ("northwind-base", "product", 4)


@pytest.mark.parametrize(
    ("who", "path", "body", "status"),
    [
        ("retail-lead", "/usage", {}, 403),
        ("retail-lead", "/scorecards", {}, 403),
        ("audit-auditor", "/scorecards", {"first": 5, "end": 5}, 400),
        ("audit-auditor", "/scorecards", {"end": 1_000_000}, 422),
        ("audit-auditor", "/scorecards", {"to": "2001-01-01T00:00:00Z"}, 422),
        ("audit-auditor", "/usage", {"cursor": "abc"}, 400),
        ("audit-auditor", "/usage", {"prices": {"currency": "EUR", "model_second": -1}}, 400),
    ],
)
async def test_what_cannot_be_counted_is_refused(
    world: World, who: str, path: str, body: JsonObject, status: int
) -> None:
    """Counts are for auditors, of a range that the log has; each other answer says what is wrong."""
    answer = await asked(world, path, body, who)
    assert answer.status_code == status, answer.text


async def _opened(world: World) -> str:
    claim = {"facet": "accountable_owner", "basis": "operation", "statement": "ours"}
    opening = OpenDispute.model_validate({"asset": "letters", "claims": [claim]})
    done: JsonObject = await world.control.change(RETAIL.actor, lambda change: opening.apply(change, RETAIL))
    return str(done["dispute"])


async def _ended(client: httpx.AsyncClient, place: str) -> httpx.Response:
    with anyio.fail_after(60):
        while (shown := await client.get(place)).json()["state"] == "making":  # noqa: ASYNC110 - it is made in another process
            await anyio.sleep(0.02)
    return shown


async def test_a_dossier_is_made_while_the_caller_waits_elsewhere(world: World) -> None:
    """A party asks, looks how far it is, and takes the zip; asked again it is the same; each is on record."""
    dispute = await _opened(world)
    async with world.client("retail-lead") as client:
        ordered = await client.post(f"/disputes/{dispute}/dossiers", json={})
        assert (ordered.status_code, ordered.json()["state"]) == (202, "making")
        place = ordered.headers["location"].removeprefix("/api/v1")
        shown = await _ended(client, place)
        again = await client.post(f"/disputes/{dispute}/dossiers", json={})
        assert again.json() == shown.json()
        assert (await client.get(place, headers={"if-none-match": shown.headers["etag"]})).status_code == 304
        file = await client.get(f"{place}/file")
    assert file.content == f"{dispute} for retail".encode()
    assert sha256(file.content).hexdigest() == shown.json()["sha256"]
    assert file.headers["content-type"] == "application/zip"
    assert file.headers["etag"] == f'"{shown.json()["sha256"]}"'
    read = world.entries()[-1].record
    assert (read.detail["command"], read.detail["dispute"]) == ("dossier", dispute)


async def test_a_dossier_that_cannot_be_made_is_told(world: World) -> None:
    """What stood in the way is said, and there is no file."""
    dispute = await _opened(world)
    async with world.client("retail-lead") as client:
        ordered = await client.post(f"/disputes/{dispute}/dossiers", json={"first": 100})
        place = ordered.headers["location"].removeprefix("/api/v1")
        shown = await _ended(client, place)
        assert (shown.json()["state"], shown.json()["problem"]) == ("failed", "Nothing there.")
        assert (await client.get(f"{place}/file")).status_code == 404


@pytest.mark.parametrize("who", ["product-lead", "it-lead", "retail-service"])
async def test_dossiers_are_for_parties_and_offices(world: World, who: str) -> None:
    """Whoever may not see the dispute learns nothing of it; and no service of a party orders for it."""
    dispute = await _opened(world)
    answer = await asked(world, f"/disputes/{dispute}/dossiers", {}, who)
    assert answer.status_code == (403 if who == "retail-service" else 404), answer.text
    async with world.client("retail-lead") as client:
        assert (await client.get(f"/disputes/{dispute}/dossiers/none")).status_code == 404


async def test_the_routes_are_described(world: World) -> None:
    """Each route stands in the description, and what its body refers to is there."""
    async with world.client("audit-auditor") as client:
        document = (await client.get("/openapi.json")).json()
    bodies = {
        path: methods["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for path, methods in document["paths"].items()
        if path in {"/usage", "/scorecards", "/disputes/{dispute}/dossiers"}
    }
    assert len(bodies) == 3
    names = {each.removeprefix("#/components/schemas/") for each in bodies.values()}
    assert names | {"Prices", "Price", "DossierView"} <= set(document["components"]["schemas"])

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from world import World, opened

from audit.entry import EntryType
from gateway.bundled import policies
from gateway.pdp.lifecycle.bundle import Trust, read_bundle
from gateway.pdp.lifecycle.signing import SigningKey, new_signing_key, read_signing_key
from gateway.pdp.source import read_source

pytestmark = pytest.mark.anyio

BUNDLE = "http://gateway/bundles/custody"
ENGINEER, OPA, AUDITOR, STRANGER = "security-engineer", "security-opa", "audit-lead", "retail-lead"

POLICY = """package custody.access

default decision := {
	"allow": false,
	"obligations": {"prompt": {}, "reply": {}},
	"reasons": [{"code": "c", "effect": "deny", "department": "d", "package": "p", "rule": "r"}],
}
"""


@pytest.fixture(scope="module")
def key() -> SigningKey:
    """What bundles are signed with."""
    return read_signing_key(new_signing_key(), "key-1")


@pytest.fixture
async def world(tmp_path: Path, key: SigningKey) -> AsyncIterator[World]:
    """A world in which the shipped policies are in force."""
    async with opened(tmp_path, key=key) as made:
        assert made.desk is not None
        await made.desk.workshop.seed(policies())
        yield made


async def build(client: httpx.AsyncClient, text: str = POLICY) -> httpx.Response:
    """Hands a policy in."""
    test = "package tests.access\n\ntest_x if not data.custody.access.decision.allow with input as {}\n"
    return await client.post("/policies", json={"files": {"main.rego": text, "main_test.rego": test}})


async def test_a_policy_is_built_and_activated_over_the_api(world: World) -> None:
    """An engineer builds, activates and sees a policy in force; the log names what was activated by whom."""
    async with world.client(ENGINEER) as client:
        built = await build(client)
        assert built.status_code == 201, built.text
        revision = built.json()["revision"]
        shown = (await client.get(f"/policies/{revision}")).json()
        assert (shown["in_force"], shown["origin"], shown["tests"]) == (False, "folder", 1)
        done = await client.post(f"/policies/{revision}/activate", json={})
        assert done.status_code == 200, done.text
        assert (await client.get(f"/policies/{revision}")).json()["in_force"] is True
        listed = (await client.get("/activations")).json()
    assert [each["how"] for each in listed["items"]] == ["seed", "activate"]
    last = [entry for entry in world.entries() if entry.record.type is EntryType.POLICY_ACTIVATED][-1]
    assert last.record.detail["policy"] == revision


async def test_an_unsound_policy_is_refused_with_its_places(world: World) -> None:
    """A policy that fails its checks is a 422 that names file and line, and nothing is stored."""
    async with world.client(ENGINEER) as client:
        refused = await build(client, "package custody.access\n\ndecision := http.send({})\n")
        assert refused.status_code == 422
        assert "main.rego:3" in refused.json()["error"]["message"]
        assert len((await client.get("/policies")).json()["items"]) == 1


async def test_a_stored_policy_is_replayed_by_its_revision(world: World) -> None:
    """The beginning of a revision names the candidate; the answer and the record have all of it."""
    async with world.client(ENGINEER) as client:
        revision = (await build(client)).json()["revision"]
        replayed = await client.post("/policies/replay", json={"policy": revision[:12]})
        assert replayed.status_code == 200, replayed.text
        assert replayed.json()["candidate"]["revision"] == revision
    looked = [each.record for each in world.entries() if each.record.type is EntryType.AUDITOR_QUERY]
    assert looked[-1].detail == {"command": "policy replay", "candidate": revision}


async def test_policies_are_for_their_offices(world: World) -> None:
    """Owners neither build nor see policies; whoever only reads bundles sees no listing."""
    for name in (STRANGER, OPA):
        async with world.client(name) as client:
            assert (await build(client)).status_code == 403
            assert (await client.get("/policies")).json()["items"] == []


async def test_the_bundle_in_force_is_served_once_and_again_when_it_changes(
    world: World, key: SigningKey
) -> None:
    """Whoever has the bundle is told so; after an activation there is another, signed and whole."""
    async with world.client(OPA) as client, world.client(ENGINEER) as engineer:
        first = await client.get(BUNDLE)
        assert first.headers["content-type"] == "application/vnd.openpolicyagent.bundles"
        trust = Trust("production", "custody", {key.id: key.public})
        assert read_bundle(first.content, trust).revision == read_source(policies()).revision
        known = {"if-none-match": first.headers["etag"]}
        unchanged = await client.get(BUNDLE, headers=known)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == first.headers["etag"]
        revision = (await build(engineer)).json()["revision"]
        waiting = asyncio.create_task(
            client.get(BUNDLE, headers={**known, "prefer": "modes=snapshot,delta;wait=30"})
        )
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await engineer.post(f"/policies/{revision}/activate", json={})
        second = await waiting
    assert second.status_code == 200
    assert read_bundle(second.content, trust).revision == revision


async def test_waiting_for_news_ends(world: World) -> None:
    """Without news a wait ends with 304, and a wait that cannot be read is none."""
    async with world.client(OPA) as client:
        known = {"if-none-match": (await client.get(BUNDLE)).headers["etag"]}
        for prefer in ("wait=1", "wait=soon", "waiting=99"):
            answer = await client.get(BUNDLE, headers={**known, "prefer": prefer})
            assert answer.status_code == 304


async def test_a_follower_elsewhere_is_among_the_replicas_until_it_stops(world: World) -> None:
    """What a gateway with a reader's key says of itself stands beside our replicas, with whose word it is."""
    state = {"host": "edge", "pid": 7, "revision": "a" * 64, "form": "compiled", "error": "", "stale_ms": 5}
    async with world.client(OPA) as client, world.client(ENGINEER) as engineer:
        told = await client.post(f"{BUNDLE}/status", json={"replica": "r-1", "state": state})
        assert told.status_code == 204, told.text
        (listed,) = (await engineer.get("/replicas")).json()["items"]
        await client.post(f"{BUNDLE}/status", json={"replica": "r-1", "state": None})
        gone = (await engineer.get("/replicas")).json()["items"]
    teller = listed["state"].pop("told_by")
    assert (listed["replica"], listed["state"], gone) == (f"{teller}.r-1", state, [])


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"replica": "../other", "state": None},
        {"replica": "r", "state": {"host": "h", "pid": 1, "canary": {"failed": 9}}},
        {"replica": "r", "state": {"host": "h", "pid": 1, "error": "x" * 501}},
    ],
)
async def test_a_follower_says_nothing_but_its_state(world: World, told: dict[str, object]) -> None:
    """A name that is none, counts of a canary that it cannot have, and texts without a bound are refused."""
    async with world.client(OPA) as client, world.client(ENGINEER) as engineer:
        assert (await client.post(f"{BUNDLE}/status", json=told)).status_code == 400
        assert (await engineer.get("/replicas")).json()["items"] == []


async def test_bundles_are_not_for_everybody(world: World) -> None:
    """No key, no role, another name and another method are refused, each on record."""
    async with world.client("nobody") as client:
        assert (await client.get(BUNDLE)).status_code == 401
    async with world.client(STRANGER) as client:
        assert (await client.get(BUNDLE)).status_code == 403
        status = {"replica": "r", "state": None}
        assert (await client.post(f"{BUNDLE}/status", json=status)).status_code == 403
    async with world.client(OPA) as client:
        assert (await client.get(f"{BUNDLE}-other")).status_code == 404
        assert (await client.post(BUNDLE)).status_code == 404
    refused = [entry for entry in world.entries() if entry.record.type is EntryType.DENIED]
    assert len(refused) == 5

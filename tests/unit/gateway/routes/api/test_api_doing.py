"""What the API does, for whom, and how often."""

import anyio
import httpx
import pytest

from audit.entry import EntryType
from gateway.control.changes import current_revision
from tests.unit.gateway.routes.api.world import World

pytestmark = pytest.mark.anyio

LABEL = {"asset": "support-tone", "text": "good"}


async def test_an_operation_is_done(world: World) -> None:
    """A body that fits is done as the caller's deed, and the answer tells what it made."""
    async with world.client("product-lead") as client:
        answer = await client.post("/labels", json=LABEL)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["state"], told["proposal"]) == ("done", "")
    last = world.entries()[-1].record
    assert last.actor is not None
    assert (last.actor.id, last.detail["revision"]) == ("sub_product-lead", told["revision"])


async def test_who_may_not_is_refused_on_record(world: World) -> None:
    """Without the role nothing is done; who may see the asset hears why."""
    async with world.client("product-trainee") as client:
        answer = await client.post("/labels", json=LABEL)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted")
    last = world.entries()[-1].record
    assert (last.type, last.request_id) == (EntryType.DENIED, answer.headers["x-request-id"])
    assert last.actor is not None
    assert last.actor.id == "sub_product-trainee"


async def test_a_refusal_does_not_tell_what_is_hidden(world: World) -> None:
    """Who may not see an asset hears the same of it as of one that is not there."""
    async with world.client("it-helpdesk") as client:
        hidden = await client.post("/labels", json=LABEL)
        absent = await client.post("/labels", json={**LABEL, "asset": "no-such"})
    assert hidden.status_code == absent.status_code == 404
    assert (
        hidden.json()["error"]["message"].replace("support-tone", "no-such")
        == (absent.json()["error"]["message"])
    )


async def test_a_refusal_does_not_tell_whose_a_hidden_thing_is(world: World) -> None:
    """Ids can be guessed: who may not see a grant hears the same of it as of one that was never given."""
    grant = {
        "asset": "support-tone",
        "department": "retail",
        "class_ceiling": "internal",
        "expires": "2099-01-01T00:00:00Z",
    }
    async with world.client("product-lead") as client:
        given = (await client.post("/grants", json=grant)).json()["outcome"]["grant"]
    answers = {}
    for who in ("it-lead", "retail-trainee"):
        async with world.client(who) as client:
            answers[who] = [await client.post(f"/grants/{name}/revoke") for name in (given, "grant-999")]
    hidden, absent = answers["it-lead"]
    assert hidden.status_code == absent.status_code == 404
    message = hidden.json()["error"]["message"]
    assert message.replace(given, "grant-999") == absent.json()["error"]["message"]
    assert [each.status_code for each in answers["retail-trainee"]] == [403, 404]


@pytest.mark.parametrize("name", ["%00", "%ff", "a%20b", "-", "a" * 300])
async def test_an_id_that_can_be_none_is_refused(world: World, name: str) -> None:
    """Such a text never reaches a database."""
    async with world.client("product-lead") as client:
        answer = await client.post(f"/grants/{name}/revoke")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "grant")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "invalid_body"),
        (b"[]", 400, "invalid_body"),
        (b'"text"', 400, "invalid_body"),
        (b"", 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": 5}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "a", "weight": "5"}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "a", "weight": true}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "a", "more": 1}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "a", "text": "b"}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "a\\u0000"}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "\\ud800"}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "\xff"}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": NaN}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "invalid_body"),
        (b'{"asset": ' + b"[" * 9_000 + b"]" * 9_000 + b"}", 400, "invalid_body"),
        (b'{"text": ' + b"[" * 1_000 + b"]" * 1_000 + b', "text": "a"}', 400, "invalid_body"),
        (b'{"asset": "support-tone", "text": "' + b"a" * 30_000 + b'"}', 413, "body_too_large"),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else None,
)
async def test_a_body_that_does_not_fit_changes_nothing(
    world: World, content: bytes, status: int, code: str
) -> None:
    """Malformed, mistyped, ambiguous, deep or huge bodies are refused by type, on record, without a trace."""
    before = await world.control.read(current_revision)
    async with world.client("product-lead") as client:
        answer = await client.post("/labels", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert await world.control.read(current_revision) == before
    assert world.entries()[-1].record.request_id == answer.headers["x-request-id"]


async def test_only_json_is_read(world: World) -> None:
    """A body of another type is refused: a browser's form cannot act for its user."""
    async with world.client("product-lead") as client:
        answer = await client.post("/labels", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["Authorization", "idempotency-key", "If-Match", "content-type"])
async def test_a_doubled_header_is_refused(world: World, name: str) -> None:
    """A header that decides something stands once."""
    async with world.client("product-lead") as client:
        headers = httpx.Headers([(name, '"a"'), (name.lower(), '"b"')])
        answer = await client.post("/labels", headers=headers, content=b"{}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("DELETE", "/assets/support-tone"),
        ("GET", "/labels"),
        ("GET", "/assets/"),
        ("GET", ""),
    ],
)
async def test_an_unknown_path_is_refused_on_record(world: World, method: str, path: str) -> None:
    """What is no door of the API is 404 for whoever has a key."""
    async with world.client("product-lead") as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_path")
    assert world.entries()[-1].record.request_id == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/assets", "/openapi.json", "/nothing"])
async def test_nothing_is_told_without_a_key(world: World, path: str) -> None:
    """Whatever the path, who is unknown hears only that."""
    async with world.client("stranger") as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert world.entries()[-1].record.actor is None


async def test_the_same_key_is_the_same_request(world: World) -> None:
    """Sent again, a request is answered as the first time and not done again; another one is refused."""
    headers = {"idempotency-key": "key-1"}
    async with world.client("product-lead") as client:
        first = await client.post("/labels", json=LABEL, headers=headers)
        again = await client.post("/labels", json=dict(reversed(LABEL.items())), headers=headers)
        other = await client.post("/labels", json={**LABEL, "text": "bad"}, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "a" * 256, "\t"])
async def test_an_idempotency_key_is_short_and_printable(world: World, key: str) -> None:
    """A key that could not be kept as it is is refused."""
    async with world.client("product-lead") as client:
        answer = await client.post("/labels", json=LABEL, headers={"idempotency-key": key})
    assert answer.status_code == 400


async def test_the_same_key_twice_at_once_is_done_once(world: World) -> None:
    """Copies of one request that come together make one change."""
    before = await world.control.read(current_revision)
    answers: list[httpx.Response] = []

    async def send() -> None:
        async with world.client("product-lead") as client:
            answers.append(await client.post("/labels", json=LABEL, headers={"idempotency-key": "k"}))

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(send)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["outcome"]["label"] for answer in answers}) == 1
    assert await world.control.read(current_revision) == before + 1


async def test_a_change_of_what_was_read_is_refused(world: World) -> None:
    """If-Match with the tag that was read lets an operation through; with any other it is 412."""
    async with world.client("product-lead") as client:
        tag = (await client.get("/assets/support-tone")).headers["etag"]
        good = await client.post("/labels", json=LABEL, headers={"if-match": f'"x", {tag}'})
        stale = [
            await client.post("/labels", json=LABEL, headers={"if-match": given})
            for given in ('"x"', f"W/{tag}")
        ]
        broken = await client.post("/labels", json=LABEL, headers={"if-match": "no quotes"})
    assert good.status_code == 201
    assert {(each.status_code, each.json()["error"]["code"]) for each in stale} == {
        (412, "precondition_failed")
    }
    assert broken.status_code == 400


async def test_two_people_by_way_of_the_api(world: World) -> None:
    """What needs two people is 202 with a proposal, which another person consents to."""
    async with world.client("product-lead") as client:
        proposed = await client.post("/assets/support-tone/seal")
        assert (proposed.status_code, proposed.json()["state"]) == (202, "proposed")
        proposal = proposed.json()["proposal"]
        alone = await client.post(f"/proposals/{proposal}/consent")
        assert alone.status_code == 403
    async with world.client("product-deputy") as client:
        (listed,) = (await client.get("/proposals", params={"state": "open"})).json()["items"]
        assert (listed["id"], listed["operation"]) == (proposal, {"asset": "support-tone"})
        tag = (await client.get(f"/proposals/{proposal}")).headers["etag"]
        done = await client.post(f"/proposals/{proposal}/consent", headers={"if-match": tag})
        assert (done.status_code, done.json()["outcome"]) == (200, {"sealed": "support-tone"})
        late = await client.post(f"/proposals/{proposal}/decline", json={"reason": "no"})
        assert late.status_code == 409
        assert (await client.get("/proposals", params={"state": "open"})).json()["items"] == []


async def test_a_proposal_is_shown_to_who_could_answer_it(world: World) -> None:
    """Its department sees it, and another person who could consent; nobody else finds it."""
    async with world.client("product-lead") as client:
        proposal = (await client.post("/assets/support-tone/seal")).json()["proposal"]
    statuses = {}
    for who in ("product-trainee", "retail-lead", "retail-trainee", "retail-service"):
        async with world.client(who) as client:
            statuses[who] = (await client.get(f"/proposals/{proposal}")).status_code
    assert statuses == {
        "product-trainee": 200,
        "retail-lead": 200,
        "retail-trainee": 404,
        "retail-service": 404,
    }


async def test_of_two_consents_at_once_one_is_done(world: World) -> None:
    """Two people who consent at the same moment seal it once."""
    async with world.client("product-lead") as client:
        proposal = (await client.post("/assets/support-tone/seal")).json()["proposal"]
    statuses: list[int] = []

    async def consent(who: str) -> None:
        async with world.client(who) as client:
            statuses.append((await client.post(f"/proposals/{proposal}/consent")).status_code)

    async with anyio.create_task_group() as group:
        group.start_soon(consent, "product-deputy")
        group.start_soon(consent, "retail-lead")
    assert sorted(statuses) == [200, 409]

"""What the API shows, to whom."""

import pytest

from audit.entry import EntryType
from tests.unit.gateway.routes.api.world import World

pytestmark = pytest.mark.anyio


async def test_an_asset_is_shown_to_who_holds_it_and_to_who_may_discover_it(world: World) -> None:
    """Its holder sees an asset, and whoever the policy lets discover it."""
    world.policy.discovers.add(("retail", "support-tone"))
    for who in ("product-lead", "retail-service"):
        async with world.client(who) as client:
            answer = await client.get("/assets/support-tone")
            assert answer.status_code == 200
            assert answer.json()["facets"]["accountable_owner"]["holder"] == "product"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/{}",
        "/assets/{}/owners",
        "/assets/{}/timeline",
        "/assets/{}/diff?earlier=2026-01-01T00:00:00Z",
    ],
)
async def test_what_may_not_be_seen_is_not_there(world: World, path: str) -> None:
    """A hidden asset and one that does not exist get the same answer, but for the name."""
    async with world.client("it-helpdesk") as client:
        hidden = await client.get(path.format("support-tone"))
        absent = await client.get(path.format("no-such-thing"))
        listed = (await client.get("/assets")).json()
    assert hidden.status_code == absent.status_code == 404
    told = [
        {name: value for name, value in answer.json()["error"].items() if name != "request_id"}
        for answer in (hidden, absent)
    ]
    told[0]["message"] = told[0]["message"].replace("support-tone", "no-such-thing")
    assert told[0] == told[1]
    assert listed == {"items": [], "next": ""}


async def test_an_auditors_look_is_on_record_before_it_is_shown(world: World) -> None:
    """What is shown by right of audit alone is an entry; what one owns is shown without."""
    async with world.client("product-lead") as client:
        await client.get("/assets/support-tone")
    before = len(world.entries())
    async with world.client("audit-ann") as client:
        answer = await client.get("/assets")
    assert [item["id"] for item in answer.json()["items"]] == ["support-tone"]
    (entry,) = world.entries()[before:]
    assert entry.record.type is EntryType.AUDITOR_QUERY
    assert entry.record.request_id == answer.headers["x-request-id"]
    assert entry.record.detail == {"command": "GET /api/v1/assets", "assets": ["support-tone"]}


async def test_the_policy_hears_of_rights_on_what_cannot_be_called(world: World) -> None:
    """Of a data set the policy sees its owner and what the asking department was granted, as of a model."""
    grant = {
        "asset": "support-tone",
        "department": "retail",
        "action": "discover",
        "class_ceiling": "internal",
        "expires": "2099-01-01T00:00:00Z",
    }
    async with world.client("product-lead") as client:
        assert (await client.post("/grants", json=grant)).status_code == 201
    async with world.client("retail-service") as client:
        await client.get("/assets/support-tone")
    asked = world.policy.asked[-1]
    assert asked.resource.facets == {"accountable_owner": "product"}
    assert [(each.action, each.department) for each in asked.context.rights.grants] == [
        ("discover", "retail")
    ]
    assert asked.context.rights.revision > 0


async def test_a_listing_goes_on_where_it_ended(world: World) -> None:
    """Pages follow each other without gap or double, and leave out what may not be seen."""
    for number in range(7):
        await world.register(f"data-{number}", "retail" if number % 2 else "product")
    seen, cursor = [], ""
    async with world.client("product-lead") as client:
        while True:
            page = (await client.get("/assets", params={"limit": 2, "cursor": cursor})).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
    assert seen == ["data-0", "data-2", "data-4", "data-6", "support-tone"]


async def test_a_cursor_is_good_for_its_own_listing_alone(world: World) -> None:
    """Another caller, another listing or another filter refuses it, and so does a changed letter."""
    async with world.client("product-lead") as client:
        cursor = (await client.get("/parties", params={"limit": 1})).json()["next"]
        elsewhere = await client.get("/assets", params={"cursor": cursor})
        changed = await client.get("/parties", params={"cursor": cursor[:-2] + "zz"})
        nonsense = await client.get("/parties", params={"cursor": "\u00e9%"})
    async with world.client("it-helpdesk") as client:
        another = await client.get("/parties", params={"cursor": cursor})
    for answer in (elsewhere, changed, nonsense, another):
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "cursor")


async def test_a_cursor_does_not_name_what_is_hidden(world: World) -> None:
    """The key at which a page ended cannot be read off the cursor."""
    async with world.client("product-lead") as client:
        cursor = (await client.get("/parties", params={"limit": 1})).json()["next"]
    assert "audit" not in cursor


async def test_what_did_not_change_is_not_sent_again(world: World) -> None:
    """A strong tag comes with each answer; with it a second reading is 304, until something changes."""
    async with world.client("product-lead") as client:
        for path in ("/assets/support-tone", "/assets", "/assets/support-tone/timeline", "/parties?limit=1"):
            first = await client.get(path)
            tag = first.headers["etag"]
            assert tag.startswith('"')
            for given in (tag, f'"other", {tag}', f"W/{tag}", "*"):
                again = await client.get(path, headers={"if-none-match": given})
                assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        await world.register("another", "product")
        assert (await client.get("/assets", headers={"if-none-match": tag})).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets?limit=0",
        "/assets?limit=1000",
        "/assets?unknown=1",
        "/assets?type=spaceship",
        "/assets/support-tone/owners?validat=2026-01-01T00:00:00Z",
        "/assets/support-tone/owners?valid_at=2026-01-01",
        "/assets/support-tone/owners?facet=soul",
        "/assets/support-tone/diff",
        "/assets/%00",
        "/assets/%ff",
        "/assets/a%20b",
    ],
)
async def test_a_question_that_does_not_fit_is_refused(world: World, path: str) -> None:
    """Unknown parameters, times without offset, unknown words and impossible ids are a 400 on record."""
    async with world.client("product-lead") as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    last = world.entries()[-1].record
    assert last.type is EntryType.DENIED
    assert last.request_id == answer.headers["x-request-id"]


async def test_ownership_is_told_as_of_any_time(world: World) -> None:
    """Before an asset was there nobody held it, and before it was known nobody was known to."""
    asked = [
        ({}, {"accountable_owner"}),
        ({"valid_at": "1970-01-01T00:00:00Z"}, set()),
        ({"known_at": "2000-01-01T00:00:00Z"}, set()),
        ({"facet": "custodian"}, set()),
    ]
    async with world.client("product-lead") as client:
        for params, held in asked:
            answer = await client.get("/assets/support-tone/owners", params=params)
            assert set(answer.json()["facets"]) == held, params
        shifts = await client.get(
            "/assets/support-tone/diff", params={"earlier": "2000-01-01T00:00:00+02:00"}
        )
    assert [shift["after"]["holder"] for shift in shifts.json()["shifts"]] == ["product"]


async def test_the_description_is_complete(world: World) -> None:
    """OpenAPI names each operation with its body, and how failures look."""
    async with world.client("product-lead") as client:
        described = (await client.get("/openapi.json")).json()
    post = described["paths"]["/assets/{asset}/seal"]["post"]
    assert post["operationId"] == "asset.seal"
    assert post["responses"]["412"]["content"]["application/json"]["schema"]["$ref"].endswith("ErrorView")
    assert post["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("ErrorView")
    body = described["paths"]["/labels"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"asset", "text", "weight"}
    assert body["properties"]["asset"]["examples"] == ["support-tone"]
    assert body["additionalProperties"] is False

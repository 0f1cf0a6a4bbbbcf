"""Governance as people use it: over HTTP of a running gateway, and at the command line beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from audit.entry import EntryType
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.running import RunningGateway, custody, kinds

PEOPLE = "".join(
    f"""
[[identity.principals]]
id = "{name}"
kind = "person"
department = "{department}"
roles = ["{role}"]
"""
    for name, department, role in (
        ("product-owner", "product", "owner"),
        ("product-second", "product", "owner"),
        ("retail-owner", "retail", "owner"),
        ("auditor", "audit", "auditor"),
    )
)
SHAPE = Shape(
    detectors=("secrets",),
    more=PEOPLE + '\n[control]\ntwo_people = ["grant.revoke"]\n',
)
GRANT = {
    "asset": "support-tone",
    "department": "retail",
    "class_ceiling": "internal",
    "expires": "2099-01-01T00:00:00Z",
}
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def governed(capture_server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway whose revocations need two people."""
    with life(tmp_path_factory.mktemp("governed"), capture_server) as gateway:
        yield gateway


def client(gateway: RunningGateway, who: str) -> httpx.Client:
    """A client with a principal's example key."""
    keys: dict[str, str] = orjson.loads((gateway.state / "keys.json").read_bytes())
    headers = {"authorization": f"Bearer {keys[who]}"}
    return httpx.Client(base_url=f"{gateway.url}/api/v1", headers=headers, timeout=30)


def commanded(gateway: RunningGateway, *arguments: str) -> list[dict[str, object]]:
    """What a command says in JSON lines."""
    done = custody(*arguments, "--config", str(gateway.settings), "--json")
    assert done.returncode == 0, done.stderr
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def test_a_right_is_given_once_and_taken_by_two(capture_server: Capture, tmp_path: Path) -> None:
    """A grant given over HTTP is one however often it is sent, also after a restart; two people end it."""
    once = {"idempotency-key": "triage-2099"}
    with life(tmp_path, capture_server) as gateway, client(gateway, "product-owner") as lead:
        tag = lead.get("/assets/support-tone").headers["etag"]
        first = lead.post("/grants", json=GRANT, headers={**once, "if-match": tag})
        assert first.status_code == 201, first.text
    with life(tmp_path, capture_server) as gateway:
        _take_back(gateway, first.json(), once)
    verified = custody("audit", "verify", "--database", str(gateway.database))
    assert verified.returncode == 0, verified.stdout + verified.stderr


@contextmanager
def life(folder: Path, upstream: Capture) -> Iterator[RunningGateway]:
    """One life of a gateway."""
    gateway = RunningGateway(folder, upstream.url, SHAPE)
    try:
        yield gateway.await_ready()
    finally:
        gateway.close()


def _take_back(gateway: RunningGateway, given: dict[str, object], once: dict[str, str]) -> None:
    grant = given["outcome"]["grant"]  # type: ignore[index]  # JSON
    with client(gateway, "product-owner") as lead:
        second = lead.post("/grants", json=GRANT, headers=once)
        assert (second.status_code, second.json()) == (201, given)
        proposed = lead.post(f"/grants/{grant}/revoke", json={})
        assert proposed.status_code == 202
        proposal = str(proposed.json()["proposal"])
        assert lead.post(f"/proposals/{proposal}/consent").status_code == 403
        assert [each["id"] for each in lead.get("/grants").json()["items"]] == [grant]
        (done,) = commanded(gateway, "proposal", "consent", proposal, "--as", "product-second")
        assert done["outcome"] == {"ended": [grant]}
        assert lead.get("/grants").json()["items"] == []
    told = kinds(gateway.entries())
    assert told.count(EntryType.GRANT_GIVEN) == told.count(EntryType.GRANT_REVOKED) == 1
    assert told.index(EntryType.OPERATION_CONSENTED) < told.index(EntryType.GRANT_REVOKED)


def test_everybody_sees_what_is_theirs_to_see(governed: RunningGateway) -> None:
    """A department sees its rights and a stranger to them none; the auditor sees all, on record."""
    with client(governed, "product-owner") as lead:
        grant = lead.post("/grants", json=GRANT).json()["outcome"]["grant"]
    seen = {}
    for who in ("product-owner", "retail-owner", "legal-counsel", "auditor"):
        with client(governed, who) as reader:
            seen[who] = [each["id"] for each in reader.get("/grants").json()["items"]]
    assert seen == {
        "product-owner": [grant],
        "retail-owner": [grant],
        "legal-counsel": [],
        "auditor": [grant],
    }
    looks = [entry.record for entry in governed.entries() if entry.record.type is EntryType.AUDITOR_QUERY]
    assert [look.detail["command"] for look in looks] == ["GET /api/v1/grants"]
    assert [each["id"] for each in commanded(governed, "grant", "list")] == [grant]


def test_a_refusal_over_http_is_on_record(governed: RunningGateway) -> None:
    """Whatever is refused under /api/v1 has a typed error, and its request id leads to the record."""
    with client(governed, "retail-owner") as retail:
        answers = [
            retail.post("/grants", json=GRANT),
            retail.post(
                "/grants",
                content=b'{"asset": "a", "asset": "b"}',
                headers={"content-type": "application/json"},
            ),
            retail.get("/secrets"),
            retail.get("/grants", headers={"authorization": "Bearer nonsense"}),
            retail.post("/grants", content=b" " * 400_000),
        ]
    assert [answer.status_code for answer in answers] == [403, 400, 404, 401, 413]
    for answer in answers:
        (entry,) = governed.entries(answer.headers["x-request-id"])
        assert entry.record.type is EntryType.DENIED
        assert entry.record.result is not None
        assert entry.record.result.code == answer.json()["error"]["code"]

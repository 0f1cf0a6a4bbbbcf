"""The decision point as AuthZEN 1.0 has it: same policy, same keys, on record, and nothing told too much."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from audit.entry import Entry, EntryType
from gateway.app import create_app
from gateway.bundled import policies
from gateway.domain import JsonObject
from gateway.pdp.judge import Judge
from gateway.pdp.source import read_source
from gateway.state import StateFolder
from tests.scenarios.configuration import DEPARTMENT_KEYS
from tests.scenarios.inprocess import InProcess, built_in

EVALUATION, EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"
TONE = {"type": "adapter", "id": "support-tone"}
CHAT = {"name": "chat"}


@dataclass(frozen=True, slots=True)
class Asking:
    """A client that asks in the name of a department's service."""

    gateway: InProcess
    client: httpx.AsyncClient

    async def ask(self, department: str, path: str, body: object, **headers: str) -> httpx.Response:
        """Posts one request."""
        keys = StateFolder(self.gateway.built.settings.state_dir).first_keys(DEPARTMENT_KEYS.values())
        key = keys[DEPARTMENT_KEYS[department]]
        return await self.client.post(path, json=body, headers={"authorization": f"Bearer {key}", **headers})

    def records(self, answer: httpx.Response) -> list[Entry]:
        """What is on record of a request."""
        return self.gateway.entries(answer.headers["request-id"])

    async def me(self, department: str) -> str:
        """The subject id of a department's service, as the log knows it."""
        listed = await self.ask(department, EVALUATION, {"subject": {"type": "service", "id": "?"}})
        actor = self.records(listed)[0].record.actor
        assert actor is not None
        return actor.id


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for all tests of the file, so that they share a gateway."""
    return "asyncio"


@pytest.fixture(scope="module")
async def asking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asking]:
    """A gateway with the example policy; no model server is there, for nothing is forwarded."""
    async with built_in(tmp_path_factory.mktemp("authzen"), "http://127.0.0.1:9/v1") as gateway:
        transport = httpx.ASGITransport(create_app(gateway.built), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            yield Asking(gateway, client)


def question(subject: str, resource: JsonObject | None = None, **context: Any) -> JsonObject:
    """Whether somebody may chat with support-tone."""
    return {
        "subject": {"type": "service", "id": subject},
        "action": CHAT,
        "resource": resource or TONE,
        "context": {"use_case": "complaint-triage", "declared_class": "internal", **context},
    }


async def test_a_caller_asks_about_itself(asking: Asking) -> None:
    """The verdict is the policy's own, with its obligations, and is on record with the facts it came from."""
    answer = await asking.ask("retail", EVALUATION, question(await asking.me("retail")))
    body = answer.json()
    assert (answer.status_code, body["decision"]) == (200, True)
    assert body["context"]["obligations"]["prompt"]["PERSON"] == "replace"
    (entry,) = asking.records(answer)
    decision = entry.record.decision
    assert entry.record.type is EntryType.EVALUATED
    assert decision is not None
    assert decision.id == body["context"]["decision_id"]
    judge = Judge.of(read_source(policies()))
    again = judge.decide(dict(decision.facts))  # type: ignore[arg-type]  # JSON both
    assert (again.allow, judge.revision) == (True, decision.policy_revision)


async def test_a_denial_names_rule_and_remedy_to_who_may_know_the_asset(asking: Asking) -> None:
    """A denial is a 200 with its reasons, the deciding one first."""
    asked = question(await asking.me("retail"), declared_class="confidential")
    answer = await asking.ask("retail", EVALUATION, asked)
    body = answer.json()
    assert (answer.status_code, body["decision"]) == (200, False)
    assert body["context"]["reasons"][0]["rule"] == "custody.departments.product.confidential_needs_grant"
    assert "obligations" not in body["context"]


async def test_what_is_hidden_and_what_is_not_there_look_alike(asking: Asking) -> None:
    """Whoever may not discover an asset cannot tell it from one that does not exist, or of another type."""
    me = await asking.me("legal")
    asked = [
        question(me),
        question(me, {"type": "adapter", "id": "no-such-thing"}),
        question(me, {"type": "base_model", "id": "support-tone"}),
    ]
    bodies = [(await asking.ask("legal", EVALUATION, each)).json() for each in asked]
    for body in bodies:
        assert body["decision"] is False
        assert body["context"].keys() == {"decision_id", "policy_revision"}


async def test_only_auditors_and_owners_ask_about_others(asking: Asking) -> None:
    """Another subject is asked about with the right to audit the resource: product has it, retail has not."""
    asked = question("alice@example.com")
    asked["subject"] = {"type": "user", "id": "alice@example.com", "properties": {"department": "retail"}}
    refused = await asking.ask("retail", EVALUATION, asked)
    allowed = await asking.ask("product", EVALUATION, asked)
    assert refused.json()["decision"] is False
    assert refused.json()["context"]["error"]["status"] == 403
    assert allowed.json()["decision"] is True


async def test_no_name_of_another_system_goes_on_record(asking: Asking) -> None:
    """A subject that a client names by an address is recorded by a digest."""
    asked = question("alice@example.com")
    asked["subject"] = {"type": "user", "id": "alice@example.com", "properties": {"department": "retail"}}
    (entry,) = asking.records(await asking.ask("product", EVALUATION, asked))
    assert entry.record.decision is not None
    assert "alice" not in str(entry)
    assert "ext_" in str(entry.record.decision.facts)


@pytest.mark.parametrize(
    ("semantic", "verdicts"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
        (None, [True, False, True]),
    ],
)
async def test_semantics_of_several(asking: Asking, semantic: str | None, verdicts: list[bool]) -> None:
    """Each semantic ends where it says, in order, and only what was decided is on record."""
    me = await asking.me("retail")
    body: JsonObject = question(me)
    body["evaluations"] = [
        {},
        {"context": {"use_case": "complaint-triage", "declared_class": "confidential"}},
        {},
    ]
    if semantic:
        body["options"] = {"evaluations_semantic": semantic}
    answer = await asking.ask("retail", EVALUATIONS, body)
    assert [each["decision"] for each in answer.json()["evaluations"]] == verdicts
    assert len(asking.records(answer)) == len(verdicts)


async def test_a_fault_in_one_of_several_is_its_own(asking: Asking) -> None:
    """A malformed evaluation is a denial with its error; the others are decided."""
    body = question(await asking.me("retail"))
    body["evaluations"] = [{"action": {"name": "fly"}}, {"resource": {"id": "x"}}, {}]
    found = (await asking.ask("retail", EVALUATIONS, body)).json()["evaluations"]
    assert [each["decision"] for each in found] == [False, False, True]
    assert [each["context"]["error"]["status"] for each in found[:2]] == [400, 400]


async def test_without_a_list_several_is_one(asking: Asking) -> None:
    """The evaluations endpoint answers a single question as the evaluation endpoint does."""
    answer = await asking.ask("retail", EVALUATIONS, question(await asking.me("retail")))
    assert answer.json()["decision"] is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subject": {"type": "service", "id": "x"}, "action": CHAT},
        {"subject": {"type": "service"}, "action": CHAT, "resource": TONE},
        {"subject": {"type": "service", "id": "x"}, "action": {"name": "fly"}, "resource": TONE},
        {
            "subject": {"type": "service", "id": "x"},
            "action": CHAT,
            "resource": TONE,
            "context": {"findings": {"A": 0}},
        },
        [],
    ],
)
async def test_a_bad_request_is_a_400_with_a_text(asking: Asking, body: object) -> None:
    """What is no question is refused as a whole, in AuthZEN's shape, and on record."""
    answer = await asking.ask("retail", EVALUATION, body)
    assert answer.status_code == 400
    assert isinstance(answer.json(), str)
    assert [entry.record.type for entry in asking.records(answer)] == [EntryType.DENIED]


async def test_nobody_asks_without_a_key(asking: Asking) -> None:
    """The decision point is a door like any other."""
    answer = await asking.client.post(EVALUATION, json=question("x"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_too_many_and_unknown_semantics_are_refused(asking: Asking) -> None:
    """A request may not ask for any number of decisions, nor for a way to combine them that is none."""
    body = question("x")
    many = await asking.ask("retail", EVALUATIONS, {**body, "evaluations": [{}] * 101})
    odd = await asking.ask(
        "retail", EVALUATIONS, {**body, "evaluations": [{}], "options": {"evaluations_semantic": "majority"}}
    )
    assert (many.status_code, odd.status_code) == (400, 400)


async def test_the_clients_request_id_comes_back(asking: Asking) -> None:
    """Section 10.1.3: the same id stands in the answer; one that is no id does not, and ours always does."""
    asked = question("x")
    kept = await asking.ask(
        "retail", EVALUATION, asked, **{"x-request-id": "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"}
    )
    odd = await asking.ask("retail", EVALUATION, asked, **{"x-request-id": "<script>"})
    assert kept.headers["x-request-id"] == "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"
    assert odd.headers["x-request-id"] == odd.headers["request-id"] != kept.headers["request-id"]


async def test_metadata_names_the_doors_and_no_host_that_a_client_sends(asking: Asking) -> None:
    """The well-known document names decision point and endpoints as the settings have them."""
    server = asking.gateway.built.settings.server
    base = f"http://{server.host}:{server.port}"
    found = await asking.client.get(
        "/.well-known/authzen-configuration",
        headers={"host": "evil.example", "x-forwarded-host": "evil.example"},
    )
    assert found.json() == {
        "policy_decision_point": base,
        "access_evaluation_endpoint": f"{base}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{base}/access/v1/evaluations",
    }

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.entry import EntryType
from gateway.domain import AccessRequest, Decision
from gateway.pdp.base import PolicyEngine
from tests.scenarios.capture import Capture
from tests.scenarios.inprocess import InProcess, built_in, chat

FORBIDDEN, UNKNOWN = "support-tone", "no-such-model"


@pytest.fixture
async def inside(capture: Capture, tmp_path: Path) -> AsyncGenerator[InProcess, None]:
    """A gateway in this process."""
    async with built_in(tmp_path, capture.url) as gateway:
        yield gateway


class CountingPolicy:
    """The gateway's own policy, which nobody may discover anything by, and how often it was asked."""

    def __init__(self, policy: PolicyEngine) -> None:
        self._policy = policy
        self.revision = policy.revision
        self.asked: list[str] = []

    async def decide(self, request: AccessRequest) -> Decision:
        """A refusal of the real policy: it has no rule for a department that it does not know."""
        self.asked.append(request.action.value)
        return await self._policy.decide(_of_nobody(request))

    async def aclose(self) -> None:
        """Nothing of its own."""


def _of_nobody(request: AccessRequest) -> AccessRequest:
    return replace(request, subject=replace(request.subject, department="nobody-here"))


async def test_an_unknown_model_takes_the_steps_of_a_forbidden_one(
    inside: InProcess, capture: Capture
) -> None:
    """What does not exist is scanned and decided about like what does: time tells no more than words."""
    policy = CountingPolicy(inside.parts.policy)
    told = []
    async with inside.asking(policy=policy) as client:
        for model in (FORBIDDEN, UNKNOWN):
            policy.asked.clear()
            answer = await chat(client, "Write to anna.kowalska@example.com", model=model)
            record = inside.entries(answer.headers["x-request-id"])[-1].record
            assert record.type is EntryType.DENIED
            assert record.redaction is not None
            told.append(
                (answer.status_code, answer.json()["error"]["code"], policy.asked[:], record.redaction)
            )
    assert told[0] == told[1]
    assert told[0][:3] == (404, "model_not_found", ["chat", "discover"])
    assert capture.prompts == []


@pytest.mark.parametrize("fields", [{"nonsense": 1}, {"n": "many"}, {"logit_bias": {"1": 2}}])
async def test_other_faults_of_a_request_come_first_in_both(
    inside: InProcess, capture: Capture, fields: dict[str, object]
) -> None:
    """A request that would be refused anyway is refused alike, whether its model exists or not."""
    policy = CountingPolicy(inside.parts.policy)
    async with inside.asking(policy=policy) as client:
        answers = [await chat(client, "hello", model=model, **fields) for model in (FORBIDDEN, UNKNOWN)]
    bodies = [{**answer.json()["error"], "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert answers[0].status_code == 400


async def test_no_policy_can_open_what_does_not_exist(inside: InProcess, capture: Capture) -> None:
    """A policy that allows everything still reaches no backend through an unknown model."""

    class Generous(CountingPolicy):
        async def decide(self, request: AccessRequest) -> Decision:
            """What the policy says of an asset that retail may use."""
            asset = inside.parts.directory.snapshot().resolve("northwind-base").asset
            return await self._policy.decide(replace(request, resource=asset.resource))

    async with inside.asking(policy=Generous(inside.parts.policy)) as client:
        answer = await chat(client, "hello", model=UNKNOWN)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert capture.prompts == []

"""Each obligation of a decision does what it says, on a real call; none of ``MET_IN`` is left out."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

import httpx
import pytest

from gateway.domain import AccessRequest, Decision, Obligations, Operator
from gateway.obligations import MET_IN
from tests.scenarios import replies
from tests.scenarios.capture import Capture
from tests.scenarios.inprocess import InProcess, built_in, chat
from tests.scenarios.people import ANNA, STRANGER

_PLAIN = Obligations(prompt={"*": Operator.REPLACE}, reply={"*": Operator.REPLACE})


class Obliging:
    """The gateway's own policy, with other obligations wherever it allows."""

    def __init__(self, inner: object, obligations: Obligations) -> None:
        self._inner = inner
        self._obligations = obligations

    async def decide(self, request: AccessRequest) -> Decision:
        """The policy's decision, obliging to something else."""
        decision: Decision = await self._inner.decide(request)  # type: ignore[attr-defined]  # the engine's own
        return replace(decision, obligations=self._obligations) if decision.allow else decision


@dataclass(frozen=True, slots=True)
class Trial:
    """A gateway and the model server behind it."""

    gateway: InProcess
    capture: Capture

    async def letter(self, obligations: Obligations) -> httpx.Response:
        """The answer to Anna's letter under these obligations."""
        policy = Obliging(self.gateway.parts.policy, obligations)
        async with self.gateway.asking(policy=policy) as client:
            return await chat(client, ANNA.letter)

    @property
    def seen(self) -> str:
        """What the model was told."""
        return self.capture.prompts[-1].last_text

    @staticmethod
    def said(answer: httpx.Response) -> str:
        """What the caller reads."""
        return str(answer.json()["choices"][0]["message"]["content"])


async def _prompt(trial: Trial) -> None:
    await trial.letter(replace(_PLAIN, prompt={"EMAIL_ADDRESS": Operator.KEEP, "*": Operator.REPLACE}))
    assert ANNA.email in trial.seen
    assert ANNA.iban not in trial.seen


async def _reply(trial: Trial) -> None:
    trial.capture.script = replies.fixed(f"Write to {STRANGER.email}.")
    masked = await trial.letter(_PLAIN)
    kept = await trial.letter(replace(_PLAIN, reply={"*": Operator.KEEP}))
    assert STRANGER.email not in trial.said(masked)
    assert STRANGER.email in trial.said(kept)


async def _restore(trial: Trial) -> None:
    assert ANNA.email in trial.said(await trial.letter(_PLAIN))
    assert ANNA.email not in trial.said(await trial.letter(replace(_PLAIN, restore=False)))


async def _max_tokens(trial: Trial) -> None:
    await trial.letter(replace(_PLAIN, max_tokens=7))
    assert trial.capture.prompts[-1].json["max_tokens"] == 7


async def _approval(trial: Trial) -> None:
    answer = await trial.letter(replace(_PLAIN, approval="it@northwind.example"))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "approval_required"
    assert trial.capture.prompts == []


async def _refused(trial: Trial, obligations: Obligations) -> None:
    answer = await trial.letter(obligations)
    assert answer.status_code == 403
    assert trial.capture.prompts == []


async def _retain_payload(trial: Trial) -> None:
    # This gateway has no key to keep payloads under; test_promise_9_erasable.py has one that does.
    await _refused(trial, replace(_PLAIN, retain_payload=True))


async def _priority(trial: Trial) -> None:
    await _refused(trial, replace(_PLAIN, priority=5))


CLAIMS: dict[str, Callable[[Trial], Awaitable[None]]] = {
    "prompt": _prompt,
    "reply": _reply,
    "restore": _restore,
    "max_tokens": _max_tokens,
    "approval": _approval,
    "retain_payload": _retain_payload,
    "priority": _priority,
}


def test_every_obligation_has_its_claim() -> None:
    """An obligation that is added without a test of what it does fails here."""
    assert CLAIMS.keys() == MET_IN.keys()


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for all tests of the file, so that they share a gateway."""
    return "asyncio"


@pytest.fixture(scope="module")
async def gateway(
    capture_server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[InProcess]:
    """A gateway whose policy the claims replace; it has no key to keep payloads under."""
    async with built_in(tmp_path_factory.mktemp("obliging"), capture_server.url) as built:
        yield built


@pytest.mark.parametrize("name", sorted(CLAIMS))
async def test_an_obligation_is_met(name: str, capture: Capture, gateway: InProcess) -> None:
    """What the policy obliges to is done, or the call is refused before the model sees it."""
    capture.script = replies.echo
    await CLAIMS[name](Trial(gateway, capture))

"""Promise 2: identity, policy, redaction, audit or backend down or talking nonsense: nothing is forwarded."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from audit.entry import EntryType, Receipt, Record
from audit.errors import RecorderUnavailable
from gateway.backends.base import ModelCall
from gateway.domain import AccessRequest, Decision, Obligations, Operator, UnscannedChunks, UnscannedReply
from gateway.errors import BackendUnavailable, IdentityUnavailable, PolicyUnavailable
from gateway.identity.base import Identity
from gateway.ownership.live.base import Snapshot
from gateway.scanning import Scanner
from redaction.base import Detector, Finding
from redaction.memory import ScanMemory
from redaction.redactor import Redactor
from tests.scenarios.capture import Capture
from tests.scenarios.inprocess import InProcess, built_in, chat
from tests.scenarios.people import ANNA, traces
from tests.scenarios.running import kinds

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
_LEAKY = RuntimeError(f"failed on {ANNA.letter}")


@pytest.fixture
async def inside(capture: Capture, tmp_path: Path) -> AsyncGenerator[InProcess, None]:
    """A gateway in this process."""
    async with built_in(tmp_path, capture.url) as built:
        yield built


class BrokenIdentity:
    """An identity provider that is down."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def authenticate(self, headers: Mapping[str, str]) -> Identity:
        """Fails."""
        raise self._error


class BrokenDirectory:
    """A register of assets that fails."""

    def snapshot(self) -> Snapshot:
        """Fails."""
        raise _LEAKY


class BrokenPolicy:
    """A policy engine that fails, or gives what is no decision."""

    revision = "broken"

    def __init__(self, answer: Exception | Decision | None) -> None:
        self._answer = answer

    async def decide(self, request: AccessRequest) -> Decision:
        """Whatever the test wants."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return cast("Decision", self._answer)

    async def aclose(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True)
class BrokenDetector:
    """A detector that raises, hangs, or finds what is not there."""

    fault: str
    name: str = "broken"
    digest: str = "0" * 64
    heavy: bool = True

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Misbehaves."""
        if self.fault == "raises":
            raise _LEAKY
        if self.fault == "hangs":
            time.sleep(2)
        if self.fault == "forgets a text":
            return []
        if self.fault == "finds outside":
            return [[Finding("PERSON", 5, 10**6, 0.9, self.name)] for _ in texts]
        if self.fault == "finds backwards":
            return [[Finding("PERSON", 9, 3, 0.9, self.name)] for _ in texts]
        return [[] for _ in texts]


class BrokenRecorder:
    """A log that fails, breaks or never answers."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    async def append(self, record: Record) -> Receipt:
        """Fails, or waits for ever."""
        if self._error is not None:
            raise self._error
        await asyncio.Event().wait()
        raise AssertionError


class BrokenBackend:
    """A model server that fails in ways that the interface does not name."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def complete(self, call: ModelCall) -> UnscannedReply:
        """Fails."""
        raise self._error

    async def stream(self, call: ModelCall) -> AsyncGenerator[UnscannedChunks, None]:
        """Fails before the first piece."""
        raise self._error
        yield UnscannedChunks(({},))

    async def aclose(self) -> None:
        """Nothing to give back."""


def redactor_with(detector: Detector) -> Redactor:
    """A redactor whose only detector is this."""
    return Redactor([detector], key=b"k" * 32, memory=ScanMemory(0), deadline_s=0.5, workers=1)


def assert_refused(answer: httpx.Response, capture: Capture, told: tuple[int, str]) -> None:
    """The typed error, in shape, without an original; and nothing at the model."""
    assert (answer.status_code, answer.json()["error"]["code"]) == told
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-should-retry"] == ("true" if told[0] == 503 else "false")
    assert traces(ANNA.values, answer.content) == []
    assert capture.seen.wire == b""


@_STREAMED
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (IdentityUnavailable("Try again."), (503, "identity_unavailable")),
        (_LEAKY, (500, "internal_error")),
    ],
    ids=["down", "nonsense"],
)
async def test_identity(
    inside: InProcess, capture: Capture, error: Exception, told: tuple[int, str], stream: bool
) -> None:
    """Whoever cannot be identified gets nothing forwarded, on record."""
    async with inside.asking(authenticator=BrokenIdentity(error)) as client:
        answer = await chat(client, ANNA.letter, stream=stream)
        models = await client.get("/models")
    assert_refused(answer, capture, told)
    assert models.status_code == told[0]
    assert kinds(inside.entries(answer.headers["x-request-id"])) == [EntryType.DENIED]


@_STREAMED
async def test_directory(inside: InProcess, capture: Capture, stream: bool) -> None:
    """A register of assets that breaks lets nothing through, on record."""
    async with inside.asking(directory=BrokenDirectory()) as client:
        answer = await chat(client, ANNA.letter, stream=stream)
    assert_refused(answer, capture, (500, "internal_error"))
    assert kinds(inside.entries(answer.headers["x-request-id"])) == [EntryType.DENIED]


@_STREAMED
@pytest.mark.parametrize(
    ("nonsense", "told"),
    [
        (PolicyUnavailable("Try again."), (503, "policy_unavailable")),
        (_LEAKY, (500, "internal_error")),
        (None, (500, "internal_error")),
    ],
    ids=["down", "breaks", "no decision"],
)
async def test_policy(
    inside: InProcess,
    capture: Capture,
    nonsense: Exception | None,
    told: tuple[int, str],
    stream: bool,
) -> None:
    """Without a decision nothing is forwarded, on record."""
    async with inside.asking(policy=BrokenPolicy(nonsense)) as client:
        answer = await chat(client, ANNA.letter, stream=stream)
    assert_refused(answer, capture, told)
    assert kinds(inside.entries(answer.headers["x-request-id"])) == [EntryType.DENIED]


@pytest.mark.parametrize(
    "obligations",
    [
        Obligations(approval="product"),
        Obligations(retain_payload=True),
        Obligations(priority=1),
        Obligations(prompt={"*": Operator.REFUSE}),
    ],
    ids=["approval", "retain", "priority", "refuse"],
)
async def test_unmet_obligation(inside: InProcess, capture: Capture, obligations: Obligations) -> None:
    """An allowed call with an obligation that cannot be met is refused with 403, on record."""
    decision = Decision(
        allow=True, obligations=obligations, reasons=(), id="decision", policy_revision="revision"
    )
    async with inside.asking(policy=BrokenPolicy(decision)) as client:
        answer = await chat(client, ANNA.letter)
    assert answer.status_code == 403
    assert answer.headers["x-should-retry"] == "false"
    assert traces(ANNA.values, answer.content) == []
    assert capture.seen.wire == b""
    assert kinds(inside.entries(answer.headers["x-request-id"])) == [EntryType.DENIED]


@_STREAMED
@pytest.mark.parametrize("fault", ["raises", "hangs", "forgets a text", "finds outside", "finds backwards"])
async def test_redaction(inside: InProcess, capture: Capture, fault: str, stream: bool) -> None:
    """A detector that raises, hangs or talks nonsense means that the prompt's content is unknown: 503."""
    scanner = Scanner(redactor_with(BrokenDetector(fault)))
    async with inside.asking(scanner=scanner) as client:
        answer = await chat(client, ANNA.letter, stream=stream)
    assert_refused(answer, capture, (503, "redaction_unavailable"))
    assert kinds(inside.entries(answer.headers["x-request-id"])) == [EntryType.DENIED]


@_STREAMED
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RecorderUnavailable("disk full"), (503, "audit_unavailable")),
        (_LEAKY, (500, "internal_error")),
    ],
    ids=["down", "breaks"],
)
async def test_audit(
    inside: InProcess, capture: Capture, error: Exception, told: tuple[int, str], stream: bool
) -> None:
    """Without a durable intent nothing is forwarded, and without a record there is no refusal either."""
    async with inside.asking(recorder=BrokenRecorder(error)) as client:
        answer = await chat(client, ANNA.letter, stream=stream)
        refused = await client.get("/nothing")
        models = await client.get("/models")
    assert_refused(answer, capture, told)
    assert refused.status_code == models.status_code == told[0]


async def test_audit_that_never_answers(inside: InProcess, capture: Capture) -> None:
    """A log that takes a record and says nothing holds a call up for a bounded time, then 503."""
    async with inside.asking(recorder=BrokenRecorder(None)) as client:
        answer = await chat(client, ANNA.letter)
    assert_refused(answer, capture, (503, "audit_unavailable"))


@_STREAMED
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BackendUnavailable("Try again."), (503, "backend_unavailable")),
        (_LEAKY, (500, "internal_error")),
    ],
    ids=["down", "breaks"],
)
async def test_backend(
    inside: InProcess, capture: Capture, error: Exception, told: tuple[int, str], stream: bool
) -> None:
    """A backend that fails gives a typed error, and the outcome says so."""
    async with inside.asking(backends={"gpu": BrokenBackend(error)}) as client:
        answer = await chat(client, ANNA.letter, stream=stream)
    assert_refused(answer, capture, told)
    intent, outcome = inside.entries(answer.headers["x-request-id"])
    assert kinds([intent, outcome]) == [EntryType.INTENT, EntryType.OUTCOME]
    assert outcome.record.result is not None
    assert (outcome.record.result.status, outcome.record.result.code) == told


async def test_logs_of_failures_hold_no_original(
    inside: InProcess, capture: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    """A part that puts the prompt into its exception does not get it into a log line or a record."""
    fakes: list[dict[str, Any]] = [
        {"authenticator": BrokenIdentity(_LEAKY)},
        {"directory": BrokenDirectory()},
        {"policy": BrokenPolicy(_LEAKY)},
        {"scanner": Scanner(redactor_with(BrokenDetector("raises")))},
        {"recorder": BrokenRecorder(_LEAKY)},
        {"backends": {"gpu": BrokenBackend(_LEAKY)}},
    ]
    caplog.set_level("DEBUG")
    for fake in fakes:
        async with inside.asking(**fake) as client:
            assert (await chat(client, ANNA.letter)).status_code >= 500
    assert traces(ANNA.values, caplog.text.encode()) == []
    database = inside.built.settings.state_dir / "audit.db"
    for path in database.parent.iterdir():
        assert traces(ANNA.values, path.read_bytes()) == []

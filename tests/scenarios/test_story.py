import re

import openai
import pytest

from audit.entry import EntryType
from tests.scenarios import replies
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import MODEL
from tests.scenarios.conftest import Connect
from tests.scenarios.conversation import ask_streamed, user
from tests.scenarios.people import ANNA, traces
from tests.scenarios.running import RunningGateway, custody, kinds

# The documentation's own example key of a large cloud; it opens nothing.
_CLOUD_KEY = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize("department", ["retail", "product"])
def test_ordinary_day(gateway: RunningGateway, capture: Capture, connect: Connect, department: str) -> None:
    """A letter leaves redacted, comes back whole, and leaves two records and a receipt that verifies."""
    capture.script = replies.echo
    raw = connect(gateway, department).chat.completions.with_raw_response.create(
        model=MODEL, messages=[user(ANNA.letter)]
    )
    answer = raw.parse()
    assert answer.choices[0].message.content == f"You wrote: {ANNA.letter}"
    assert answer.model == MODEL
    assert len(capture.prompts) == 1
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []
    intent, outcome = gateway.entries(raw.headers["x-request-id"])
    assert (intent.record.type, outcome.record.type) == (EntryType.INTENT, EntryType.OUTCOME)
    assert outcome.record.intent == intent.id
    assert intent.record.decision is not None
    assert intent.record.decision.id == raw.headers["x-custody-decision-id"]
    assert intent.record.decision.policy_revision == raw.headers["x-custody-policy-revision"]
    verified = custody(
        "audit", "verify", "--database", str(gateway.database), "--receipt", raw.headers["x-custody-receipt"]
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_ordinary_day_streamed(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """The same letter comes back whole when the answer is streamed one character at a time."""
    capture.script = replies.echo
    gathered = ask_streamed(connect(gateway), ANNA.letter)
    assert gathered.text == f"You wrote: {ANNA.letter}"
    assert gathered.finishes == ["stop"]
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []


def test_refusal_that_helps(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """Who may know the asset learns which rule of which owner refused and how to ask; nothing is sent."""
    with pytest.raises(openai.PermissionDeniedError) as refused:
        connect(gateway).chat.completions.create(
            model="support-tone",
            messages=[user(ANNA.letter)],
            extra_headers={"x-custody-class": "confidential"},
        )
    error = refused.value
    assert isinstance(error.body, dict)
    assert error.code == "access_denied"
    assert re.search(r"product", error.body["rule"])
    assert error.body["owner_contact"] == "product-ai@northwind.example"
    assert error.body["remedy"]
    assert capture.prompts == []
    (denied,) = gateway.entries(error.request_id or "")
    assert denied.record.type is EntryType.DENIED
    assert denied.record.decision is not None
    assert denied.record.decision.effect == "deny"


def test_leak_that_does_not_happen(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """A credential in a prompt stops the call before the model, and the record says so by kind alone."""
    with pytest.raises(openai.PermissionDeniedError) as refused:
        connect(gateway, "product").chat.completions.create(
            model=MODEL, messages=[user(f"Why does aws_access_key_id={_CLOUD_KEY} not work?")]
        )
    assert capture.prompts == []
    assert kinds(gateway.entries(refused.value.request_id or "")) == [EntryType.DENIED]
    (denied,) = gateway.entries(refused.value.request_id or "")
    assert denied.record.redaction is not None
    assert sum(denied.record.redaction.counts.values()) >= 1
    assert _CLOUD_KEY.encode() not in gateway.database.read_bytes()


def test_forbidden_and_unknown_look_alike(gateway: RunningGateway, connect: Connect) -> None:
    """An asset that the caller may not discover answers exactly as one that does not exist."""
    bodies = []
    for model in ("support-tone", "no-such-model"):
        with pytest.raises(openai.NotFoundError) as refused:
            connect(gateway, "legal").chat.completions.create(model=model, messages=[user("hello")])
        assert isinstance(refused.value.body, dict)
        bodies.append({**refused.value.body, "request_id": ""})
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "model_not_found"

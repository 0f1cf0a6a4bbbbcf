"""An OPA server that is down or talks nonsense lets nothing through."""

from collections.abc import Iterator

import orjson
import pytest

from audit.entry import EntryType
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Received, Reply
from tests.scenarios.configuration import Shape
from tests.scenarios.people import ANNA, traces
from tests.scenarios.running import RunningGateway, kinds

_REASON = {
    "code": "agreed",
    "effect": "allow",
    "department": "it",
    "package": "custody.departments.it",
    "rule": "allow",
    "message_user": "",
    "message_admin": "",
    "remedy": "",
    "owner_contact": "",
}
_ALLOWED = {
    "allow": True,
    "obligations": {"prompt": {"*": "replace"}, "reply": {"*": "keep"}},
    "reasons": [_REASON],
}
_REVISION = {"bundles": {"custody": {"revision": "r1"}}}


@pytest.fixture(scope="module")
def opa() -> Iterator[Capture]:
    """A double of an OPA server."""
    server = Capture()
    yield server
    server.close()


@pytest.fixture(scope="module")
def ruled(
    opa: Capture, capture_server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway that asks that server."""
    shape = Shape(policy=('kind = "opa"', f"port = {opa.port}", "timeout_s = 1.0"))
    running = RunningGateway(tmp_path_factory.mktemp("opa"), capture_server.url, shape)
    yield running.await_ready()
    running.close()


def _says(result: object, **more: object) -> Reply:
    return Reply((orjson.dumps({"result": result, "provenance": _REVISION, **more}),))


NONSENSE = {
    "down": Reply(end="reset"),
    "hangs": Reply(end="hang"),
    "half an answer": Reply((b'{"result": {"allow": true',), end="cut"),
    "error": Reply((b'{"code": "internal_error", "message": "conflict"}',), status=500),
    "not JSON": Reply((b"allow",)),
    "a list": Reply((b"[true]",)),
    "undefined": Reply((orjson.dumps({"provenance": _REVISION}),)),
    "no revision": Reply((orjson.dumps({"result": _ALLOWED}),)),
    "bare true": _says(result=True),
    "allow as text": _says({**_ALLOWED, "allow": "true"}),
    "allow as number": _says({**_ALLOWED, "allow": 1}),
    "unknown operator": _says({**_ALLOWED, "obligations": {"prompt": {"*": "whisper"}, "reply": {}}}),
    "unknown obligation": _says(
        {**_ALLOWED, "obligations": {"prompt": {}, "reply": {}, "notify": "someone"}}
    ),
    "no obligations": _says({"allow": True, "reasons": []}),
}


@pytest.mark.parametrize("fault", NONSENSE)
def test_nonsense_denies(ruled: RunningGateway, opa: Capture, capture: Capture, fault: str) -> None:
    """Whatever is no decision of the contract is 503 policy_unavailable, on record; nothing is forwarded."""
    opa.reset()
    opa.script = lambda _request: NONSENSE[fault]
    answer = wire.post(ruled, wire.body(ANNA.letter))
    assert (answer.status, answer.error["code"]) == (503, "policy_unavailable")
    assert capture.seen.wire == b""
    assert kinds(ruled.entries(answer.request_id)) == [EntryType.DENIED]
    assert len(opa.seen.requests) == 1


def test_policy_sees_counts_and_no_value(ruled: RunningGateway, opa: Capture, capture: Capture) -> None:
    """The policy server decides on counts by entity type; no original and no key reaches it."""
    opa.reset()
    opa.script = lambda _request: _says(_ALLOWED)
    capture.script = replies.echo
    answer = wire.post(ruled, wire.body(ANNA.letter))
    assert answer.status == 200, answer.content
    asked: Received = opa.seen.requests[0]
    assert asked.json["input"]["context"]["findings"]["EMAIL_ADDRESS"] == 1
    assert traces(ANNA.values, bytes(opa.seen.wire)) == []
    assert ruled.key("retail").encode() not in opa.seen.wire

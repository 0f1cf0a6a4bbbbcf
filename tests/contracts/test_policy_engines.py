import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_socket import enable_socket

from gateway.bundled import policies
from gateway.domain import (
    AccessRequest,
    Action,
    CallContext,
    DataClass,
    Grant,
    Resource,
    Right,
    Rights,
    Subject,
)
from gateway.errors import PolicyUnavailable
from gateway.pdp import embedded, live, opa
from gateway.pdp.base import PolicyEngine
from gateway.pdp.checks import ENTRY_POINT, check
from gateway.pdp.gate import inputs_of_tests, recombined
from gateway.pdp.lifecycle.signing import new_signing_key, read_signing_key
from gateway.pdp.rego import CompiledPolicy, Interpreter
from gateway.pdp.source import read_source
from gateway.plugins import kinds
from tests.bundle_double import BundleDouble
from tests.memory_feed import MemoryFeed

KINDS = ("embedded", "live", "opa", "remote")

pytestmark = pytest.mark.enable_socket


def letter() -> AccessRequest:
    """Retail's service asks support-tone about a customer's letter."""
    return AccessRequest(
        Subject("s-1", "service", "retail"),
        Action.CHAT,
        Resource(
            "support-tone",
            "adapter",
            "northwind-base",
            "support-tone",
            {"accountable_owner": "product", "custodian": "it"},
            DataClass.INTERNAL,
            base_model_owner="it",
        ),
        CallContext(
            "complaint-triage", "", DataClass.INTERNAL, {"PERSON": 1}, {}, {}, "2026-07-01T10:00:00.000Z"
        ),
    )


def free_port() -> int:
    """A port on the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def opa_tool() -> str:
    """Open Policy Agent's command."""
    found = shutil.which("opa")
    if found is None:
        pytest.skip("needs `opa` 1.21.3 or newer on the PATH (openpolicyagent.org)")
    return found


@pytest.fixture(scope="module")
def opa_port(opa_tool: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real OPA server that has the shipped policies in force as a bundle."""
    enable_socket()
    bundle, port = tmp_path_factory.mktemp("opa") / "bundle.tar.gz", free_port()
    revision = read_source(policies()).revision
    subprocess.run(
        [
            opa_tool,
            "build",
            "-b",
            str(policies()),
            "--ignore",
            "*_test.rego",
            "-r",
            revision,
            "-o",
            str(bundle),
        ],
        check=True,
    )
    command = [
        opa_tool,
        "run",
        "--server",
        "--addr",
        f"127.0.0.1:{port}",
        "--log-level",
        "error",
        "-b",
        str(bundle),
    ]
    with subprocess.Popen(command) as server:
        try:
            wait_until_healthy(port)
            yield port
        finally:
            server.terminate()


def wait_until_healthy(port: int) -> None:
    """Return once the server answers; raises after a minute."""
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


async def following() -> PolicyEngine:
    """An engine that follows a feed in which the shipped policies are in force."""
    feed = MemoryFeed(read_signing_key(new_signing_key()))
    feed.activate(feed.store(read_source(policies())))
    built = live.build(live.Options(gate_inputs=0))
    await built.follow(feed)
    return built


@asynccontextmanager
async def followed(folder: Path) -> AsyncIterator[PolicyEngine]:
    """An engine that follows a bundle service in which the shipped policies are in force."""
    service = BundleDouble(read_signing_key(new_signing_key(), "key-1"))
    service.serve(read_source(policies()))
    async with service.running() as url:
        built = service.follower(url, folder)
        await built.start()
        yield built
        await built.aclose()


@pytest.fixture(params=KINDS)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PolicyEngine]:
    """Each engine over the shipped policies."""
    if request.param == "remote":
        async with followed(tmp_path) as remote:
            yield remote
        return
    if request.param == "embedded":
        built: PolicyEngine = embedded.build(embedded.Options(gate_inputs=0))
    elif request.param == "live":
        built = await following()
    else:
        built = opa.build(opa.Options(port=request.getfixturevalue("opa_port"), timeout_s=10))
    yield built
    await built.aclose()


def test_every_engine_has_a_case() -> None:
    """A new engine file does not go without this suite."""
    assert kinds("gateway.pdp") == KINDS


async def test_allow_with_obligations(engine: PolicyEngine) -> None:
    """An allowed call comes with operators for every type, reasons, an id and the revision in force."""
    decision = await engine.decide(letter())
    assert decision.allow
    assert "*" in decision.obligations.prompt
    assert decision.deciding is not None
    assert decision.id
    assert decision.policy_revision == engine.revision == read_source(policies()).revision


async def test_deny_with_a_way_out(engine: PolicyEngine) -> None:
    """A refusal names the owner's rule first."""
    decision = await engine.decide(with_class(letter(), DataClass.CONFIDENTIAL))
    assert not decision.allow
    assert decision.deciding is not None
    assert (decision.deciding.department, decision.deciding.rule) == ("product", "confidential_needs_grant")


def with_class(request: AccessRequest, declared: DataClass) -> AccessRequest:
    """The same request about data of another class."""
    context = CallContext(request.context.use_case, "", declared, {}, {}, {}, request.context.time)
    return AccessRequest(request.subject, request.action, request.resource, context)


def ask_opa(port: int, asked: Any) -> Any:
    """OPA's own answer, by a plain POST."""
    url = f"http://127.0.0.1:{port}/v1/{ENTRY_POINT.replace('.', '/')}"
    body = json.dumps({"input": asked}).encode()
    call = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(call, timeout=10) as answer:  # noqa: S310 (our own loopback URL)
        return json.load(answer).get("result", "undefined")


class Forms:
    """The two forms of the shipped policy in process."""

    def __init__(self) -> None:
        self.policy = check(read_source(policies()))
        source = self.policy.source
        self.interpreter = Interpreter(source.modules, source.data)
        self.compiled = CompiledPolicy(source.modules, source.data, ENTRY_POINT)

    def agree(self, port: int, asked: Any) -> bool:
        """Whether OPA and both forms give one answer."""
        text = json.dumps(asked)
        answers = (
            ask_opa(port, asked),
            self.compiled.evaluate(text),
            self.interpreter.evaluate(ENTRY_POINT, text),
        )
        return bool(answers[0] == answers[1] == answers[2])


@pytest.fixture(scope="module")
def forms() -> Forms:
    """Both forms in process, built once."""
    return Forms()


def test_opa_agrees_on_every_tested_input(opa_port: int, forms: Forms) -> None:
    """OPA, the interpreter and the compiled form answer alike on all inputs of shipped tests and mixes."""
    tested = inputs_of_tests(forms.policy)
    assert len(tested) > 50
    assert [asked for asked in (*tested, *recombined(tested, 300)) if not forms.agree(opa_port, asked)] == []


DEPARTMENTS = st.sampled_from(["it", "product", "retail", "legal", "audit", "security", "nobody", ""])
CLASSES = st.sampled_from(list(DataClass))
USE_CASES = st.sampled_from(
    ["", "complaint-triage", "support-drafting", "it-helpdesk", "contract-review", "other"]
)
TIMES = st.sampled_from(
    ["2026-07-01T10:00:00Z", "2026-07-01T10:00:00.5Z", "2027-01-01T00:00:00.000Z", "2100-02-28T23:59:59Z"]
)
COUNTS = st.dictionaries(
    st.sampled_from(["PERSON", "aws", "contracts", "mystery", "ä"]), st.integers(1, 9), max_size=2
)
GRANTS = st.lists(
    st.builds(Grant, DEPARTMENTS.filter(bool), st.sampled_from(list(Right)), CLASSES, TIMES, USE_CASES),
    max_size=2,
).map(tuple)
REQUESTS = st.builds(
    AccessRequest,
    st.builds(Subject, st.just("s"), st.sampled_from(["person", "service"]), DEPARTMENTS),
    st.sampled_from(list(Action)),
    st.builds(
        Resource,
        st.sampled_from(["northwind-base", "support-tone", "other"]),
        st.sampled_from(["base_model", "adapter", "dataset"]),
        st.sampled_from(["northwind-base", "", "other"]),
        st.sampled_from(["", "support-tone"]),
        st.builds(lambda owner: {"accountable_owner": owner}, DEPARTMENTS),
        CLASSES,
        st.booleans(),
        base_model_owner=DEPARTMENTS,
        disputed_by=st.lists(DEPARTMENTS.filter(bool), max_size=2).map(tuple),
        suspended_by=st.sampled_from(["", "dispute-1"]),
    ),
    st.builds(
        CallContext,
        USE_CASES,
        st.just(""),
        CLASSES,
        COUNTS,
        COUNTS,
        COUNTS,
        TIMES,
        rights=st.builds(Rights, GRANTS, GRANTS, st.integers(0, 2**53)),
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REQUESTS)
def test_opa_agrees_on_generated_requests(opa_port: int, forms: Forms, request_made: AccessRequest) -> None:
    """OPA, the interpreter and the compiled form answer alike on whatever the gateway can ask."""
    assert forms.agree(opa_port, request_made.to_input())


@pytest.mark.parametrize("command", [["check", "--strict"], ["fmt", "--fail", "--list"], ["test"]])
def test_opas_own_tools_take_the_policies(opa_tool: str, command: list[str]) -> None:
    """Authors can use OPA's own check, formatter and test runner on the shipped folder."""
    done = subprocess.run([opa_tool, *command, str(policies())], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[int]:
    """Something that listens where an OPA server should."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield port
    finally:
        await runner.cleanup()


def answering(body: str, status: int = 200, content_type: str = "application/json") -> Handler:
    """A server that gives one answer to everything."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(text=body, status=status, content_type=content_type)

    return handle


SOUND: dict[str, Any] = {
    "allow": True,
    "obligations": {"prompt": {"*": "replace"}, "reply": {"*": "keep"}},
    "reasons": [{"code": "c", "effect": "allow", "department": "d", "package": "p", "rule": "r"}],
}


def bundles(**revisions: str) -> dict[str, Any]:
    """Provenance that names these bundles."""
    return {"bundles": {name: {"revision": revision} for name, revision in revisions.items()}}


@pytest.mark.parametrize(
    ("body", "status", "content_type"),
    [
        ("{}", 200, "application/json"),
        ("null", 200, "application/json"),
        ("[]", 200, "application/json"),
        ("{", 200, "application/json"),
        ("[" * 100_000, 200, "application/json"),
        (json.dumps({"result": {}}), 200, "application/json"),
        (json.dumps({"result": True}), 200, "application/json"),
        (json.dumps({"result": SOUND | {"allow": "true"}}), 200, "application/json"),
        (json.dumps({"result": SOUND}), 200, "text/html"),
        (json.dumps({"result": SOUND}), 401, "application/json"),
        (json.dumps({"result": SOUND}), 500, "application/json"),
        (json.dumps({"result": SOUND}), 503, "application/json"),
    ],
)
async def test_anything_but_a_decision_denies(body: str, status: int, content_type: str) -> None:
    """Undefined, garbage, errors and near misses from the server all deny as unavailable."""
    async with server(answering(body, status, content_type)) as port:
        engine = opa.build(opa.Options(port=port, revision="r1"))
        with pytest.raises(PolicyUnavailable):
            await engine.decide(letter())
        await engine.aclose()


async def test_a_failed_evaluation_is_asked_once() -> None:
    """A 500, such as conflicting rules, is not repeated for most of a second."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=500)

    async with server(handle) as port:
        engine = opa.build(opa.Options(port=port, revision="r1"))
        with pytest.raises(PolicyUnavailable):
            await engine.decide(letter())
        await engine.aclose()
    assert asked == ["/v1/data/custody/access/decision"]


async def test_a_silent_server_denies() -> None:
    """A server that does not answer in time denies."""
    hang = anyio.Event()

    async def handle(_: web.Request) -> web.Response:
        await hang.wait()
        return web.Response()

    async with server(handle) as port:
        engine = opa.build(opa.Options(port=port, revision="r1", timeout_s=0.2))
        with pytest.raises(PolicyUnavailable):
            await engine.decide(letter())
        await engine.aclose()
        hang.set()


async def test_no_server_denies() -> None:
    """Nobody listening denies, and so does plain HTTP where TLS is asked for."""
    engine = opa.build(opa.Options(port=free_port(), revision="r1"))
    with pytest.raises(PolicyUnavailable):
        await engine.decide(letter())
    await engine.aclose()
    async with server(answering(json.dumps({"result": SOUND}))) as port:
        engine = opa.build(opa.Options(port=port, tls=True, revision="r1"))
        with pytest.raises(PolicyUnavailable):
            await engine.decide(letter())
        await engine.aclose()


async def test_the_token_goes_along_and_stays_hidden() -> None:
    """The server gets the bearer token, and no repr shows it."""
    seen: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.headers["authorization"])
        return web.json_response({"result": SOUND})

    async with server(handle) as port:
        options = opa.Options.model_validate({"port": port, "token": "s3cret", "revision": "r1"})
        engine = opa.build(options)
        assert (await engine.decide(letter())).allow
        await engine.aclose()
    assert seen == ["Bearer s3cret"]
    assert "s3cret" not in repr(options)


@pytest.mark.parametrize(
    ("version", "taken"),
    [
        ("1.21.3", True),
        ("1.22.2", True),
        ("v2.0.0-rc1", True),
        ("1.21.2", False),
        ("0.70.0", False),
        ("newest", False),
    ],
)
async def test_an_old_server_is_refused(version: str, taken: bool) -> None:
    """OPA before 1.21.3 may have taken a bundle that nobody signed; what cannot say its age is no better."""
    provenance = {"version": version, **bundles(main="r1")}
    async with server(answering(json.dumps({"result": SOUND, "provenance": provenance}))) as port:
        engine = opa.build(opa.Options(port=port))
        if taken:
            assert (await engine.decide(letter())).allow
        else:
            with pytest.raises(PolicyUnavailable) as caught:
                await engine.decide(letter())
            assert "1.21.3" in str(caught.value.reason_admin)
        await engine.aclose()


@pytest.mark.parametrize(
    ("provenance", "bundle", "pinned", "expected"),
    [
        (bundles(main="r1"), "", "", "r1"),
        (bundles(main="r1", other="r2"), "other", "", "r2"),
        (bundles(main="r1"), "", "r1", "r1"),
        (None, "", "r1", "r1"),
        (bundles(main="r1", other="r2"), "", "", None),
        (bundles(main="r1"), "other", "", None),
        (bundles(main="r1"), "", "r0", None),
        ({"version": "1.22.2"}, "", "", None),
        (None, "", "", None),
    ],
)
async def test_the_revision_is_known_or_there_is_no_decision(
    provenance: Any, bundle: str, pinned: str, expected: str | None
) -> None:
    """A decision names the revision that gave it; with none known, or another pinned, there is none."""
    body = json.dumps({"result": SOUND, "provenance": provenance})
    async with server(answering(body)) as port:
        engine = opa.build(opa.Options(port=port, bundle=bundle, revision=pinned))
        if expected is None:
            with pytest.raises(PolicyUnavailable):
                await engine.decide(letter())
        else:
            assert (await engine.decide(letter())).policy_revision == expected
        await engine.aclose()


def test_the_library_never_rewrites_a_policy() -> None:
    """No code of ours uploads a policy through the client, whose default rewrites what OPA rejects."""
    texts = [path.read_text("utf-8") for path in Path(opa.__file__).parent.glob("*.py")]
    assert not any("update_policy" in text for text in texts)

"""A rule is edited, fails its test, is mended, replayed, shadowed, activated by two, taken back."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from audit.entry import Entry, EntryType
from gateway.bundled import policies
from gateway.pdp.lifecycle.bundle import policy_files
from gateway.pdp.lifecycle.signing import read_signing_key
from gateway.pdp.source import read_source
from tests.benchmarks import decision_log
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.running import RunningGateway, custody

_PATIENCE_S = 20
_MANY = 100_000  # recorded decisions that the candidate is held against
_PEOPLE = """
[[identity.principals]]
id = "security-author"
kind = "person"
department = "security"
roles = ["policy-author"]

[[identity.principals]]
id = "security-lead"
kind = "person"
department = "security"
roles = ["policy-approver"]

[[identity.principals]]
id = "security-deputy"
kind = "person"
department = "security"
roles = ["policy-approver"]

[[identity.principals]]
id = "opa-server"
department = "it"
roles = ["policy-reader"]

[control]
two_people = ["policy.activate"]
"""
_RULE = '\tinput.action.name in conversational\n\tclasses.within(input.context.declared_class, "internal")\n'
_DEPARTMENTS = '["it", "product", "retail", "legal", "audit"]'


@dataclass(frozen=True, slots=True)
class Company:
    """A gateway that follows the policy in force, and the folder that security edits."""

    gateway: RunningGateway
    folder: Path

    def run(self, command: str, *arguments: str, by: str = "") -> "subprocess.CompletedProcess[str]":
        """``custody policy COMMAND`` with the gateway's settings."""
        who = ["--as", by] if by else []
        return custody("policy", command, *arguments, *who, "--config", str(self.gateway.settings))

    def told(self, command: str, *arguments: str, by: str = "") -> dict[str, Any]:
        """The same for what must succeed, with what it says as JSON."""
        done = self.run(command, *arguments, "--json", by=by)
        assert done.returncode == 0, done.stdout + done.stderr
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts

    def build(self) -> str:
        """Stores the folder as it stands; the revision."""
        files = {name: text.decode() for name, text in policy_files(read_source(self.folder)).items()}
        return str(self.api("security-author", "/policies", {"files": files})["revision"])

    def active(self) -> str:
        """The revision in force, as an answer names it."""
        return self.ask("it").headers["x-custody-policy-revision"]

    def ask(self, department: str, **headers: str) -> wire.Answer:
        """One call of a department."""
        key = self.gateway.key(department)
        return _http(self.gateway, "POST", "/v1/chat/completions", key, wire.body(), **headers)

    def api(self, principal: str, path: str, body: object) -> dict[str, Any]:
        """One request to the control API: a POST if there is a body."""
        keys = orjson.loads((self.gateway.state / "keys.json").read_bytes())
        sent = None if body is None else orjson.dumps(body)
        method = "GET" if sent is None else "POST"
        answer = _http(self.gateway, method, f"/api/v1{path}", keys[principal], sent)
        assert answer.status in {200, 201, 202}, answer.content
        facts: dict[str, Any] = orjson.loads(answer.content)
        return facts

    def recorded(self, kind: EntryType) -> list[Entry]:
        """What is on record of one kind."""
        return [entry for entry in self.gateway.entries() if entry.record.type is kind]


@pytest.fixture(scope="module")
def company(capture_server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The company, with a copy of the policies to edit."""
    place = tmp_path_factory.mktemp("life")
    for name, content in policy_files(read_source(policies())).items():
        path = place / "policies" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shape = Shape(detectors=("secrets",), policy=('kind = "live"',), more=_PEOPLE)
    running = RunningGateway(place, capture_server.url, shape)
    yield Company(running.await_ready(), place / "policies")
    running.close()


def _http(
    gateway: RunningGateway, method: str, path: str, key: str, body: bytes | None, **headers: str
) -> wire.Answer:
    sent = {"authorization": f"Bearer {key}", "content-type": "application/json", **headers}
    request = urllib.request.Request(f"{gateway.url}{path}", body, sent, method=method)  # noqa: S310 - our own loopback address
    opener = urllib.request.build_opener(_Plain)
    with opener.open(request, timeout=_PATIENCE_S) as answer:
        return wire.Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())


class _Plain(urllib.request.HTTPErrorProcessor):
    """A refusal is an answer like any other."""

    def http_response(self, request: Any, response: Any) -> Any:
        """As it came."""
        return response


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new), "utf-8")


def test_from_an_edit_to_a_policy_that_two_people_put_into_force(
    company: Company, capture: Capture, tmp_path: Path
) -> None:
    """A rule reaches everybody only after its tests, a replay, a shadow and two people, on record."""
    capture.script = replies.echo
    before = [company.ask(department) for department in ("retail", "product", "it")]
    assert [answer.status for answer in before] == [200, 200, 200]
    seed = before[0].headers["x-custody-policy-revision"]
    _mend_after_a_failing_test(company)
    _replayed(company, tmp_path)
    revision = str(company.told("build", "--policies", str(company.folder), by="security-author")["revision"])
    assert company.build() == revision
    _shadowed(company, revision, seed)
    proposed = company.told("activate", revision, "--expected", seed, by="security-lead")
    assert company.ask("product").headers["x-custody-policy-revision"] == seed
    company.api("security-deputy", f"/proposals/{proposed['proposal']}/consent", {})
    _until(lambda: company.ask("retail").headers["x-custody-policy-revision"] == revision)
    refused = company.ask("product")
    assert (refused.status, company.ask("retail").status) == (403, 200)
    activated = company.recorded(EntryType.POLICY_ACTIVATED)[-1].record
    assert (activated.detail["policy"], activated.detail["previous"]) == (revision, seed)
    assert activated.actor is not None
    assert activated.detail["approved_by"] not in {"", activated.actor.id}
    _explained(company, refused)
    _proved(company, revision)
    status = company.told("status")
    assert [replica["well"] for replica in status["replicas"]] == [True]


def _mend_after_a_failing_test(company: Company) -> None:
    rules = company.folder / "departments" / "it"
    _edit(rules / "base_model.rego", _RULE, f'{_RULE}\tinput.subject.department != "product"\n')
    failed = custody("policy", "test", "--policies", str(company.folder))
    assert failed.returncode == 1
    assert "test_every_department_may_chat_up_to_internal" in failed.stdout + failed.stderr
    _edit(rules / "base_model_test.rego", _DEPARTMENTS, _DEPARTMENTS.replace('"product", ', ""))
    mended = custody("policy", "test", "--policies", str(company.folder))
    assert mended.returncode == 0, mended.stdout + mended.stderr


def _replayed(company: Company, folder: Path) -> None:
    """The candidate takes one call from product, and of a hundred thousand others product's alone."""
    own = company.told("replay", "--policies", str(company.folder), by="security-author")
    assert (own["counts"]["log"], own["counts"]["allow to deny"]) == (3, 1)
    decision_log.build(calls=_MANY, folder=folder)
    page = folder / "flips.html"
    read = ("--database", str(folder / "audit.db"), "--html", str(page), "--json")
    done = custody("policy", "replay", "--policies", str(company.folder), *read, timeout_s=600)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    counts = told["counts"]
    assert counts["log"] >= _MANY
    assert (counts["error"], counts["unreplayable"], counts["deny to allow"]) == (0, 0, 0)
    assert counts["allow to deny"] > 0
    assert {(flip["department"], flip["asset"]) for flip in told["flips"]} == {("product", "northwind-base")}
    assert f"{counts['allow to deny']:,}" in page.read_text("utf-8")


def _proved(company: Company, revision: str) -> None:
    """What the policy in force decided is proved from the record and the store, without any folder."""
    proved = company.told("replay", "--verify", "--policy", revision[:8], by="security-author")
    assert proved["candidate"]["revision"] == revision
    assert proved["counts"]["unchanged"] > 0
    assert (proved["counts"]["changed"], proved["counts"]["error"]) == (0, 0)


def _shadowed(company: Company, revision: str, seed: str) -> None:
    company.api("security-author", f"/policies/{revision}/shadow", {})
    _until(lambda: "shadow" in str(company.api("security-author", "/replicas", None)))
    for department in ("retail", "product", "product"):
        assert company.ask(department).headers["x-custody-policy-revision"] == seed
    company.api("security-author", "/policies/stop-shadow", {})
    _until(lambda: bool(company.recorded(EntryType.POLICY_SHADOW_REPORTED)))
    (report,) = company.recorded(EntryType.POLICY_SHADOW_REPORTED)
    assert (report.record.detail["policy"], report.record.detail["asked"]) == (revision, 3)
    (difference,) = report.record.detail["differences"]  # type: ignore[misc, union-attr]  # a list of one
    assert difference["how"] == "allow_to_deny"  # type: ignore[call-overload, index]  # an object
    assert (difference["department"], difference["count"]) == ("product", 2)  # type: ignore[call-overload, index]  # as above


def _explained(company: Company, refused: wire.Answer) -> None:
    explained = company.run("explain", refused.request_id, by="security-author")
    assert explained.returncode == 0, explained.stdout + explained.stderr
    assert "custody.departments.it" in explained.stdout


def test_a_bad_canary_rolls_itself_back(company: Company, capture: Capture) -> None:
    """A candidate without an answer for some real calls harms nobody, ends by itself, and is on record."""
    capture.script = replies.echo
    active = company.active()
    main = company.folder / "main.rego"
    _edit(main, "decision := consent if allow\n", _NO_NIGHT)
    revision = company.build()
    terms = {"percent": 100, "least": 3, "max_error_percent": 10}
    company.api("security-lead", f"/policies/{revision}/canary", {"terms": terms})
    _until(lambda: company.active() == revision)
    night = {"x-custody-purpose": "night-shift"}
    answers = [company.ask("it", **night) for _ in range(40)]
    assert {answer.status for answer in answers} == {200}
    _until(lambda: bool(company.recorded(EntryType.POLICY_CANARY_ENDED)))
    (ended,) = company.recorded(EntryType.POLICY_CANARY_ENDED)
    assert (ended.record.detail["policy"], ended.record.detail["why"]) == (revision, "errors")
    assert company.api("security-lead", f"/policies/{revision}", None)["canary"] is None
    assert company.active() == active


_NO_NIGHT = 'decision := consent if {\n\tallow\n\tinput.context.purpose != "night-shift"\n}\n'


def test_one_command_takes_an_activation_back(company: Company, capture: Capture) -> None:
    """A rollback needs one person and one command, and product is served again."""
    capture.script = replies.echo
    present = company.active()
    done = company.told("rollback", "--expected", present, by="security-lead")
    _until(lambda: company.ask("product").status == 200)
    assert company.ask("product").headers["x-custody-policy-revision"] == done["revision"] != present


def test_a_real_opa_server_follows(company: Company, capture: Capture, tmp_path: Path) -> None:
    """OPA polls our bundle service with verification on, and has each activation in force."""
    tool = shutil.which("opa")
    if tool is None:
        pytest.skip("needs `opa` 1.21.3 or newer on the PATH (openpolicyagent.org)")
    capture.script = replies.echo
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (tmp_path / "opa.json").write_bytes(orjson.dumps(_opa_settings(company)))
    with (tmp_path / "log").open("wb") as log:
        command = [tool, "run", "--server", "--addr", f"127.0.0.1:{port}", "-c", str(tmp_path / "opa.json")]
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        active = company.active()
        _until(lambda: _opa_revision(port) == active)
        (company.folder / "main.rego").write_bytes(read_source(policies()).files["main.rego"] + b"# anew\n")
        revision = company.build()
        proposed = company.api("security-lead", f"/policies/{revision}/activate", {})
        company.api("security-deputy", f"/proposals/{proposed['proposal']}/consent", {})
        _until(lambda: _opa_revision(port) == revision)
    finally:
        server.kill()
        server.wait()


def _opa_settings(company: Company) -> dict[str, object]:
    keys = orjson.loads((company.gateway.state / "keys.json").read_bytes())
    key = read_signing_key((company.gateway.state / "policy.key").read_bytes())
    polling = {"min_delay_seconds": 1, "max_delay_seconds": 2, "long_polling_timeout_seconds": 10}
    service = {"url": company.gateway.url, "credentials": {"bearer": {"token": keys["opa-server"]}}}
    bundle = {
        "service": "custody",
        "resource": "bundles/custody",
        "polling": polling,
        "signing": {"keyid": key.id, "scope": "default"},
    }
    verifying = {key.id: {"algorithm": key.algorithm, "key": key.public.pem}}
    return {"services": {"custody": service}, "bundles": {"custody": bundle}, "keys": verifying}


def _opa_revision(port: int) -> str:
    """The revision that OPA decides by; empty before there is one."""
    url = f"http://127.0.0.1:{port}/v1/data/custody/access/decision?provenance=true"
    request = urllib.request.Request(
        url, b'{"input": {}}', {"content-type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
            told = json.loads(answer.read())
    except OSError:
        return ""
    return str(told.get("provenance", {}).get("bundles", {}).get("custody", {}).get("revision", ""))


def test_every_decision_was_by_a_policy_that_was_in_force(company: Company) -> None:
    """From the log alone: each call was decided by what was active, or a canary, at that point."""
    allowed: set[str] = set()
    for entry in company.gateway.entries():
        record = entry.record
        if record.type in {EntryType.POLICY_ACTIVATED, EntryType.POLICY_ROLLED_BACK}:
            allowed = {str(record.detail["policy"]), str(record.detail["previous"])}
        elif record.type is EntryType.POLICY_CANARY:
            allowed.add(str(record.detail["policy"]))
        elif record.decision is not None:
            assert record.decision.policy_revision in allowed


def test_a_replica_that_stops_is_off_the_list(company: Company) -> None:
    """A gateway that stops says so: status knows no replica any more, and what is in force stays."""
    assert company.gateway.stop() == 0
    status = company.told("status")
    assert status["replicas"] == []
    assert status["active"] is not None

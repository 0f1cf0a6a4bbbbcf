"""Promise 7: a decision can be re-executed from its record, by somebody who trusts nobody's word for it."""

import shutil
from pathlib import Path

import orjson
import pytest
from pytest_socket import enable_socket

from audit.entry import EntryType
from gateway.bundled import policies
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture
from tests.scenarios.people import ANNA
from tests.scenarios.running import RunningGateway, custody

_LETTER = wire.body(ANNA.letter)


@pytest.fixture(scope="module")
def stopped(capture_server: Capture, tmp_path_factory: pytest.TempPathFactory) -> RunningGateway:
    """A gateway that let two calls through, refused one, and had one that no policy was asked about."""
    enable_socket()
    capture_server.reset()
    capture_server.script = replies.echo
    running = RunningGateway(tmp_path_factory.mktemp("decided"), capture_server.url)
    try:
        running.await_ready()
        assert wire.post(running, _LETTER).status == 200
        assert wire.post(running, _LETTER).status == 200
        assert wire.post(running, _LETTER, headers=["x-custody-class: restricted"]).status == 403
        assert wire.post(running, wire.body(model="nothing-of-this-name")).status == 404
    finally:
        running.close()
    return running


def _verified(gateway: RunningGateway, folder: Path) -> tuple[int, dict[str, int]]:
    arguments = ("--verify", "--json", "--policies", str(folder), "--as", "legal-counsel")
    ran = custody("policy", "replay", *arguments, "--config", str(gateway.settings), timeout_s=250)
    return ran.returncode, orjson.loads(ran.stdout)["counts"]


def test_an_auditor_recomputes_each_verdict(stopped: RunningGateway) -> None:
    """From record and policy text alone each verdict comes out as it is on record; that read is on record."""
    code, counts = _verified(stopped, policies())
    assert code == 0
    assert (counts["unchanged"], counts["error"]) == (3, 0)
    read = stopped.entries()[-1].record
    assert (read.type, read.detail["command"]) == (EntryType.AUDITOR_QUERY, "policy replay")


def test_another_policy_proves_nothing(stopped: RunningGateway, tmp_path: Path) -> None:
    """A text that is not the one that decided verifies no verdict, and the command fails."""
    other = tmp_path / "other"
    shutil.copytree(policies(), other)
    main = other / "main.rego"
    main.write_text(main.read_text() + "\n# another text\n")
    code, counts = _verified(stopped, other)
    assert (code, counts["unchanged"]) == (1, 0)

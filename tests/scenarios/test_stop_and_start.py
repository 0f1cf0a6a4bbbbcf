"""SIGTERM: a clean stop with calls under way, and a second start on the same state."""

import http.client
import threading
import time
from pathlib import Path

import pytest

from audit.entry import EntryType
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Reply, wait_until
from tests.scenarios.configuration import Shape, write_settings
from tests.scenarios.people import ANNA
from tests.scenarios.running import STOP_S, RunningGateway, custody, kinds

_EVENTS = "text/event-stream"


def assert_log_verifies(gateway: RunningGateway) -> None:
    """The command that auditors run finds nothing wrong."""
    verified = custody("audit", "verify", "--database", str(gateway.database))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_stop_with_open_streams(own_gateway: RunningGateway, capture: Capture) -> None:
    """It stops in ten seconds though streams, calls and connections are open; each call has its outcome."""
    endless = replies.deltas(replies.in_threes("word " * 5000))
    capture.script = lambda request: (
        replies.events(endless, pace_s=0.02) if request.streams else Reply(end="hang")
    )
    threads = [
        threading.Thread(target=_call_and_wait, args=(own_gateway, stream), daemon=True)
        for stream in (True, True, False)
    ]
    with wire.connected(own_gateway):
        for thread in threads:
            thread.start()
        wait_until(lambda: len(capture.prompts) == len(threads))
        started = time.monotonic()
        own_gateway.stop()
        assert time.monotonic() - started < STOP_S
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    for prompt in capture.prompts:
        entries = own_gateway.entries(prompt.headers["x-request-id"])
        assert kinds(entries) == [EntryType.INTENT, EntryType.OUTCOME]
    assert_log_verifies(own_gateway)
    assert "Traceback" not in own_gateway.spoken()


def _call_and_wait(gateway: RunningGateway, stream: bool) -> None:
    content = wire.body(ANNA.letter, stream=stream)
    try:
        wire.exchange(gateway, wire.head(gateway, length=len(content)) + content)
    except (OSError, http.client.HTTPException):
        return  # the gateway is gone, as the test wants


def test_short_call_is_finished_on_a_stop(own_gateway: RunningGateway, capture: Capture) -> None:
    """A call that is nearly done when the stop comes gets its answer."""
    chunks = replies.deltas(replies.in_threes("All is well."))
    capture.script = lambda _request: replies.events(chunks, pace_s=0.2)
    answers: list[wire.Answer] = []

    def call() -> None:
        answers.append(wire.post(own_gateway, wire.body(stream=True)))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    wait_until(lambda: len(capture.prompts) == 1)
    assert own_gateway.stop() == 0
    thread.join(10)
    assert answers[0].content.endswith(b"data: [DONE]\n\n")


def test_second_start(own_gateway: RunningGateway, capture: Capture, tmp_path: Path) -> None:
    """A second start on the same state has the same keys and goes on with the same log."""
    capture.script = replies.echo
    key = own_gateway.key("retail")
    receipt = wire.post(own_gateway, wire.body(ANNA.letter)).headers["x-custody-receipt"]
    assert own_gateway.stop() == 0
    assert_log_verifies(own_gateway)
    again = RunningGateway(tmp_path, capture.url).await_ready()
    try:
        assert again.key("retail") == key
        assert wire.post(again, wire.body(ANNA.letter)).status == 200
        calls = [kind for kind in kinds(again.entries()) if kind.startswith("access.")]
        assert calls == ["access.intent", "access.outcome"] * 2
        # The settings' assets entered the registry at the first start, and only then.
        assert kinds(again.entries()).count(EntryType.OWNERSHIP_SEEDED) == 1
    finally:
        again.close()
    verified = custody("audit", "verify", "--database", str(again.database), "--receipt", receipt)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_placeholders_outlive_a_restart(
    own_gateway: RunningGateway, capture: Capture, tmp_path: Path
) -> None:
    """A conversation that goes on after a restart keeps its placeholders."""
    capture.script = replies.echo
    wire.post(own_gateway, wire.body(ANNA.letter))
    own_gateway.close()
    again = RunningGateway(tmp_path, capture.url).await_ready()
    try:
        wire.post(again, wire.body(ANNA.letter))
    finally:
        again.close()
    before, after = (prompt.json["messages"] for prompt in capture.prompts)
    assert before == after


def test_state_is_private(own_gateway: RunningGateway) -> None:
    """Nobody but the gateway's own user can read its folder."""
    assert own_gateway.state.stat().st_mode & 0o077 == 0
    secrets = [
        path
        for path in own_gateway.state.iterdir()
        if path.suffix in {".key", ".json"} or path.name == "pepper"
    ]
    assert secrets
    for path in secrets:
        assert path.stat().st_mode & 0o077 == 0, path.name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('kind = "embedded"', "nonsense"),
        ("max_body_bytes", "max_boddy_bytes"),
        ('kind = "patterns"', "no_such_detector"),
    ],
)
def test_wrong_settings_do_not_start(capture: Capture, tmp_path: Path, change: str, told: str) -> None:
    """Settings that cannot be met stop the start with exit code 2 and name the fault."""
    settings = write_settings(tmp_path, capture.url, Shape())
    replacement = f'kind = "{told}"' if change.startswith("kind") else told
    settings.write_text(settings.read_text().replace(change, replacement))
    started = custody("serve", "--config", str(settings))
    assert started.returncode == 2
    assert told in started.stdout + started.stderr
    assert "Traceback" not in started.stderr


def test_two_gateways_on_one_state(own_gateway: RunningGateway, capture: Capture) -> None:
    """A second gateway on the same state either shares the log without harm or refuses to start."""
    capture.script = replies.echo
    second = RunningGateway(own_gateway.folder, capture.url)
    try:
        second.await_ready()
    except AssertionError:
        assert second.process.returncode == 2
    else:
        assert {wire.post(each, wire.body()).status for each in (own_gateway, second) * 5} == {200}
    finally:
        if second.process.poll() is None:
            second.close()
    own_gateway.close()
    assert_log_verifies(own_gateway)
    assert own_gateway.process.returncode == 0

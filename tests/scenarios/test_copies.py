"""Copies of the log: they follow it, survive a kill, and hold up nothing."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, wait_until
from tests.scenarios.configuration import Shape
from tests.scenarios.running import RunningGateway, custody

_COPY = """
[[audit.sinks]]
name = "copy"
kind = "jsonl_file"
path = "{folder}/copy.jsonl"

[[audit.sinks]]
name = "nowhere"
kind = "http"
url = "http://127.0.0.1:9/"
"""


@pytest.fixture
def copied(capture: Capture, tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway with one sink that works and one whose other side is not there."""
    capture.script = replies.echo
    running = RunningGateway(tmp_path, capture.url, _shape(tmp_path))
    yield running.await_ready()
    running.close()


def test_copy_follows_the_log_through_a_kill(
    copied: RunningGateway, capture: Capture, tmp_path: Path
) -> None:
    """Every record is in the copy, before and after a kill, and a dead sink beside it changes nothing."""
    for _ in range(3):
        assert wire.post(copied, wire.body()).status == 200
    wait_until(lambda: set(range(6)) <= _copied(tmp_path))
    copied.kill()
    again = RunningGateway(tmp_path, capture.url, _shape(tmp_path)).await_ready()
    try:
        assert wire.post(again, wire.body()).status == 200
        wait_until(lambda: set(range(8)) <= _copied(tmp_path), seconds=60)
        leaves = {each["index"]: each["entry"] for each in _lines(tmp_path)}
        assert [leaves[index]["id"] for index in range(8)] == [entry.id for entry in again.entries()][:8]
        assert again.stop() == 0
    finally:
        again.close()
    verified = custody("audit", "verify", "--database", str(again.database))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def _shape(folder: Path) -> Shape:
    return Shape(detectors=("secrets",), more=_COPY.format(folder=folder))


def _lines(folder: Path) -> list[dict[str, object]]:
    path = folder / "copy.jsonl"
    return [orjson.loads(each) for each in path.read_bytes().splitlines()] if path.exists() else []


def _copied(folder: Path) -> set[object]:
    return {each["index"] for each in _lines(folder)}

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import redact_scan
from gateway.cli.main import app

KEY = "AKIA" + "IOSFODNN7EXAMPLE"


def scan(octets: bytes | str, *arguments: str) -> Result:
    """Runs the command over standard input with the detector of secrets."""
    return CliRunner().invoke(app, ["redact", "scan", "--detectors", "secrets", *arguments], input=octets)


def answers(result: Result) -> list[Any]:
    """What went to standard output."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_is_answered_in_order_with_code_points() -> None:
    """Ids come back in order, and offsets count code points whatever the script or emoji."""
    texts = ["", f"😀👩‍👩‍👧 {KEY}", "nothing", f"مفتاح {KEY} שלום"]
    result = scan("".join(json.dumps({"id": f"r{at}", "text": text}) + "\n" for at, text in enumerate(texts)))
    assert result.exit_code == 0, result.stderr
    assert [answer["id"] for answer in answers(result)] == ["r0", "r1", "r2", "r3"]
    for answer, text in zip(answers(result), texts, strict=True):
        assert [text[f["start"] : f["end"]] for f in answer["findings"]] == ([KEY] if KEY in text else [])
        assert all(f["entity_type"] == "AWS_ACCESS_KEY" and 0 < f["score"] <= 1 for f in answer["findings"])


BAD = [
    (b"{", "not JSON"),
    (b'["id", "text"]', "not an object"),
    (b'{"id": 1}', '"text"'),
    (b'{"id": 1, "text": null}', '"text"'),
    (b'{"text": "a"}', '"id"'),
    (b'{"id": {}, "text": "a"}', '"id"'),
    (b'{"id": 1, "text": "\\ud800"}', "surrogate"),
    (b'{"id": 1, "text": "\xff"}', "UTF-8"),
    (b"\x00\x01\xfe binary", "not JSON"),
]


@pytest.mark.parametrize(("line", "told"), BAD)
def test_bad_line_is_named_and_the_rest_is_answered(line: bytes, told: str) -> None:
    """A line that cannot be scanned is told by number, never quoted, and makes the exit code 1."""
    good = b'{"id": 7, "text": "fine"}\n'
    result = scan(good + line + b"\n" + good)
    assert result.exit_code == 1
    assert [answer["id"] for answer in answers(result)] == [7, 7]
    assert result.stderr.startswith("line 2: ")
    assert told in result.stderr
    assert "binary" not in result.stderr


def test_line_that_is_too_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line makes the command hold more than its limit."""
    monkeypatch.setattr(redact_scan, "batches", lambda source: _batches(source, 100))
    result = scan(b'{"id": 1, "text": "' + b"a" * 1000 + b'"}\n{"id": 2, "text": "b"}')
    assert [answer["id"] for answer in answers(result)] == [2]
    assert "line 1: longer than" in result.stderr
    assert result.exit_code == 1


_batches = redact_scan.batches


def test_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Faults name the file as well."""
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text('{"id": 1, "text": "a"}\n')
    second.write_text('nope\n{"id": 2, "text": "b"}')
    result = scan(b"", str(first), str(second))
    assert [answer["id"] for answer in answers(result)] == [1, 2]
    assert "b.jsonl, line 1:" in result.stderr


def test_missing_file_ends_the_run() -> None:
    """A file that is not there is said before anything is scanned."""
    assert scan(b"", "missing.jsonl").exit_code == 2


def test_reader_that_goes_away_and_ten_megabytes_in_one_line() -> None:
    """A huge line is answered in one piece, and a reader that has enough ends the run without a traceback."""
    code = "from gateway.cli.main import main; main()"
    line = json.dumps({"id": 1, "text": "lorem ipsum " * 850_000 + KEY}) + "\n"
    running = subprocess.Popen(
        [sys.executable, "-c", code, "redact", "scan", "--detectors", "secrets"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdin.write(line.encode())
    running.stdin.flush()
    (finding,) = json.loads(running.stdout.readline())["findings"]
    assert finding["end"] - finding["start"] == len(KEY)
    running.stdout.close()
    running.stdin.write(b'{"id": 2, "text": "more"}\n')
    running.stdin.close()
    errors = running.stderr.read()
    running.stderr.close()
    assert running.wait(60) == 0
    assert errors == b""

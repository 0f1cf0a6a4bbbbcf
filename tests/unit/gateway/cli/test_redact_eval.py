import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from redaction.evaluation import held_out

ROWS = [
    {"text": "Write to anna@example.com today", "spans": [[9, 25, "EMAIL_ADDRESS"]]},
    {"text": "Pay with 4111 1111 1111 1111 now", "spans": [[9, 28, "CREDIT_CARD"]]},
    {"text": "Call the office", "spans": [[9, 15, "LOCATION"]]},
    {"text": "Nothing to see", "spans": []},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A labelled file."""
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def evaluate(*arguments: str | Path, detectors: str = "secrets") -> Result:
    """Runs the command."""
    return CliRunner().invoke(app, ["redact", "eval", "--detectors", detectors, *map(str, arguments)])


def test_document_says_what_was_found_and_missed(data: Path) -> None:
    """The JSON document holds each group's recall with its interval, and the groups that the file judges."""
    result = evaluate("--data", data, "--json", detectors="patterns")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["files"][0]["judged"] == ["location", "email", "card"]
    (score,) = document["scores"]
    recalls = {group: its["recall"] for group, its in score["groups"].items()}
    assert recalls == {"location": 0, "email": 1, "card": 1}
    assert score["groups"]["card"]["recall_low"] == pytest.approx(0.2065, abs=1e-3)
    assert score["rows"] == 4
    assert score["clean"] == 0


def test_table_explains_itself(data: Path) -> None:
    """The tables name file, engine and group, and what each figure means."""
    shown = evaluate("--data", data, "--details").stdout
    for word in ("mine.jsonl", "custody", "card", "unjudged", "mine.jsonl judges location, email, card"):
        assert word in shown


def test_held_out_rows_alone(data: Path) -> None:
    """``--held-out`` measures the rows that training never sees and no other."""
    rows = json.loads(evaluate("--data", data, "--json", "--held-out").stdout)["files"][0]["rows"]
    assert rows == sum(held_out(str(row["text"])) for row in ROWS) < len(ROWS)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--with", "nobody"), "presidio"),
        (("--detectors", "nothing"), "nothing"),
        (("--detectors", "../etc"), "--detectors"),
        (("--data", "missing.jsonl"), "missing.jsonl"),
    ],
)
def test_what_cannot_be_measured_is_said(data: Path, arguments: tuple[str, ...], told: str) -> None:
    """A wrong option ends with exit code 2 and a sentence that names it."""
    result = evaluate("--data", data, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr

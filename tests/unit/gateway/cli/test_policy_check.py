import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.policy import app
from tests.policy_texts import ALLOW, ALLOW_TEST

SLIP = 'package custody.lib.x\n\nx if {\n\tinput.subject.departmnt == "it"\n}\n'


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    """The command over a folder with one slip."""
    texts = {"main.rego": ALLOW, "main_test.rego": ALLOW_TEST, "lib/x.rego": SLIP}
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return ["check", "--policies", str(tmp_path)]


def test_a_problem_is_shown_where_it_stands(place: list[str]) -> None:
    """People see place, message, the line with a mark below the fault, and what to write instead."""
    result = CliRunner().invoke(app, place)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "lib/x.rego:4:2: input.subject.departmnt: the input has no field departmnt",
        '        input.subject.departmnt == "it"',
        "        ^",
        "    fix: did you mean department?",
        "1 problem",
    ]


def test_programs_get_the_same_as_json(place: list[str]) -> None:
    """JSON has every problem with path, line, column, message and fix, and the exit code is the same."""
    result = CliRunner().invoke(app, [*place, "--json"])
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert told["in_order"] is False
    assert told["problems"] == [
        {
            "path": "lib/x.rego",
            "line": 4,
            "column": 2,
            "message": "input.subject.departmnt: the input has no field departmnt",
            "fix": "did you mean department?",
        }
    ]


def test_a_sound_folder_says_what_was_tried(place: list[str], tmp_path: Path) -> None:
    """A folder in order gives its revision, entry points, the form that decides and the inputs tried."""
    (tmp_path / "lib" / "x.rego").unlink()
    told = json.loads(CliRunner().invoke(app, [*place, "--json"]).output)
    assert told["in_order"] is True
    assert told["entry_points"] == ["data.custody.access.decision"]
    assert (told["modules"], told["form"]) == (1, "compiled")
    assert told["inputs"] > 100

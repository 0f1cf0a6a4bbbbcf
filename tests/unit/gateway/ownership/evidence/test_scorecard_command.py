import json
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli.main import app

RUNNER = CliRunner()


def run(*arguments: str) -> tuple[int, str]:
    """One command; exit code and all it said."""
    result = RUNNER.invoke(app, ["audit", *arguments])
    return result.exit_code, result.output


def test_a_scorecard_is_shown_with_its_bounds(finished_log_database: Path) -> None:
    """The table has a figure, its bounds and places for each department, and the gaps; JSON has the same."""
    database = ("--database", str(finished_log_database))
    code, output = run("scorecard", *database)
    assert code == 0, output
    assert "findings/1,000" in output
    assert "95 % bounds" in output
    assert "GAP  retail" in output
    code, output = run("scorecard", "--json", "--end", "10", *database)
    found = json.loads(output.splitlines()[-1])
    assert (code, found["entries"], found["departments"]["retail"]["prompts"]) == (0, 10, 5)


def test_usage_is_priced_by_a_file(finished_log_database: Path, tmp_path: Path) -> None:
    """Usage shows cost only where a file gives prices; a file that cannot be accepted ends with 2."""
    database = ("--database", str(finished_log_database))
    code, output = run("usage", *database)
    assert (code, "No prices were given" in output) == (0, True), output
    prices = tmp_path / "prices.toml"
    prices.write_text('[costs]\ncurrency = "EUR"\nmodel_second = "0.5"\n')
    code, output = run("usage", "--prices", str(prices), "--json", *database)
    found = json.loads(output.splitlines()[-1])
    assert (code, found["currency"], found["uses"][0]["cost"]) == (0, "EUR", "20.0000")
    prices.write_text("[costs]\n")
    assert run("usage", "--prices", str(prices), *database)[0] == 2


def test_a_time_without_entries_is_told(finished_log_database: Path) -> None:
    """A span of time in which nothing was recorded is refused in a sentence."""
    database = ("--database", str(finished_log_database))
    code, output = run("scorecard", "--until", "2001-01-01", *database)
    assert (code, "No entry is of that time" in output) == (1, True), output
    code, output = run("scorecard", "--since", "2001-01-01", *database)
    assert code == 0, output

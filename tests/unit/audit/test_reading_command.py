import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.entry import EntryType
from audit.evidence import verifier
from audit.query import LogReader
from gateway.cli.main import app

RUNNER = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a gateway that has not run yet."""
    example = Path(__file__).resolve().parents[3] / "deploy" / "custody.example.toml"
    path = tmp_path / "custody.toml"
    text = example.read_text("utf-8").replace('state_dir = ".custody"', f'state_dir = "{tmp_path / "state"}"')
    path.write_text(text, "utf-8")
    return path


def run(*arguments: str) -> tuple[int, str]:
    """One command; exit code and all it said."""
    result = RUNNER.invoke(app, ["audit", *arguments])
    return result.exit_code, result.output


def test_a_copy_is_searched_in_a_table_and_in_json(closed_log: Path) -> None:
    """Search prints lines of at most 100 columns, latest first, and a cursor that goes on in JSON too."""
    database = ("--database", str(closed_log))
    code, output = run("search", "--department", "retail", "-n", "3", *database)
    assert code == 0, output
    assert all(len(line) <= 100 for line in output.splitlines()[:4])
    assert "\n598      20" in output
    code, output = run("search", "-n", "2", "--json", *database)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert (len(lines), "cursor" in lines[-1]) == (3, True)
    code, output = run("stats", "--by", "type", "--json", *database)
    assert '{"type":"access.intent","entries":300}' in output


def test_a_copy_is_asked_in_sql(closed_log: Path, tmp_path: Path) -> None:
    """A query is answered in a table and in JSON; without one the columns are shown."""
    database = ("--database", str(closed_log), "--folder", str(tmp_path / "parquet"))
    asked = "SELECT department, decision, count(*) AS n FROM entry GROUP BY ALL ORDER BY n"
    code, output = run("query", asked, *database)
    assert (code, "retail" in output) == (0, True), output
    code, output = run("query", asked, "--json", *database)
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert [row["n"] for row in rows] == [299, 300]
    code, output = run("query")
    assert (code, "declared_class" in output) == (0, True)
    code, output = run("query", "DROP VIEW entry", *database)
    assert (code, "SELECT" in output) == (1, True)


def test_a_copy_is_exported(closed_log: Path, tmp_path: Path) -> None:
    """Export writes JSON lines, CSV and a bundle that holds; the command says how to make it again."""
    database = ("--database", str(closed_log))
    for kind in ("jsonl", "csv", "parquet"):
        code, output = run(
            "export", str(tmp_path / kind), "--format", kind, "--first", "5", "--end", "9", *database
        )
        assert (code, "4 entries" in output) == (0, True), output
    assert [json.loads(line)["index"] for line in (tmp_path / "jsonl").read_text().splitlines()] == [
        5,
        6,
        7,
        8,
    ]
    assert len((tmp_path / "csv").read_text().splitlines()) == 5
    bundle = tmp_path / "b.zip"
    code, output = run("export", str(bundle), "--format", "evidence", "--end", "9", *database)
    assert (code, "--first 0 --end 9 --checkpoint 599" in output) == (0, True), output
    assert verifier.main([str(bundle)]) == 0


def test_reads_are_records(config: Path, tmp_path: Path) -> None:
    """A read of the gateway's own log is an entry of it: who, what command, which filter."""
    code, output = run("search", "--config", str(config), "--department", "retail")
    assert (code, "--as PRINCIPAL" in output) == (2, True)
    code, output = run("search", "--config", str(config), "--as", "nobody")
    assert code == 2
    code, output = run("search", "--config", str(config), "--as", "auditor", "--department", "retail")
    assert code == 0, output
    with LogReader(tmp_path / "state" / "audit.db") as reader:
        records = [each.entry.record for each in reader.scan()]
    assert {each.type for each in records} == {EntryType.AUDITOR_QUERY}
    actor = records[-1].actor
    assert actor is not None
    assert actor.department == "audit"
    assert records[-1].detail["filter"] == {"department": "retail"}


def test_without_a_record_nothing_is_shown(config: Path, tmp_path: Path) -> None:
    """Where the read cannot be recorded, for the log is damaged or of another key, it is refused."""
    run("search", "--config", str(config), "--as", "auditor")
    key = tmp_path / "state" / "audit.key"
    key.chmod(0o644)
    code, output = run("search", "--config", str(config), "--as", "auditor")
    assert (code, "Nothing is shown" in output, "auditor.query" in output) == (1, True, False), output


def test_entries_are_read_from_the_log_of_the_settings(closed_log: Path, config: Path) -> None:
    """Tail, show, verify and prove find log and key by --config; --database names another log and wins."""
    state = config.parent / "state"
    state.mkdir()
    for each in closed_log.parent.glob("audit.*"):
        each.rename(state / each.name)
    settings = ("--config", str(config))
    code, output = run("tail", "-n", "1", "--json", *settings)
    assert (code, json.loads(output)["index"]) == (0, 598), output
    assert "of 599 entries, signed by" in run("show", "5", *settings)[1]
    assert "The log verifies" in run("verify", *settings)[1]
    proof = config.with_name("entry.proof")
    code, output = run("prove", "5", "--output", str(proof), *settings)
    assert (code, proof.is_file()) == (0, True), output
    code, output = run("tail", "--database", str(config.with_name("none.db")), *settings)
    assert code == 1, output

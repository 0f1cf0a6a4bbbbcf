import json
from pathlib import Path

from typer.testing import CliRunner

from audit.keys import read_verifier
from gateway.cli.audit import app
from tests.tampering import tamper

RUNNER = CliRunner()


def run(database: Path, *arguments: str) -> tuple[int, str]:
    """Run one command over a database; gives exit code and output."""
    result = RUNNER.invoke(app, [*arguments, "--database", str(database)])
    return result.exit_code, result.output


def test_verify_passes_and_says_what_it_saw(closed_log: Path) -> None:
    """A good log gives exit code 0 and its size, pairs and open gap."""
    code, output = run(closed_log, "verify")
    assert code == 0
    for shown in ("The log verifies", "599", "299 intents", "req-1-50 (entry", "sealed"):
        assert shown in output


def test_verify_names_the_first_bad_index(closed_log: Path) -> None:
    """A changed leaf gives exit code 1 and its index, in text and in JSON."""
    tamper(closed_log, "UPDATE entry SET owner = 'retail' WHERE idx = 123")
    code, output = run(closed_log, "verify")
    assert code == 1
    assert "First bad index: 123." in output
    code, output = run(closed_log, "verify", "--json")
    assert code == 1
    assert json.loads(output)["first_bad"] == 123


def test_verify_takes_a_published_key(closed_log: Path, tmp_path: Path) -> None:
    """An auditor's own copy of the verifier key works as text and as a file, and a wrong one fails."""
    key = str(read_verifier(closed_log.with_suffix(".pub")))
    closed_log.with_suffix(".pub").unlink()
    assert run(closed_log, "verify")[0] == 1
    assert run(closed_log, "verify", "--key", key)[0] == 0
    (tmp_path / "mine.pub").write_text(key)
    assert run(closed_log, "verify", "--key", str(tmp_path / "mine.pub"))[0] == 0
    assert (
        run(
            closed_log,
            "verify",
            "--key",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        )[0]
        == 1
    )


def test_bad_receipt_fails(closed_log: Path) -> None:
    """Something that is not a receipt of this log gives exit code 1 and no traceback."""
    code, output = run(closed_log, "verify", "--receipt", "bm90IGEgcmVjZWlwdA")
    assert code == 1
    assert "cut short" in output


def test_tail_shows_the_latest(closed_log: Path) -> None:
    """Tail prints as many lines as asked for, oldest first, and JSON lines on request."""
    code, output = run(closed_log, "tail", "-n", "3")
    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == ["596", "597", "598"]
    code, output = run(closed_log, "tail", "-n", "2", "--json")
    assert [json.loads(line)["index"] for line in output.splitlines()] == [597, 598]


def test_show_gives_leaf_and_proof(closed_log: Path) -> None:
    """Show finds by index and request id, prints the leaf, and says what the proof leads to."""
    code, output = run(closed_log, "show", "17")
    assert code == 0
    assert "Included: 10 hashes lead to root" in output
    code, output = run(closed_log, "show", "req-0-0", "--json")
    found = [json.loads(line) for line in output.splitlines()]
    assert [item["entry"]["type"] for item in found] == ["access.intent", "access.outcome"]
    assert all(item["proof"]["size"] == 599 for item in found)


def test_errors_say_what_to_do(closed_log: Path, tmp_path: Path) -> None:
    """A missing database and an unknown entry are told in a sentence, with exit code 1."""
    code, output = run(tmp_path / "none.db", "tail")
    assert (code, "start the gateway once" in output) == (1, True)
    code, output = run(closed_log, "show", "nobody")
    assert (code, "custody audit tail" in output) == (1, True)

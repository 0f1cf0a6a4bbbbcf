from conftest import Write
from typer.testing import CliRunner

from gateway.cli.policy import app
from gateway.pdp.checks import check
from gateway.pdp.source import read_source
from gateway.pdp.unittests import run_tests

MIXED = """package tests.access

test_true if data.custody.access.decision.allow with input as {}

test_false := false

test_undefined if input.nothing

test_error if no_such_function(1)

todo_test_later if false

not_a_test if false
"""


def test_opa_conventions(folder: Write) -> None:
    """True passes, false and undefined fail, an error is told apart, todo is skipped, the rest is no test."""
    policy = check(read_source(folder({"main_test.rego": MIXED})))
    assert [(each.name.rsplit(".")[-1], each.verdict) for each in run_tests(policy)] == [
        ("test_true", "PASS"),
        ("test_false", "FAIL"),
        ("test_undefined", "FAIL"),
        ("test_error", "ERROR"),
        ("todo_test_later", "SKIPPED"),
    ]


def test_shipped_policies_pass_their_tests() -> None:
    """Every shipped test passes in process, and the command says so."""
    result = CliRunner().invoke(app, ["test"])
    assert result.exit_code == 0, result.output
    assert "tests passed" in result.output


def test_a_failing_test_fails_the_command(folder: Write) -> None:
    """One failing test gives exit code 1 and its name."""
    result = CliRunner().invoke(app, ["test", "--policies", str(folder({"main_test.rego": MIXED}))])
    assert result.exit_code == 1
    assert "FAIL data.tests.access.test_false" in result.output
    assert "1 of 5 tests passed" in result.output


def test_no_tests_fail_the_command(folder: Write) -> None:
    """A folder without tests proves nothing and does not pass."""
    result = CliRunner().invoke(
        app, ["test", "--policies", str(folder({"main_test.rego": "package tests.access\n"}))]
    )
    assert result.exit_code == 1


def test_check_names_file_line_and_column(folder: Write) -> None:
    """A broken folder gives exit code 1 and the place."""
    result = CliRunner().invoke(
        app, ["check", "--policies", str(folder({"lib/x.rego": "package custody.lib.x\nx := {"}))]
    )
    assert result.exit_code == 1
    assert "lib/x.rego:2:7" in result.output


def test_check_passes_the_shipped_folder() -> None:
    """The shipped folder is in order and compiled."""
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == 0
    assert "compiled form" in result.output

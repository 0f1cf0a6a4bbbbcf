import json

from typer.testing import CliRunner

from gateway.cli.policy import app
from gateway.pdp.checks import check
from gateway.pdp.source import read_source
from gateway.pdp.unittests import PolicyTests
from tests.policy_texts import Write

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
    assert [(each.name.rsplit(".")[-1], each.verdict) for each in PolicyTests(policy, lambda: 0.0).run()] == [
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


FAILING = """package tests.access

import data.custody.access.decision

asked(purpose) := {"context": {"purpose": purpose}}

test_effect if {
	made := decision with input as asked("research")
	made.allow
	made.reasons[0].effect == "deny"
}

test_missing if {
	made := decision with input as {"a": 1}
	made.reasons[7].effect == "deny"
}

test_plain if not decision.allow with input as {"b": 2}
"""


def test_a_failure_shows_statement_values_and_input(folder: Write) -> None:
    """A failed test names the first statement that did not hold, what it compared, and the input."""
    tests = PolicyTests(check(read_source(folder({"main_test.rego": FAILING}))), lambda: 0.0)
    first, second, third = (each.failure for each in tests.run())
    assert first is not None
    assert (first.line, first.statement) == (10, 'made.reasons[0].effect == "deny"')
    assert (first.got, first.expected) == ("allow", "deny")
    assert first.input == {"context": {"purpose": "research"}}
    assert second is not None
    assert (second.line, second.got, second.expected) == (15, None, "deny")
    assert third is not None
    assert (third.line, third.compared, third.input) == (18, False, {"b": 2})


def test_the_command_shows_a_failure_to_people_and_programs(folder: Write) -> None:
    """What a failed comparison got and expected is printed, and is in the JSON."""
    place = ["test", "--policies", str(folder({"main_test.rego": FAILING})), "--run", "test_effect"]
    shown = CliRunner().invoke(app, place)
    assert shown.exit_code == 1
    for line in (
        'got      "allow"',
        'expected "deny"',
        '{"context":{"purpose":"research"}}',
        "main_test.rego:7",
    ):
        assert line in shown.output
    told = json.loads(CliRunner().invoke(app, [*place, "--json"]).output)["tests"]
    assert [(each["verdict"], each["failure"]["got"]) for each in told] == [("FAIL", "allow")]


UNREACHED = """package custody.lib.x

x := 1 if input.context.stream

y := 2 if {
	input.context.tools
	input.context.stream
}
"""
REACHING = """package tests.lib.x

import data.custody.lib.x.x

test_x if x == 1 with input as {"context": {"stream": true}}
"""


def test_coverage_names_the_lines_that_no_test_reaches(folder: Write) -> None:
    """A rule that no test asks for is missed line by line, and the threshold fails the command."""
    files = {"lib/x.rego": UNREACHED, "lib/x_test.rego": REACHING}
    place = ["test", "--policies", str(folder(files)), "--json"]
    result = CliRunner().invoke(app, [*place, "--coverage"])
    assert result.exit_code == 0, result.output
    coverage = json.loads(result.output)["coverage"]
    missed = {each["path"]: each["missed"] for each in coverage["files"]}
    assert missed["lib/x.rego"] == [5, 6, 7]
    assert coverage["rules"] - coverage["rules_reached"] == 1
    assert CliRunner().invoke(app, [*place, "--threshold", "90"]).exit_code == 1
    assert CliRunner().invoke(app, [*place, "--threshold", "20"]).exit_code == 0


def test_shipped_policies_are_covered() -> None:
    """The tests of the shipped policies reach at least 95 of 100 lines."""
    assert CliRunner().invoke(app, ["test", "--threshold", "95"]).exit_code == 0

import json

import pytest
from typer.testing import CliRunner

from gateway.bundled import policies
from gateway.cli.policy import app
from gateway.pdp.checks import check
from gateway.pdp.lint import RULES, lint
from gateway.pdp.source import read_source
from tests.policy_texts import Write

SOUND = "# What it is for.\npackage custody.lib.x\n\nx := 1\n"
SOUND_TEST = "package tests.lib.x\n\nimport data.custody.lib.x.x\n\ntest_x if x == 1\n"


def test_the_shipped_policies_keep_every_house_rule() -> None:
    """What we show to authors is what we ask of them."""
    assert lint(check(read_source(policies()))) == []


@pytest.mark.parametrize(
    ("rule", "files", "place", "said"),
    [
        ("tested", {"lib/x.rego": SOUND}, ("lib/x.rego", 0), "no tests"),
        ("says-what-for", {"lib/x.rego": SOUND.split("\n", 1)[1]}, ("lib/x.rego", 1), "what it is for"),
        ("documented-entry-point", {}, ("main.rego", 1), "entry point decision has no METADATA"),
        (
            "documented-entry-point",
            {"lib/x.rego": SOUND.replace("x := 1", "# METADATA\n# entrypoint: true\nx := 1")},
            ("lib/x.rego", 4),
            "entry point x has no title",
        ),
        (
            "documented-entry-point",
            {"lib/x.rego": SOUND.replace("x := 1", "# METADATA\n# title: [\nx := 1")},
            ("lib/x.rego", 4),
            "cannot be read",
        ),
        (
            "at-home",
            {
                "departments/it/x.rego": "package custody.departments.it\n\nx := 1\n",
                "departments/legal/x.rego": (
                    "package custody.departments.legal\n\ny := data.custody.departments.it.x\n"
                ),
            },
            ("departments/legal/x.rego", 3),
            "the package of it is read here",
        ),
        (
            "at-home",
            {
                "departments/it/x.rego": "package custody.departments.it\n\nx := 1\n",
                "lib/x.rego": "package custody.lib.x\n\ny := data.custody.departments.it.x\n",
            },
            ("lib/x.rego", 3),
            "the package of it is read here",
        ),
        (
            "short-rules",
            {"lib/x.rego": SOUND + "\ny := [\n" + "\t1,\n" * 70 + "]\n"},
            ("lib/x.rego", 6),
            "lines",
        ),
        ("names", {"lib/x.rego": SOUND.replace("x := 1", "myRule := 1")}, ("lib/x.rego", 4), "rule myRule"),
        ("unused", {"lib/x.rego": SOUND}, ("lib/x.rego", 4), "rule x is never used"),
        (
            "unused",
            {"lib/x.rego": SOUND.replace("x := 1", "import data.custody.access\n\nx := 1")},
            ("lib/x.rego", 4),
            "import access is never used",
        ),
        (
            "unused",
            {"lib/x.rego": SOUND.replace("x := 1", "x if {\n\ty := input.subject.id\n\ttrue\n}")},
            ("lib/x.rego", 5),
            "variable y is never used",
        ),
        (
            "whole-reasons",
            {"lib/reasons.rego": (policies() / "lib/reasons.rego").read_text()}
            | {
                "departments/it/x.rego": (
                    "package custody.departments.it\n\nimport data.custody.lib.reasons\n\n"
                    'deny contains reasons.reason("a", "No.", "", "") if input.context.stream\n'
                )
            },
            ("departments/it/x.rego", 5),
            "a reason has no remedy",
        ),
        (
            "whole-reasons",
            {
                "departments/it/x.rego": (
                    "package custody.departments.it\n\n"
                    'allow contains {"code": "a", "rule": "a"} if input.context.stream\n'
                )
            },
            ("departments/it/x.rego", 3),
            "a reason has no message_user",
        ),
        (
            "whole-obligations",
            {
                "security/x.rego": (
                    'package custody.security\n\nobligations := {"prompt": {"PERSON": "mask"}}\n'
                )
            },
            ("security/x.rego", 3),
            "prompt says nothing of other types",
        ),
    ],
)
def test_a_broken_house_rule_is_told(
    folder: Write, rule: str, files: dict[str, str], place: tuple[str, int], said: str
) -> None:
    """Each house rule finds what breaks it, with file, line and what to do."""
    warned = lint(check(read_source(folder(files))))
    found = [each.problem for each in warned if each.rule == rule]
    matching = [each for each in found if (each.path, each.line) == place and said in each.message]
    assert matching, found
    assert all(each.fix or "METADATA cannot" in each.message for each in matching)


def test_a_sound_file_breaks_none(folder: Write) -> None:
    """A file with a comment, tests beside it, used rules and good names is not complained of."""
    found = lint(check(read_source(folder({"lib/x.rego": SOUND, "lib/x_test.rego": SOUND_TEST}))))
    assert [each for each in found if each.problem.path.startswith("lib/")] == []


def test_the_command_fails_tells_and_can_leave_rules_out(folder: Write) -> None:
    """The exit code is 1 with a warning, JSON names the rule, and rules can be left out by name."""
    place = ["lint", "--policies", str(folder({"lib/x.rego": SOUND}))]
    told = CliRunner().invoke(app, [*place, "--json"])
    assert told.exit_code == 1
    assert "tested" in {each["rule"] for each in json.loads(told.output)["warnings"]}
    without = [part for rule in RULES for part in ("--without", rule)]
    assert CliRunner().invoke(app, [*place, *without]).exit_code == 0
    assert CliRunner().invoke(app, [*place, "--without", "no-such"]).exit_code == 2

import json
import shutil
import subprocess

import pytest

from gateway.pdp.rego import CompiledPolicy, Interpreter, Module
from tests.policy_texts import Told

PRINTED = [
    ("%s and %s", '["a", "ä"]'),
    ("%v of %v", "[1, -2]"),
    ("%v, %v", '[{"b": 1, "a": [true, null]}, {1, 2}]'),
    ("%v%%", "[1.5]"),
    ("no verb", "[]"),
]


@pytest.mark.parametrize(
    "text", ["%d", "%x", "%.2f", "%5d", "%-5s", "%05d", "%e", "%g", "%t", "%q", "%f", "%.12f", "%T", "50%"]
)
def test_a_verb_that_is_printed_differently_is_refused(told: Told, text: str) -> None:
    """Widths, flags and rare verbs, which OPA and the embedded engine print unlike, are refused."""
    found = told(f'x := sprintf("{text}", [1])')
    assert [each for each in found if "engines print" in each.message]


def test_a_computed_format_is_refused(told: Told) -> None:
    """A format that is not written in full could be any."""
    found = told("x := sprintf(input.subject.id, [1])")
    assert [each for each in found if "written in full" in each.message]


@pytest.mark.parametrize(("text", "arguments"), PRINTED)
def test_what_is_taken_is_printed_alike(told: Told, text: str, arguments: str) -> None:
    """The verbs that are left print the same in OPA and in both forms."""
    opa = shutil.which("opa")
    if opa is None:
        pytest.skip("needs `opa` 1.21.3 or newer on the PATH (openpolicyagent.org)")
    rule = f'x := sprintf("{text}", {arguments})'
    assert told(rule) == []
    asked = subprocess.run(
        [opa, "eval", "-f", "json", rule.removeprefix("x := ")], capture_output=True, check=True
    )
    printed = json.loads(asked.stdout)["result"][0]["expressions"][0]["value"]
    module = Module("a.rego", f"package a\n\n{rule}\n")
    assert Interpreter([module], {}).evaluate("data.a.x", None) == printed
    assert CompiledPolicy([module], {}, "data.a.x").evaluate("{}") == printed

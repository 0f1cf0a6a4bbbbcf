import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.pdp.rego import CompiledPolicy, Interpreter, Module, Undefined
from tests.policy_texts import Told

UNCERTAIN = "r := 1 if input.context.stream\n\ng(q) := 1 if q > 5\n\n"
MISSING = "input.resource.facets.steward"

REFUSED = [
    f"x := [{MISSING} | some i in [1]]",
    "x := {a.m | some a in [{}, {`m`: 1}]}",
    "x := {k: a.m | some k, a in [{}]}",
    "x := [v | some a in [{}]; v := a.m]",
    "x := [g(i) | some i in [1, 7]]",
    "x := [r | some i in [1]]",
    f"x if {{\n\ty := {MISSING}\n\ttrue\n}}",
    f"x if {{\n\ty := [1, {MISSING}]\n\ttrue\n}}",
    f"x contains {MISSING} if true",
    f'x contains {{"a": {MISSING}}} if true',
    f'x[k] := {MISSING} if some k in ["a"]',
    f"x[{MISSING}] := 1 if true",
    f"x := {MISSING} if true else := 2",
    f"x if {{\n\ty := {MISSING}\n\tnot is_string(y)\n}}",
    f'x if not startswith({MISSING}, "a")',
    f"x if not {MISSING} in {{1, 2}}",
    f"x if not 1 in {MISSING}",
    f"x if not count([{MISSING}]) > 3",
    f"x if not {MISSING} > 1",
    f"x if not {MISSING} != 1",
    "x if not r > 1",
    "x if not 1 == g(1)",
    f"x if not input.resource.facets[{MISSING}]",
    f'x if not {{"a": {MISSING}}} == {{"a": 1}}',
]
REFUSED += [
    "x := [max([]) | true]",
    "x if not max([]) > 1",
    "x if {\n\ty := min(input.subject.groups)\n\ttrue\n}",
    "x := [to_number(a) | some a in [`1`, `b`]]",
    "x if not time.parse_rfc3339_ns(input.context.purpose) > 1",
]
TAKEN = [
    'x := [object.get(a, "m", 0) | some a in [{}]]',
    "x := [v | some a in [{}, {`m`: 2}]; v := a.m; v > 1]",
    f"x contains y if {{\n\ty := {MISSING}\n\tis_string(y)\n}}",
    f'x if {{\n\ty := {MISSING}\n\ty != "a"\n}}',
    f"x := {MISSING}",
    f"x if not {MISSING}",
    f'x if not {MISSING} == "a"',
    "x if not g(1)",
    "x if not r",
    'x if not startswith(input.subject.id, "a")',
    'x := [given.use_case | some given in input.context.grants; given.department != ""]',
    "x if not input.action.name in {`chat`}",
    "x if not time.parse_rfc3339_ns(input.context.time) > 1",
    "x if {\n\ty := max(input.subject.groups)\n\ty > 1\n}",
]


@pytest.mark.parametrize("rules", REFUSED)
def test_an_uncertain_value_is_refused_where_engines_differ(told: Told, rules: str) -> None:
    """What may be undefined is refused as a member, an else, an untested variable, and below not."""
    found = [each for each in told(UNCERTAIN + rules) if "may be undefined" in each.message]
    assert found
    assert all("object.get" in each.fix for each in found)


@pytest.mark.parametrize("rules", TAKEN)
def test_a_value_that_is_certain_or_tested_is_taken(told: Told, rules: str) -> None:
    """Defaults, required fields of the input, tested variables and plain negations are no problem."""
    assert told(UNCERTAIN + rules) == []


@pytest.mark.parametrize("rules", TAKEN)
def test_what_is_taken_means_the_same_to_every_engine(tmp_path: Path, rules: str) -> None:
    """OPA, the interpreter and the compiled form agree on each taken example, with the value missing."""
    opa = shutil.which("opa")
    if opa is None:
        pytest.skip("needs `opa` 1.21.3 or newer on the PATH (openpolicyagent.org)")
    module = Module("x.rego", f"package custody.lib.x\n\n{UNCERTAIN}{rules}\n")
    asked = {
        "subject": {"id": "s", "groups": []},
        "action": {"name": "tune"},
        "resource": {"facets": {}},
        "context": {
            "stream": False,
            "time": "2026-07-01T10:00:00Z",
            "grants": [{"department": "it", "use_case": "u"}],
        },
    }
    (tmp_path / "x.rego").write_text(module.text)
    command = [opa, "eval", "-d", str(tmp_path / "x.rego"), "-I", "-f", "json", "data.custody.lib.x.x"]
    told = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    result = json.loads(told.stdout).get("result")
    opas = result[0]["expressions"][0]["value"] if result else "undefined"
    forms = (
        lambda text: Interpreter([module], {}).evaluate("data.custody.lib.x.x", text),
        lambda text: CompiledPolicy([module], {}, "data.custody.lib.x.x").evaluate(text),
    )
    assert [_value(form, json.dumps(asked)) for form in forms] == [opas, opas]


def _value(form: Callable[[str], object], asked: str) -> object:
    try:
        return form(asked)
    except Undefined:
        return "undefined"

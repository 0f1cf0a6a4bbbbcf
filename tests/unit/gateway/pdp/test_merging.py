import json
import shutil
from pathlib import Path

import pytest

from gateway.bundled import policies
from gateway.pdp.checks import ENTRY_POINT
from gateway.pdp.rego import CompiledPolicy, Interpreter, Module, RegoError
from gateway.pdp.source import read_source
from tests.policy_texts import Told

ONE = Module(
    "a/one.rego", "package a\n\nimport data.l.f\n\nx := f(1)\n\ny if {\n\tinput.no\n\tinput.never\n}\n"
)
TWO = Module(
    "a/two.rego",
    "# Two.\npackage a\n\nimport data.l.f\nimport data.l.f as g\n\nz := [x, g(1)]\n\nbad := to_number(`a`)\n",
)
LIB = Module("l.rego", "package l\n\nf(n) := n + 1\n")


def letter() -> str:
    """Retail's letter, as the shipped tests have it."""
    tests = Interpreter(read_source(policies()).tests, {})
    return json.dumps(tests.evaluate("data.tests.lib.samples.letter", None))


@pytest.mark.parametrize("name", ["aaa.rego", "zzz.rego"])
def test_another_file_of_a_package_takes_no_rule_away(tmp_path: Path, name: str) -> None:
    """A file more in an owner's package, first or last, leaves the interpreter's decision what it is.

    Without merging, regorus' interpreter overlooks rules of that package as soon as another file comes first.
    """
    shutil.copytree(policies(), tmp_path / "policies")
    more = tmp_path / "policies/departments/product" / name
    more.write_text("package custody.departments.product\n\nmore := 1\n")
    source = read_source(tmp_path / "policies")
    forms = (
        Interpreter(source.modules, source.data).evaluate(ENTRY_POINT, letter()),
        CompiledPolicy(source.modules, source.data, ENTRY_POINT).evaluate(letter()),
    )
    assert forms[0] == forms[1]
    assert isinstance(forms[0], dict)
    assert forms[0]["allow"] is True


def test_imports_are_shared_and_places_are_those_of_the_files() -> None:
    """Files of one package see each other's rules; errors and coverage name the file and line as written."""
    interpreter = Interpreter([ONE, TWO, LIB], {}, coverage=True)
    assert interpreter.evaluate("data.a.z", None) == [2, 2]
    with pytest.raises(RegoError) as caught:
        interpreter.evaluate("data.a.bad", None)
    assert (caught.value.problem.path, caught.value.problem.line) == ("a/two.rego", 9)
    lines = {each.path: each for each in interpreter.lines()}
    assert 7 in lines["a/two.rego"].covered
    assert 5 in lines["a/one.rego"].covered
    assert lines["a/one.rego"].missed == {8, 9}


def test_one_name_for_two_things_in_a_package_is_refused(told: Told) -> None:
    """Two files of a package that import different things by one name are refused, with the way out."""
    text = "import data.custody.lib.b as y\n\nv := y"
    found = told(text)
    assert [each for each in found if "means something else" in each.message] == []
    other = Module("a/b.rego", "package a\n\nimport data.l.h as f\n\nw := f(1)\n")
    with pytest.raises(RegoError, match=r"a/b\.rego:3:1: f means something else"):
        Interpreter([ONE, other, LIB], {})

import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.bundled import policies
from gateway.cli.policy import app
from gateway.pdp.layout.formatting import formatted
from gateway.pdp.rego import Module, RegoError
from gateway.pdp.source import read_source

SHIPPED = read_source(policies())
MODULES = (*SHIPPED.modules, *SHIPPED.tests)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.path)
def test_what_opa_fmt_has_written_stays(module: Module) -> None:
    """The shipped policies, which CI holds against `opa fmt`, are kept to the byte."""
    assert formatted(module) == module.text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MODULES), st.randoms(use_true_random=False))
def test_the_layout_does_not_depend_on_white_space(module: Module, chance: Random) -> None:
    """Whatever indentation, free lines and trailing blanks a text has, it is laid out the same."""
    lines = []
    for line in module.text.split("\n"):
        # Inside of a text in quotes over several lines nothing may move; no shipped file has one.
        lines.append(
            " " * chance.randrange(4) + "\t" * chance.randrange(3) + line.strip() + " " * chance.randrange(3)
        )
        lines += [""] * chance.randrange(3) if not line else []
    moved = [line if not line.strip().startswith("#") else line.strip() for line in lines]
    assert formatted(Module(module.path, "\n".join(moved))) == module.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x:=1", "x := 1\n"),
        ("x if { input.a; input.b }", "x if {\n\tinput.a\n\tinput.b\n}\n"),
        ('x := {"a" : 1 ,"b":[1,2 , 3] }', 'x := {"a": 1, "b": [1, 2, 3]}\n'),
        ("x := [1,\n2]", "x := [\n\t1,\n\t2,\n]\n"),
        ("x := [ # why\n1, # one\n2 # two\n]", "x := [ # why\n\t1, # one\n\t2, # two\n]\n"),
        ("f(a,b) := a - -1", "f(a, b) := a - -1\n"),
        ("x if not input.a[1]==-1", "x if not input.a[1] == -1\n"),
        ("x contains [ 1,2 ] if true", "x contains [1, 2] if true\n"),
        (
            "x if input.a with input as {}\nwith data.b as 1",
            "x if input.a with input as {}\n\twith data.b as 1\n",
        ),
        ("x := [ y | some y in {1,2};y>1 ]", "x := [y | some y in {1, 2}; y > 1]\n"),
        ('x := f({\n"a":1})', 'x := f({\n\t"a": 1,\n})\n'),
        ("x := 1\n\n\n\ny := 2\n\n", "x := 1\n\ny := 2\n"),
        ("import data.c\nimport data.b\nx := 1", "import data.b\nimport data.c\n\nx := 1\n"),
        ("x if {\n\n\ta\n\n\n\tb\n\n}\na := 1\nb := 2", "x if {\n\ta\n\n\tb\n}\n\na := 1\nb := 2\n"),
        ('x := `a\n  b` # c\ny := "[,{"', 'x := `a\n  b` # c\ny := "[,{"\n'),
    ],
)
def test_layout(text: str, expected: str) -> None:
    """Spaces, breaks, commas, free lines and imports come out as `opa fmt` writes them."""
    module = Module("a.rego", f"package a\n\n{text}")
    made = formatted(module)
    assert made == f"package a\n\n{expected}"
    assert formatted(Module("a.rego", made)) == made


def test_what_does_not_parse_is_left_alone() -> None:
    """A text that is no Rego raises with its place."""
    with pytest.raises(RegoError, match=r"a\.rego:2:7"):
        formatted(Module("a.rego", "package a\nx := {"))


def test_the_command_writes_checks_and_shows(tmp_path: Path) -> None:
    """--check and --diff fail and write nothing; without them the files are laid out, and then in order."""
    folder = tmp_path / "policies"
    shutil.copytree(policies(), folder)
    before = (folder / "main.rego").read_text()
    (folder / "main.rego").write_text(before.replace("\t", "   "))
    place = ["fmt", "--policies", str(folder)]
    checked = CliRunner().invoke(app, [*place, "--check"])
    assert (checked.exit_code, checked.output) == (1, "main.rego\n")
    shown = CliRunner().invoke(app, [*place, "--diff"])
    assert shown.exit_code == 1
    assert '+\t"allow": true,' in shown.output
    assert CliRunner().invoke(app, place).exit_code == 0
    assert (folder / "main.rego").read_text() == before
    assert CliRunner().invoke(app, [*place, "--check"]).exit_code == 0

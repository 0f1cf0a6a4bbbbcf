"""Commands are imported when they are called."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from gateway.cli.deferred import Deferred, defer
from gateway.cli.main import app

_HEAVY = {"torch", "onnxruntime", "presidio_analyzer", "spacy", "fastapi", "sqlalchemy", "duckdb"}
_ENTIRE = 10_000


def _deferred(command: object, name: str = "custody") -> Iterator[tuple[str, Deferred]]:
    if isinstance(command, Deferred):
        yield name, command
        command = command.actual()
    if isinstance(command, TyperGroup):
        for each in command.commands.values():
            yield from _deferred(each, f"{name} {each.name}")


_ALL = dict(_deferred(typer.main.get_command(app)))


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["audit", "--help"], ["policy", "--help"], ["redact", "--help"], ["no-such-command"]],
    ids=" ".join,
)
def test_a_list_of_commands_needs_none_of_the_heavy_libraries(arguments: list[str]) -> None:
    """Help and a mistyped command import neither a model's runtime nor a database nor a web framework."""
    program = (
        "import sys\n"
        "from gateway.cli.main import main\n"
        "try:\n    main()\n"
        "finally:\n    print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    imported = set(ran.stderr.splitlines()[-1].split())
    assert {"gateway", "typer"} <= imported
    assert imported & _HEAVY == set()
    assert ran.returncode == (2 if arguments == ["no-such-command"] else 0)


@pytest.mark.parametrize("name", _ALL)
def test_its_line_in_the_list_is_what_the_command_says(name: str) -> None:
    """The line of help that stands for a command is the first sentence of that command's own help."""
    standing = _ALL[name]
    actual = standing.actual()
    if isinstance(actual, TyperCommand):
        assert standing.get_short_help_str(_ENTIRE) == actual.get_short_help_str(_ENTIRE)
    assert actual.name == standing.name


def test_a_shell_completes_below_a_deferred_group() -> None:
    """Completion lists the commands of a group and the options of a command, though they come late."""
    for words, expected in (("custody audit ta", "tail"), ("custody audit tail --con", "--config")):
        completed = CliRunner().invoke(
            app,
            prog_name="custody",
            env={
                "_CUSTODY_COMPLETE": "complete_bash",
                "COMP_WORDS": words,
                "COMP_CWORD": str(len(words.split()) - 1),
            },
        )
        assert expected in completed.output.split()


def test_what_is_no_command_is_told_by_its_place() -> None:
    """A place that does not exist fails when it is called, not when it is listed."""
    small = typer.Typer()
    defer(small, "gone", "gateway.cli.main:gone", "Is not there.")
    defer(small, "other", "gateway.cli.main:main", "Is there.")
    assert "Is not there." in CliRunner().invoke(small, ["--help"]).output
    assert isinstance(CliRunner().invoke(small, ["gone"]).exception, AttributeError)


def test_arguments_reach_the_real_command() -> None:
    """A mistake in a deferred command's arguments is told with the whole path of that command."""
    result = CliRunner().invoke(app, ["audit", "verify-proof", "x"], prog_name="custody")
    assert result.exit_code == 2
    assert "custody audit verify-proof" in result.output
    assert "--key" in result.output

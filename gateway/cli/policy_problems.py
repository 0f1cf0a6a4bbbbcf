"""Problems of a policy as people and programs read them."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gateway.pdp.rego import Problem


def show_problems(console: Console, folder: Path, problems: Sequence[Problem]) -> None:
    """Each problem with its place, the line that it stands in, and what to write instead."""
    for problem in problems:
        console.print(
            Text.assemble(
                (f"{problem.path}:{problem.line}:{problem.column}", "bold"), ": ", (problem.message, "red")
            )
        )
        _show_line(console, folder, problem)
        if problem.fix:
            console.print(Text.assemble("    ", ("fix: ", "green"), problem.fix))
    console.print(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", style="bold red")


def _show_line(console: Console, folder: Path, problem: Problem) -> None:
    line = _line(folder / problem.path, problem.line)
    if line:
        # A tab before the place stays one, so that the mark stands below it.
        before = "".join(character if character == "\t" else " " for character in line[: problem.column - 1])
        console.print(Text(f"    {line}".expandtabs(4), style="dim"), overflow="ellipsis", no_wrap=True)
        console.print(Text(f"    {before}^".expandtabs(4), style="red"), no_wrap=True)


def _line(path: Path, number: int) -> str:
    if number < 1 or not path.is_file():
        return ""
    lines = path.read_text("utf-8", errors="replace").split("\n")
    return lines[number - 1] if number <= len(lines) else ""

import difflib
from typing import Annotated

import typer
from rich.console import Console

from gateway.bundled import policies as shipped
from gateway.cli.policy_folder import Folder, source_of
from gateway.cli.policy_problems import show_problems
from gateway.pdp.rego import Module, Problem
from gateway.pdp.workbench.findings import layout_changes

CheckOnly = Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file would change.")]
Diff = Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change, and fail if any.")]


def format_folder(policies: Folder = None, check: CheckOnly = False, diff: Diff = False) -> None:
    """Lay out a policy folder as `opa fmt` does: white space, line breaks and commas, never the meaning.

    Files that do not parse are told and left alone; the exit code is 1 then.
    """
    folder = policies or shipped()
    problems: list[Problem] = []
    changed = 0
    for module, text in layout_changes(source_of(folder), problems):
        changed += 1
        typer.echo(module.path)
        if diff:
            _show_difference(module, text)
        elif not check:
            (folder / module.path).write_text(text, "utf-8", newline="\n")
    if problems:
        show_problems(Console(stderr=True, soft_wrap=True, highlight=False), folder, problems)
    if problems or (changed and (check or diff)):
        raise typer.Exit(1)


def _show_difference(module: Module, text: str) -> None:
    lines = difflib.unified_diff(
        module.text.splitlines(), text.splitlines(), module.path, f"{module.path} (laid out)", lineterm=""
    )
    for line in lines:
        typer.echo(line)

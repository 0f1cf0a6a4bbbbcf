from typing import Annotated

import orjson
import typer
from rich.console import Console

from gateway.bundled import policies as shipped
from gateway.cli.policy_folder import Folder, checked
from gateway.cli.policy_problems import show_problems
from gateway.pdp.lint import RULES, lint
from gateway.pdp.workbench.findings import warnings_json

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="RULE", help="A house rule to leave out; repeatable.")
]


def lint_folder(policies: Folder = None, without: Without = None, json: AsJson = False) -> None:
    """Hold a policy folder against the house rules; the exit code is 1 if one is broken."""
    left_out = set(without or [])
    if not left_out <= RULES.keys():
        unknown = ", ".join(sorted(left_out - RULES.keys()))
        raise typer.BadParameter(f"no house rule {unknown}; there are {', '.join(RULES)}")
    folder = policies or shipped()
    found = [each for each in lint(checked(folder)) if each.rule not in left_out]
    if json:
        typer.echo(orjson.dumps(warnings_json(found)).decode())
    elif found:
        console = Console(soft_wrap=True, highlight=False)
        for rule in dict.fromkeys(each.rule for each in found):
            console.print(f"[bold yellow]{rule}[/]")
            show_problems(console, folder, [each.problem for each in found if each.rule == rule])
    else:
        typer.echo(f"{len(RULES) - len(left_out)} house rules are kept")
    if found:
        raise typer.Exit(1)

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway.bundled import policies as shipped
from gateway.pdp.checks import ENTRY_POINT, CheckedPolicy, check
from gateway.pdp.embedded import EmbeddedEngine, Options, build
from gateway.pdp.source import PolicyRefused, read_source
from gateway.pdp.unittests import Outcome, Verdict, run_tests

app = typer.Typer(no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option("--policies", help="The policy folder; the shipped one by default.")
]
_STYLES: dict[Verdict, str] = {"PASS": "green", "FAIL": "bold red", "ERROR": "bold red", "SKIPPED": "yellow"}


@app.command("check")
def check_folder_command(policies: Folder = None) -> None:
    """Parse and compile a policy folder and check its layers and the functions it calls."""
    console = Console(soft_wrap=True)
    folder = policies or shipped()
    policy = _checked(folder)
    engine = _built(folder)
    console.print(f"{len(policy.modules)} modules and {len(policy.tests)} test files are in order")
    console.print(
        f"entry point {ENTRY_POINT}, {engine.form} form, revision {engine.revision}", highlight=False
    )


@app.command("test")
def run_tests_command(policies: Folder = None) -> None:
    """Run a policy folder's own tests; the exit code is 1 unless every one passes."""
    console = Console(soft_wrap=True)
    outcomes = list(run_tests(_checked(policies or shipped())))
    console.print(_table(outcomes))
    for outcome in outcomes:
        if outcome.verdict in {"FAIL", "ERROR"}:
            console.print(f"{outcome.verdict} {outcome.name} {outcome.detail}".rstrip(), markup=False)
    passed = sum(outcome.verdict == "PASS" for outcome in outcomes)
    console.print(f"{passed} of {len(outcomes)} tests passed")
    # A folder without tests proves nothing, so it does not pass.
    if not passed or any(outcome.verdict in {"FAIL", "ERROR"} for outcome in outcomes):
        raise typer.Exit(1)


def _checked(folder: Path) -> CheckedPolicy:
    try:
        return check(read_source(folder))
    except PolicyRefused as refused:
        raise _told(refused) from refused


def _built(folder: Path) -> EmbeddedEngine:
    try:
        return build(Options(policies=folder))
    except PolicyRefused as refused:
        raise _told(refused) from refused


def _told(refused: PolicyRefused) -> typer.Exit:
    for problem in refused.problems:
        typer.echo(str(problem), err=True)
    return typer.Exit(1)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("file", "PASS", "FAIL", "ERROR", "SKIPPED", box=None)
    for path in dict.fromkeys(outcome.path for outcome in outcomes):
        verdicts = [outcome.verdict for outcome in outcomes if outcome.path == path]
        table.add_row(path, *(_cell(verdict, verdicts.count(verdict)) for verdict in _STYLES))
    return table


def _cell(verdict: Verdict, count: int) -> str:
    return f"[{_STYLES[verdict]}]{count}[/]" if count else "·"

import typer
from rich.console import Console
from rich.table import Table

from gateway.bundled import policies as shipped
from gateway.cli.policy_folder import Folder, checked
from gateway.pdp.unittests import Outcome, Verdict, run_tests

_STYLES: dict[Verdict, str] = {"PASS": "green", "FAIL": "bold red", "ERROR": "bold red", "SKIPPED": "yellow"}


def run_folder_tests(policies: Folder = None) -> None:
    """Run a policy folder's own tests; the exit code is 1 unless every one passes."""
    console = Console(soft_wrap=True)
    outcomes = list(run_tests(checked(policies or shipped())))
    console.print(_table(outcomes))
    for outcome in outcomes:
        if outcome.verdict in {"FAIL", "ERROR"}:
            console.print(f"{outcome.verdict} {outcome.name} {outcome.detail}".rstrip(), markup=False)
    passed = sum(outcome.verdict == "PASS" for outcome in outcomes)
    console.print(f"{passed} of {len(outcomes)} tests passed")
    # A folder without tests proves nothing, so it does not pass.
    if not passed or any(outcome.verdict in {"FAIL", "ERROR"} for outcome in outcomes):
        raise typer.Exit(1)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("file", "PASS", "FAIL", "ERROR", "SKIPPED", box=None)
    for path in dict.fromkeys(outcome.path for outcome in outcomes):
        verdicts = [outcome.verdict for outcome in outcomes if outcome.path == path]
        table.add_row(path, *(_cell(verdict, verdicts.count(verdict)) for verdict in _STYLES))
    return table


def _cell(verdict: Verdict, count: int) -> str:
    return f"[{_STYLES[verdict]}]{count}[/]" if count else "·"

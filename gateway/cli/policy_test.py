import time
from collections.abc import Sequence
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.bundled import policies as shipped
from gateway.cli.policy_folder import Folder, checked
from gateway.domain import JsonValue
from gateway.pdp.coverage import Coverage
from gateway.pdp.failures import Failure
from gateway.pdp.unittests import Outcome, PolicyTests, Verdict
from gateway.pdp.workbench.findings import tests_json

_STYLES: dict[Verdict, str] = {"PASS": "green", "FAIL": "bold red", "ERROR": "bold red", "SKIPPED": "yellow"}
_BAD = frozenset({"FAIL", "ERROR"})

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
Wanted = Annotated[
    str, typer.Option("--run", help="Only tests whose full name holds a match of this expression.")
]
Covering = Annotated[bool, typer.Option("--coverage", help="Show what the tests reach, by file.")]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", min=0, max=100, help="Fail below this percentage of lines reached."),
]


def run_folder_tests(
    policies: Folder = None,
    run: Wanted = "",
    coverage: Covering = False,
    threshold: Threshold = None,
    json: AsJson = False,
) -> None:
    """Run a policy folder's own tests; the exit code is 1 unless every one passes."""
    covering = coverage or threshold is not None
    tests = PolicyTests(checked(policies or shipped()), time.perf_counter, coverage=covering)
    outcomes = list(tests.run(run))
    reached = tests.coverage() if covering else None
    if json:
        typer.echo(orjson.dumps(tests_json(outcomes, reached)).decode())
    else:
        _show(Console(soft_wrap=True, highlight=False), outcomes, reached)
    passed = any(each.verdict == "PASS" for each in outcomes)
    low = reached is not None and threshold is not None and reached.share * 100 < threshold
    # A folder without tests proves nothing, so it does not pass.
    if not passed or low or any(each.verdict in _BAD for each in outcomes):
        raise typer.Exit(1)


def _show(console: Console, outcomes: Sequence[Outcome], reached: Coverage | None) -> None:
    console.print(_table(outcomes))
    for outcome in outcomes:
        if outcome.verdict in _BAD:
            _show_bad(console, outcome)
    passed = sum(outcome.verdict == "PASS" for outcome in outcomes)
    console.print(f"{passed} of {len(outcomes)} tests passed")
    if reached is not None:
        _show_coverage(console, reached)


def _show_bad(console: Console, outcome: Outcome) -> None:
    console.print(Text(f"{outcome.verdict} {outcome.name} {outcome.detail}".rstrip(), style="bold red"))
    console.print(Text(f"  {outcome.path}:{outcome.line}"), style="dim")
    if outcome.failure:
        _show_failure(console, outcome.failure)


def _show_failure(console: Console, failure: Failure) -> None:
    console.print(Text(f"  {failure.line}: {failure.statement}"))
    if failure.compared:
        console.print(Text(f"     got      {_value(failure.got)}"))
        console.print(Text(f"     expected {_value(failure.expected)}"))
    if failure.input is not None:
        console.print(Text(f"     input    {_value(failure.input)}"))


def _value(value: JsonValue) -> str:
    return "no value" if value is None else orjson.dumps(value).decode()


def _show_coverage(console: Console, reached: Coverage) -> None:
    table = Table("file", "lines", "missed", box=None)
    for each in reached.files:
        table.add_row(each.path, f"{each.share:.0%}", ", ".join(map(str, each.missed)) or "·")
    console.print(table)
    whole, rules = reached.rules
    console.print(f"{reached.share:.1%} of lines, {whole} of {rules} rules wholly reached")


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table("file", "PASS", "FAIL", "ERROR", "SKIPPED", box=None)
    for path in dict.fromkeys(outcome.path for outcome in outcomes):
        verdicts = [outcome.verdict for outcome in outcomes if outcome.path == path]
        table.add_row(path, *(_cell(verdict, verdicts.count(verdict)) for verdict in _STYLES))
    return table


def _cell(verdict: Verdict, count: int) -> str:
    return f"[{_STYLES[verdict]}]{count}[/]" if count else "·"

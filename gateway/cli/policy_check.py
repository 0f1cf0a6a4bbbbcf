from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from gateway.bundled import policies as shipped
from gateway.cli.policy_folder import Folder
from gateway.cli.policy_problems import show_problems
from gateway.pdp.probe import Examined, Limits, examine
from gateway.pdp.source import PolicyRefused, read_source
from gateway.pdp.workbench.findings import examined_json, refused_json

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
Seconds = Annotated[
    float, typer.Option("--seconds", min=1, help="How long the policy may run while it is tried.")
]
Memory = Annotated[int, typer.Option("--memory-mib", min=1024, help="How much memory it may take meanwhile.")]
Inputs = Annotated[
    int, typer.Option("--inputs", min=0, help="Recombined inputs to try, beside those of its tests.")
]


def check_folder(
    policies: Folder = None,
    json: AsJson = False,
    seconds: Seconds = 30,
    memory_mib: Memory = 2048,
    inputs: Inputs = 200,
) -> None:
    """Parse, check and compile a policy folder, and try it in a process of its own.

    The exit code is 1 if it cannot be put into force.
    """
    folder = policies or shipped()
    try:
        examined = examine(read_source(folder), Limits(seconds, memory_mib, inputs))
    except PolicyRefused as refused:
        _tell_refused(refused, folder, json=json)
        raise typer.Exit(1) from refused
    if json:
        typer.echo(orjson.dumps(examined_json(examined)).decode())
    else:
        _show(examined)


def _tell_refused(refused: PolicyRefused, folder: Path, *, json: bool) -> None:
    if json:
        typer.echo(orjson.dumps(refused_json(refused.problems)).decode())
    else:
        show_problems(Console(stderr=True, soft_wrap=True, highlight=False), folder, refused.problems)


def _show(examined: Examined) -> None:
    console = Console(soft_wrap=True, highlight=False)
    source = examined.policy.source
    console.print(
        f"[green]in order[/]: {len(source.modules)} modules and {len(source.tests)} test files, "
        f"revision {source.revision}"
    )
    for entry_point in examined.entry_points:
        console.print(f"entry point {entry_point}")
    console.print(f"tried on {examined.inputs} inputs; decides in its {examined.form} form")
    for difference in examined.differences:
        console.print(f"[yellow]so the interpreter decides[/]: {difference}", markup=True)

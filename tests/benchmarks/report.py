"""The figures as tables for people and as one JSON document for machines."""

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Figure, Row
from tests.benchmarks.goals import Verdict

_NAMED = ("uvicorn", "fastapi", "starlette", "aiohttp", "gordon-to-regorus", "pysqlite3")


def show(console: Console, rows: Iterable[Row]) -> None:
    """One table for each benchmark."""
    for title, group in groupby(rows, key=attrgetter("benchmark")):
        members = list(group)
        names = list(dict.fromkeys(figure.name for row in members for figure in row.figures))
        table = Table(title=title, title_justify="left", title_style="bold")
        table.add_column("")
        for name in names:
            table.add_column(_heading(name, members), justify="right")
        for row in members:
            table.add_row(row.variant, *(_cell(row, name) for name in names))
        console.print(table)


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Which goals were reached in this run."""
    table = Table(title="Goals (none decides the exit status)", title_justify="left", title_style="bold")
    for heading in ("goal", "wanted", "measured", ""):
        table.add_column(heading)
    for verdict in verdicts:
        mark = "[green]reached[/green]" if verdict.reached else "[yellow]missed[/yellow]"
        table.add_row(verdict.goal, verdict.wanted, verdict.measured, mark)
    console.print(table)


def as_document(rows: Sequence[Row], verdicts: Sequence[Verdict], failures: Sequence[str]) -> bytes:
    """Everything that was measured, and where."""
    document = {
        "environment": environment(),
        "rows": [
            {
                "benchmark": row.benchmark,
                "variant": row.variant,
                "figures": {f.name: {"value": f.value, "unit": f.unit} for f in row.figures},
            }
            for row in rows
        ],
        "goals": [
            {"goal": v.goal, "wanted": v.wanted, "measured": v.measured, "reached": v.reached}
            for v in verdicts
        ],
        "failures": list(failures),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def environment() -> dict[str, object]:
    """The machine and the versions that the figures hold for."""
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": revision.stdout.strip(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": list(os.getloadavg()),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "versions": {name: version(name) for name in _NAMED},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


def _heading(name: str, rows: Iterable[Row]) -> str:
    units = {figure.unit for row in rows for figure in row.figures if figure.name == name} - {"", "1/s"}
    return f"{name}\n{'/'.join(sorted(units))}".rstrip()


def _cell(row: Row, name: str) -> str:
    figure = next((figure for figure in row.figures if figure.name == name), None)
    return "" if figure is None else _shown(figure)


def _shown(figure: Figure) -> str:
    if not figure.unit:
        return f"{figure.value:.2f} x"
    if abs(figure.value) >= 100:
        return f"{figure.value:,.0f}"
    return f"{figure.value:.2f}"

"""Questions to the log in SQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table as Shown

from audit.database import open_reader
from audit.parquet import COLUMNS, bring_up_to_date
from audit.place import Place
from audit.sql import Limits, Table, ask
from gateway.cli.audit_options import Json, reported
from gateway.cli.audit_reading import Copy, Who, desk
from gateway.cli.configuration import ConfigOption

Folder = Annotated[
    Path | None,
    typer.Option(help="Folder of the Parquet copy; default: `parquet` beside the log's database file."),
]


def query(  # noqa: PLR0913, PLR0917 - each is an option
    sql: Annotated[
        str, typer.Argument(metavar="SELECT", help="One SELECT over the table `entry`; empty: its columns.")
    ] = "",
    who: Who = "",
    config: ConfigOption = None,
    copy: Copy = None,
    folder: Folder = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to show.")] = 1_000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Most seconds that the query may take.")] = 30,
    memory: Annotated[int, typer.Option(min=64, help="Most megabytes that the query may take.")] = 2_000,
    as_json: Json = False,
) -> None:
    """Ask the log in SQL (DuckDB): read-only, bounded, the newest entries included.

    Closed ranges of the log are copied once into sorted Parquet files; the copy is for counting, the log is
    the evidence.
    """
    if not sql:
        Console().print(_columns())
        return
    with reported():
        at = desk(config, who, copy, "")
        at.record("query", {"sql_sha256": sha256(sql.encode()).hexdigest()})
        found = _found(
            at.place, folder or _beside(at.place), sql, Limits(timeout, limit, memory), quiet=as_json
        )
        _print(found, as_json=as_json)


def _found(place: Place, folder: Path, sql: str, limits: Limits, *, quiet: bool) -> Table:
    engine = open_reader(place)
    try:
        with _progress(quiet=quiet) as advance:
            kept = bring_up_to_date(engine, folder, advance)
        return ask(engine, kept, sql, limits)
    finally:
        engine.dispose()


def _beside(place: Place) -> Path:
    return place.parent / "parquet" if isinstance(place, Path) else Path(".custody/parquet")


def _print(found: "Table", *, as_json: bool) -> None:
    if as_json:
        for row in found.rows:
            typer.echo(orjson.dumps(dict(zip(found.columns, row, strict=True)), default=str))
    else:
        shown = Shown(*found.columns)
        for row in found.rows:
            shown.add_row(*map(_cell, row))
        Console().print(shown)
    if found.cut:
        typer.secho(f"There is more: only {len(found.rows)} rows are shown (--limit).", err=True, dim=True)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _columns() -> Shown:
    shown = Shown("column", "type", "meaning", title="The table entry", title_justify="left")
    for name, (kind, _, meaning) in COLUMNS.items():
        shown.add_row(name, kind, meaning)
    return shown


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("copying closed ranges"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("copy", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

"""``custody redact eval``: how well and how fast engines find what people labelled."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.redact_detectors import DetectorsOption, chosen_detectors
from gateway.cli.redact_tables import show
from redaction.bulk import BulkScanner
from redaction.errors import RedactionError
from redaction.evaluation import peer_presidio, peer_rampart
from redaction.evaluation.engines import Engine, Ours
from redaction.evaluation.errors import EvaluationError
from redaction.evaluation.labels import Labels, read_labels
from redaction.evaluation.measure import Choice, LabelledFile, Measured, load, measure, warm
from redaction.evaluation.report import document

_PEERS: dict[str, Callable[[Labels], Engine]] = {
    peer_presidio.NAME: peer_presidio.build,
    peer_rampart.NAME: peer_rampart.build,
}


def evaluate(  # noqa: PLR0913, PLR0917 - each is an option of the command
    data: Annotated[list[Path], typer.Option("--data", help="Labelled JSON lines, gzipped or plain.")],
    compared: Annotated[
        list[str] | None, typer.Option("--with", metavar="ENGINE", help="Compare with presidio or rampart.")
    ] = None,
    held_out: Annotated[bool, typer.Option(help="Only the rows that training never sees.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many rows of each file; 0: all.")] = 0,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Table (TOML) of the labels of further sets.")
    ] = None,
    details: Annotated[bool, typer.Option(help="Also show the groups of each file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False,
    detectors: DetectorsOption = "",
    config: ConfigOption = None,
) -> None:
    """Measure recall, precision, leaks, strays and speed on labelled files, side by side with others."""
    try:
        table = read_labels(labels)
        choice = Choice(held_out, limit)
        files = [load(path, table, choice) for path in data]
        settings = configured(config)
        scanner = BulkScanner(chosen_detectors(settings, detectors), deadline_s=settings.redaction.deadline_s)
        with asyncio.Runner() as runner:
            engines = [Ours(scanner, table, runner), *(_peer(name, table) for name in compared or ())]
            measured = _measured(engines, files)
    except (EvaluationError, RedactionError) as error:
        fail(str(error))
    if as_json:
        typer.echo(orjson.dumps(document(files, measured, choice), option=orjson.OPT_INDENT_2))
    else:
        show(files, measured, choice, details=details)


def _peer(name: str, labels: Labels) -> Engine:
    build = _PEERS.get(name)
    if build is None:
        fail(f"--with {name}: there are {', '.join(_PEERS)}")
    return build(labels)


def _measured(engines: Sequence[Engine], files: Sequence[LabelledFile]) -> list[Measured]:
    measured: list[Measured] = []
    with _bar(len(engines) * sum(file.characters for file in files)) as advance:
        for engine in engines:
            advance(engine.name, 0)
            warm(engine)
            measured += [measure(engine, file, partial(advance, engine.name)) for file in files]
    return measured


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str, int], None]]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda engine, done: bar.update(task, description=engine, advance=done)

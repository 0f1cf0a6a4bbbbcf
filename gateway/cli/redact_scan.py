"""``custody redact scan``: what each of many texts holds, as JSON lines."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.json_lines import LONGEST_LINE, Line, Source, batches
from gateway.cli.redact_detectors import DetectorsOption, chosen_detectors
from redaction.base import Finding
from redaction.bulk import BulkScanner
from redaction.errors import RedactionError

_STDIN = Path("-")
Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE]...", help="JSON lines; - or none is standard input.")
]


def scan(files: Files = None, detectors: DetectorsOption = "", config: ConfigOption = None) -> None:
    """Find sensitive text: {"id", "text"} a line in, {"id", "findings"} a line out, in the same order.

    Offsets are code points, half open. A line that cannot be scanned is reported by its number and left out,
    and the exit code is then 1.
    """
    settings = configured(config)
    scanner = BulkScanner(chosen_detectors(settings, detectors), deadline_s=settings.redaction.deadline_s)
    paths = files or [_STDIN]
    missing = [path for path in paths if path != _STDIN and not path.is_file()]
    if missing:
        fail(f"not a file: {', '.join(map(str, missing))}")
    with asyncio.Runner() as runner, _bar(paths) as advance:
        run = _Run(scanner, runner, sys.stdout.buffer, advance)
        try:
            for path in paths:
                run.scan(path)
        except RedactionError as error:
            fail(f"custody redact scan: {error}")
        except BrokenPipeError:
            # Whoever read has enough; Python must not try to write the rest on its way out.
            sys.stdout = None
    if run.faults:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True, repr=False)
class _Wanted:
    """A text to scan and the id to answer with."""

    identifier: str | int | float
    text: str


class _Unusable(Exception):
    """Why a line cannot be scanned; never the line."""


class _Run:
    """One run of the command; ``faults`` counts the lines that could not be scanned."""

    def __init__(
        self, scanner: BulkScanner, runner: asyncio.Runner, out: BinaryIO, advance: Callable[[int], None]
    ) -> None:
        self.faults = 0
        self._scanner = scanner
        self._runner = runner
        self._out = out
        self._advance = advance

    def scan(self, path: Path) -> None:
        """Answers every line of a file; raises ``RedactionError`` when scanning itself fails."""
        if path == _STDIN:
            self._scan(cast("Source", sys.stdin.buffer), "line")
            return
        with path.open("rb") as source:
            self._scan(cast("Source", source), f"{path}, line")

    def _scan(self, source: Source, place: str) -> None:
        for lines in batches(source):
            wanted = list(self._usable(lines, place))
            found = self._runner.run(self._scanner.scan([each.text for each in wanted]))
            self._answer(wanted, found)
            self._advance(sum(len(line.octets or b"") + 1 for line in lines))

    def _usable(self, lines: Sequence[Line], place: str) -> Iterator[_Wanted]:
        for line in lines:
            try:
                yield _wanted(line)
            except _Unusable as reason:
                self.faults += 1
                typer.echo(f"{place} {line.number}: {reason}", err=True)

    def _answer(self, wanted: Sequence[_Wanted], found: Sequence[Sequence[Finding]]) -> None:
        answers = [
            orjson.dumps(
                {"id": each.identifier, "findings": [_told(finding) for finding in findings]},
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for each, findings in zip(wanted, found, strict=True)
        ]
        self._out.write(b"".join(answers))
        self._out.flush()


def _wanted(line: Line) -> _Wanted:
    if line.octets is None:
        raise _Unusable(f"longer than {LONGEST_LINE // 2**20} MiB")
    try:
        row: object = orjson.loads(line.octets)
    except orjson.JSONDecodeError:
        # "from None": the cause holds the line.
        raise _Unusable("not JSON in UTF-8 (a lone surrogate has no UTF-8 form)") from None
    if not isinstance(row, dict):
        raise _Unusable("not an object")
    identifier, text = row.get("id"), row.get("text")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int | float):
        raise _Unusable('"id" must be a string or a number')
    if not isinstance(text, str):
        raise _Unusable('"text" must be a string')
    return _Wanted(identifier, text)


def _told(finding: Finding) -> dict[str, str | int | float]:
    return {
        "entity_type": finding.entity_type,
        "start": finding.start,
        "end": finding.end,
        "score": finding.score,
    }


@contextmanager
def _bar(paths: Sequence[Path]) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    sizes = [None if path == _STDIN else path.stat().st_size for path in paths]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    columns = (TextColumn("scanning"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("scan", total=total)
        yield lambda done: bar.update(task, advance=done)

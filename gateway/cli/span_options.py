"""The options that choose a range of the log to count in."""

from typing import Annotated

import typer

from audit.query import LogReader
from gateway.cli.audit_filter import micros
from gateway.ownership.evidence.span import Span, chosen

First = Annotated[int, typer.Option("--first", min=0, help="Index of the first entry.")]
End = Annotated[int, typer.Option("--end", min=-1, help="Index behind the last entry; -1: all.")]
Since = Annotated[
    str, typer.Option("--since", help="From this moment on, e.g. 2026-11-24; UTC without an offset.")
]
Until = Annotated[str, typer.Option("--until", help="Before this moment.")]


def span_of(reader: LogReader, first: int, end: int, since: str, until: str) -> Span:
    """The span that the options choose, no longer than it must be; raises ExportRefused if it is empty."""
    return chosen(reader, Span(first, end, micros(since, "--since"), micros(until, "--until")))

"""Show entries of the log: the latest, or some by name."""

import time
from typing import Annotated

import typer

from audit.query import Located, LogReader
from gateway.cli import audit_text
from gateway.cli.audit_options import Json, Key, reported
from gateway.cli.audit_source import Database, source
from gateway.cli.configuration import ConfigOption

_FOLLOW_S = 0.5


def tail(
    count: Annotated[int, typer.Option("-n", min=0, help="How many entries.")] = 20,
    follow: Annotated[bool, typer.Option("-f", help="Go on with new ones until interrupted.")] = False,
    config: ConfigOption = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Show the latest entries, oldest first."""
    with reported(), LogReader(source(config, database).place) as reader:
        shown = reader.tail(count)
        last = shown[-1].index if shown else reader.size() - 1
        _print_rows(shown, as_json=as_json)
        while follow:
            time.sleep(_FOLLOW_S)
            shown = reader.page(last)
            last = shown[-1].index if shown else last
            _print_rows(shown, as_json=as_json)


def show(
    name: Annotated[str, typer.Argument(metavar="ID|REQUEST_ID|INDEX", help="Which entries.")],
    config: ConfigOption = None,
    database: Database = None,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Show entries whole, each with its proof of inclusion checked."""
    with reported():
        log = source(config, database, key)
        with LogReader(log.place) as reader:
            checkpoint = reader.checkpoint(log.verifier)
            for located in reader.find(name):
                proof: audit_text.Proof | None = None
                if checkpoint is not None and located.index < checkpoint[0].size:
                    path = reader.prove(located, checkpoint[0])
                    proof = audit_text.Proof(checkpoint[0], checkpoint[1], path)
                told = audit_text.entry_json if as_json else audit_text.entry_text
                typer.echo(told(located, proof))


def _print_rows(rows: list[Located], *, as_json: bool) -> None:
    for located in rows:
        # Not through rich: it would wrap lines and read brackets in the text as markup.
        typer.echo(audit_text.entry_json(located, None) if as_json else audit_text.entry_line(located))

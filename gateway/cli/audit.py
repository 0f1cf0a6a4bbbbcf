"""Look into the audit log, and check it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from audit.cosignature import parse_witness
from audit.query import Located, LogReader
from audit.verify import Progress as OnProgress
from audit.verify import Report, verify_log, verify_receipt
from audit.witness.checks import Trusted
from gateway.cli import (
    audit_export,
    audit_query,
    audit_scorecard,
    audit_search,
    audit_status,
    audit_text,
)
from gateway.cli.audit_options import (
    DATABASE,
    Database,
    Json,
    Key,
    Quorum,
    WitnessKeys,
    log_verifier,
    reported,
)

app = typer.Typer(no_args_is_help=True, help="Look into the audit log, and check it.")

app.command("status")(audit_status.status)
app.command("search")(audit_search.find)
app.command("stats")(audit_search.stats)
app.command("query")(audit_query.query)
app.command("scorecard")(audit_scorecard.scorecard)
app.command("usage")(audit_scorecard.usage)
app.command("export")(audit_export.export)
app.command("prove")(audit_export.prove)
app.command("verify-proof")(audit_export.verify_proof)

_FOLLOW_S = 0.5


@app.command()
def tail(
    count: Annotated[int, typer.Option("-n", min=0, help="How many entries.")] = 20,
    follow: Annotated[bool, typer.Option("-f", help="Go on with new ones until interrupted.")] = False,
    database: Database = DATABASE,
    as_json: Json = False,
) -> None:
    """Show the latest entries, oldest first."""
    with reported(), LogReader(database) as reader:
        shown = reader.tail(count)
        last = shown[-1].index if shown else reader.size() - 1
        _print_rows(shown, as_json=as_json)
        while follow:
            time.sleep(_FOLLOW_S)
            shown = reader.page(last)
            last = shown[-1].index if shown else last
            _print_rows(shown, as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID|REQUEST_ID|INDEX", help="Which entries.")],
    database: Database = DATABASE,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Show entries whole, each with its proof of inclusion checked."""
    with reported(), LogReader(database) as reader:
        verifier = log_verifier(key, database)
        checkpoint = reader.checkpoint(verifier)
        for located in reader.find(name):
            proof: audit_text.Proof | None = None
            if checkpoint is not None and located.index < checkpoint[0].size:
                proof = audit_text.Proof(checkpoint[0], checkpoint[1], reader.prove(located, checkpoint[0]))
            _print(
                audit_text.entry_json(located, proof) if as_json else audit_text.entry_text(located, proof)
            )


@app.command()
def verify(  # noqa: PLR0913, PLR0917 - the options of a command
    database: Database = DATABASE,
    key: Key = "",
    receipt: Annotated[str, typer.Option("--receipt", help="Also check an x-custody-receipt header.")] = "",
    processes: Annotated[int, typer.Option("--processes", min=0, help="How many work; 0: one a core.")] = 0,
    witness: WitnessKeys = None,
    quorum: Quorum = 0,
    as_json: Json = False,
) -> None:
    """Derive the whole log again from its bytes; exit code 1 if anything contradicts."""
    with reported():
        verifier = log_verifier(key, database)
        with _progress(quiet=as_json) as advance:
            trusted = Trusted(tuple(parse_witness(text) for text in witness or ()), quorum)
            report = verify_log(database, verifier, advance, processes=processes, trusted=trusted)
        _print(audit_text.report_json(report) if as_json else audit_text.report_text(report))
        if receipt:
            claim = verify_receipt(database, verifier, receipt)
            _print(audit_text.claim_json(claim) if as_json else audit_text.claim_text(claim))
        _exit_by(report)


def _exit_by(report: Report) -> None:
    if not report.good:
        raise typer.Exit(1)


def _print_rows(rows: list[Located], *, as_json: bool) -> None:
    for located in rows:
        _print(audit_text.entry_json(located, None) if as_json else audit_text.entry_line(located))


def _print(text: str) -> None:
    # Not through rich: it would wrap lines and read brackets in the text as markup.
    typer.echo(text)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[OnProgress]:
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("verify", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

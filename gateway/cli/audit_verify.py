"""Derive the log again from its bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from audit.cosignature import parse_witness
from audit.verify import Progress as OnProgress
from audit.verify import verify_log, verify_receipt
from audit.witness.checks import Trusted
from gateway.cli import audit_text
from gateway.cli.audit_options import Json, Key, Quorum, WitnessKeys, reported
from gateway.cli.audit_source import Database, source
from gateway.cli.configuration import ConfigOption


def verify(  # noqa: PLR0913, PLR0917 - the options of a command
    config: ConfigOption = None,
    database: Database = None,
    key: Key = "",
    receipt: Annotated[str, typer.Option("--receipt", help="Also check an x-custody-receipt header.")] = "",
    processes: Annotated[int, typer.Option("--processes", min=0, help="How many work; 0: one a core.")] = 0,
    witness: WitnessKeys = None,
    quorum: Quorum = 0,
    as_json: Json = False,
) -> None:
    """Derive the whole log again from its bytes; exit code 1 if anything contradicts."""
    with reported():
        log = source(config, database, key)
        verifier = log.verifier
        with _progress(quiet=as_json) as advance:
            trusted = Trusted(tuple(parse_witness(text) for text in witness or ()), quorum)
            report = verify_log(log.place, verifier, advance, processes=processes, trusted=trusted)
        typer.echo(audit_text.report_json(report) if as_json else audit_text.report_text(report))
        if receipt:
            claim = verify_receipt(log.place, verifier, receipt)
            typer.echo(audit_text.claim_json(claim) if as_json else audit_text.claim_text(claim))
        if not report.good:
            raise typer.Exit(1)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[OnProgress]:
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("verify", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

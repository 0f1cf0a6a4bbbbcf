"""Give the log to others: whole as static files, or one entry with its proof."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from audit.checkpoint import Checkpoint
from audit.cosignature import Witness, parse_witness
from audit.database import open_reader
from audit.entry import Facts
from audit.errors import ExportRefused, LogUnusable
from audit.export import WRITERS
from audit.filters import ANY, Filter
from audit.leaf import decode_entry
from audit.proof import Proof, check_proof
from audit.query import Located, LogReader
from audit.static import export_tiles, newest_checkpoint
from gateway.cli import audit_text
from gateway.cli.audit_bundle import export_bundle
from gateway.cli.audit_filter import filtered
from gateway.cli.audit_options import Key, Quorum, WitnessKeys, log_verifier, reported
from gateway.cli.audit_reading import Copy, Desk, Who, desk, reading
from gateway.cli.audit_source import Database, Source, source
from gateway.cli.configuration import ConfigOption


class Format(StrEnum):
    """What an export can be."""

    TILES = "tiles"
    EVIDENCE = "evidence"
    JSONL = "jsonl"
    CSV = "csv"
    OCSF = "ocsf"
    PARQUET = "parquet"


_WHAT = (
    "evidence: one zip that a stranger can check, with its verifier. jsonl, csv: the entries alone."
    " parquet: the columns of `custody audit query`, sorted and compressed."
    " ocsf: as events of OCSF 1.8.0, class API Activity."
    " tiles: the whole signed log as C2SP tlog-tiles, static files in a folder."
)


@filtered
def export(  # noqa: PLR0913 - the options of one command
    target: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="Where to write.")],
    format_: Annotated[Format, typer.Option("--format", help=_WHAT)] = Format.TILES,
    *,
    where: Filter,
    who: Who = "",
    config: ConfigOption = None,
    copy: Copy = None,
    key: Key = "",
    first: Annotated[int, typer.Option("--first", min=0, help="Index of the first entry.")] = 0,
    end: Annotated[int, typer.Option("--end", min=-1, help="Index behind the last entry; -1: all.")] = -1,
    checkpoint: Annotated[
        str,
        typer.Option("--checkpoint", help="evidence: size of the checkpoint, or a file with its note."),
    ] = "",
    policies: Annotated[
        list[Path] | None,
        typer.Option("--policies", help="evidence: a folder with policy texts, older ones too."),
    ] = None,
    receipt: Annotated[
        list[str] | None, typer.Option("--receipt", help="evidence: an x-custody-receipt that was kept.")
    ] = None,
) -> None:
    """Write the log out for others: a range (--first, --end), what a filter lets through, or all of it."""
    with reported():
        at = desk(config, who, copy, key)
        if format_ is Format.TILES:
            typer.echo(_tiles(at, target, where))
        elif format_ is Format.EVIDENCE:
            bounds = (first, end)
            typer.echo(
                export_bundle(
                    at,
                    target,
                    where=where,
                    bounds=bounds,
                    checkpoint=checkpoint,
                    policies=policies or [],
                    receipts=receipt or [],
                )
            )
        else:
            facts: dict[str, Facts] = {
                "format": format_.value,
                "first": first,
                "end": end,
                "filter": where.facts(),
            }
            with reading(at, "export", facts) as reader:
                chosen = reader.scan(where, first, end if end >= 0 else reader.size())
                count = WRITERS[format_.value](chosen, target)
            typer.echo(f"{target} holds {count} entries ({format_}).")


def _tiles(at: Desk, target: Path, where: Filter) -> str:
    if where != ANY:
        raise ExportRefused("tiles are the whole log: leave the filter out, or choose --format evidence.")
    at.record("export", {"format": "tiles"})
    engine = open_reader(at.place)
    try:
        made = export_tiles(engine, newest_checkpoint(engine), at.verifier, target)
    finally:
        engine.dispose()
    size, origin = made.checkpoint.size, made.checkpoint.origin
    return f"{target} holds {size} entries of {origin} (tiles, {made.files} new files)."


def prove(
    name: Annotated[str, typer.Argument(metavar="ID|REQUEST_ID|INDEX", help="Which entry.")],
    target: Annotated[Path, typer.Option("--output", "-o", help="The file to write, a C2SP tlog-proof.")],
    config: ConfigOption = None,
    database: Database = None,
    key: Key = "",
) -> None:
    """Write one entry with its proof into a file that anybody can check without the log."""
    with reported():
        located, signed, proof = _proven(source(config, database, key), name)
        target.write_text(proof.text(), "utf-8")
    typer.echo(
        f"{target} shows entry {located.index} of {signed.origin}, as signed at {signed.size} entries."
    )


def _proven(log: Source, name: str) -> tuple[Located, Checkpoint, Proof]:
    with LogReader(log.place) as reader:
        located = reader.find(name)
        if len(located) > 1:
            indexes = ", ".join(str(each.index) for each in located)
            raise LogUnusable(f"{name} names the entries {indexes}: give one index.")
        signed = reader.checkpoint(log.verifier)
        if signed is None or signed[0].size <= located[0].index:
            raise LogUnusable("The entry is under no signed checkpoint yet: try again in a second.")
        path = tuple(reader.prove(located[0], signed[0]))
    return located[0], signed[0], Proof(located[0].index, path, signed[1], located[0].leaf)


def verify_proof(
    file: Annotated[Path, typer.Argument(help="The C2SP tlog-proof to check.")],
    key: Annotated[str, typer.Option("--key", help="The log's verifier key, or a file that holds it.")],
    witness: WitnessKeys = None,
    quorum: Quorum = 0,
) -> None:
    """Check a proof file against keys alone; exit code 1 if it does not hold."""
    with reported():
        witnesses: list[Witness] = [parse_witness(text) for text in witness or []]
        try:
            content = file.read_bytes()
        except OSError as error:
            raise LogUnusable(f"{file} cannot be read: {error.strerror}") from error
        shown = check_proof(content, log_verifier(key, file), witnesses, quorum)
        located = Located(shown.index, shown.entry, decode_entry(shown.entry))
    names = ", ".join(each.witness for each in shown.cosignatures) or "no known witness"
    typer.echo(audit_text.entry_line(located))
    signed = f"{shown.checkpoint.origin} as signed at {shown.checkpoint.size} entries"
    typer.echo(f"In the log {signed}; cosigned by {names}.")

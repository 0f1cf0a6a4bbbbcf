"""Give the log to others: whole as static files, or one entry with its proof."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from audit.cosignature import Witness, parse_witness
from audit.database import open_reader
from audit.errors import LogUnusable
from audit.leaf import decode_entry
from audit.proof import Proof, check_proof
from audit.query import Located, LogReader
from audit.static import export_tiles, newest_checkpoint
from gateway.cli import audit_text
from gateway.cli.audit_options import DATABASE, Database, Key, Quorum, WitnessKeys, log_verifier, reported


class Format(StrEnum):
    """What an export can be."""

    TILES = "tiles"


def export(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write.")],
    format_: Annotated[
        Format, typer.Option("--format", help="tiles: the signed log as C2SP tlog-tiles, static files.")
    ] = Format.TILES,
    database: Database = DATABASE,
    key: Key = "",
) -> None:
    """Write the log out; a second export into the same folder adds what is new."""
    with reported():
        verifier = log_verifier(key, database)
        engine = open_reader(database)
        try:
            made = export_tiles(engine, newest_checkpoint(engine), verifier, target)
        finally:
            engine.dispose()
    size = made.checkpoint.size
    typer.echo(
        f"{target} holds {size} entries of {made.checkpoint.origin} ({format_}, {made.files} new files)."
    )


def prove(
    name: Annotated[str, typer.Argument(metavar="ID|REQUEST_ID|INDEX", help="Which entry.")],
    target: Annotated[Path, typer.Option("--output", "-o", help="The file to write, a C2SP tlog-proof.")],
    database: Database = DATABASE,
    key: Key = "",
) -> None:
    """Write one entry with its proof into a file that anybody can check without the log."""
    with reported(), LogReader(database) as reader:
        located = reader.find(name)
        if len(located) > 1:
            indexes = ", ".join(str(each.index) for each in located)
            raise LogUnusable(f"{name} names the entries {indexes}: give one index.")
        signed = reader.checkpoint(log_verifier(key, database))
        if signed is None or signed[0].size <= located[0].index:
            raise LogUnusable("The entry is under no signed checkpoint yet: try again in a second.")
        path = tuple(reader.prove(located[0], signed[0]))
        target.write_text(Proof(located[0].index, path, signed[1], located[0].leaf).text(), "utf-8")
    index, checkpoint = located[0].index, signed[0]
    typer.echo(
        f"{target} shows entry {index} of {checkpoint.origin}, as signed at {checkpoint.size} entries."
    )


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

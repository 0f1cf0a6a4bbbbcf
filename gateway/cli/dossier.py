"""Everything about a dispute in one file that a stranger can check."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.console import Console

from audit.entry import Record
from audit.errors import AuditError, LogUnusable
from audit.evidence.bundle import dossier_digest
from audit.keys import read_verifier
from audit.note import Verifier
from audit.query import LogReader
from gateway.cli.acting import As, acting, appending
from gateway.cli.audit_bundle import folders_of, read_folder, witnesses_of, write_evidence
from gateway.cli.audit_scorecard import PricesFile, read_known_prices
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.progress import shown_progress
from gateway.errors import CustodyError
from gateway.ownership.dossier.files import files_of
from gateway.ownership.dossier.material import Material, Sources, gather
from gateway.ownership.dossier.sealing import evidence_of, seal_record, sealed_at
from gateway.ownership.evidence.prices import Prices
from gateway.parts import known_control_database, log_place
from gateway.pdp.source import PolicySource
from gateway.settings import Settings, SettingsInvalid

# A gateway signs within a second of new entries; one that is busy or starting takes longer.
_SIGNED_WITHIN_S = 15.0
_LOOK_EVERY_S = 0.2

Policies = Annotated[
    list[Path] | None, typer.Option("--policies", help="A folder with policy texts, older ones too.")
]
Note = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        exists=True,
        dir_okay=False,
        help="File with the signed note to build on, such as `checkpoint` of an earlier dossier: the same"
        " bytes again although more witnesses have cosigned since.",
    ),
]


def dossier(  # noqa: PLR0913, PLR0917 - each is an option
    dispute: Annotated[str, typer.Argument(metavar="ID", help="The dispute or mandate.")],
    who: As,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; default: dossier-ID.zip.")
    ] = None,
    first: Annotated[int, typer.Option("--first", min=0, help="Index of the first entry to count.")] = 0,
    prices: PricesFile = None,
    policies: Policies = None,
    checkpoint: Note = None,
    config: ConfigOption = None,
) -> None:
    """Write claims, timelines, exhibits with proofs, figures, replay and ruling into one verifiable zip.

    The file says what stood until the dispute's last step, so it comes out the same until there is another.
    """
    settings, known = configured(config), read_known_prices(prices)
    actor, output = acting(settings, who), target or Path(f"dossier-{dispute}.zip")
    if not output.parent.is_dir():
        fail(f"There is no folder {output.parent} to write into.")
    with _refusals_told(), LogReader(log_place(settings)) as reader:
        texts = {each.revision: each for each in map(read_folder, folders_of(settings, policies or []))}
        material = gathered(settings, reader, dispute, first, texts, known)
        files = files_of(material)
        digest = dossier_digest(files)
        anyio.run(_append, settings, seal_record(actor, material, digest))
        seal, note = _sealed(settings, reader, digest, checkpoint)
        evidence = evidence_of(
            material, files, seal, note=note, verifier=_verifier(settings), witnesses=witnesses_of(settings)
        )
        sha256, told = write_evidence(reader, evidence, output)
    typer.echo(f"{told}\n  dossier      {len(files)} files, sealed by entry {seal}\n  SHA-256      {sha256}")


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except (AuditError, SettingsInvalid) as error:
        typer.secho(f"custody dispute dossier: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error
    except CustodyError as error:
        fail(error.reason_user)


def gathered(  # noqa: PLR0913, PLR0917 - what a dossier is read from
    settings: Settings,
    reader: LogReader,
    dispute: str,
    first: int,
    policies: Mapping[str, PolicySource],
    prices: Prices | None,
) -> Material:
    """What a dossier is made of; raises what ``gather`` raises, or ``SettingsInvalid``."""
    database = known_control_database(settings)
    try:
        with database.reader.connect() as connection, shown_progress(Console(stderr=True)) as progress:
            sources = Sources(
                connection=connection, reader=reader, policies=policies, prices=prices, first=first
            )
            return gather(sources, dispute, progress)
    finally:
        database.close()


async def _append(settings: Settings, record: Record) -> None:
    async with appending(settings) as log:
        await log.append(record)


def _sealed(settings: Settings, reader: LogReader, digest: str, given: Path | None) -> tuple[int, str]:
    """Where the dossier was first sealed, and the note of a checkpoint over it; raises LogUnusable."""
    verifier, deadline = _verifier(settings), time.monotonic() + _SIGNED_WITHIN_S
    seal = sealed_at(reader, digest)
    if seal is None:
        raise AssertionError("it was sealed a moment ago")
    if given is not None:
        return seal, given.read_text("utf-8")
    while (signed := reader.checkpoint_over(verifier, seal)) is None:
        if time.monotonic() > deadline:
            raise LogUnusable("The log has not signed the dossier's seal yet; try again in a moment.")
        time.sleep(_LOOK_EVERY_S)
    return seal, signed[1]


def _verifier(settings: Settings) -> Verifier:
    return read_verifier((settings.state_dir / settings.audit.key_file).with_suffix(".pub"))

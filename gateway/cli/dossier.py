"""Everything about a dispute in one file that a stranger can check."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from audit.errors import AuditError
from gateway.cli.acting import As, acting
from gateway.cli.audit_scorecard import PricesFile, read_known_prices
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.progress import shown_progress
from gateway.dossiers import make_dossier
from gateway.errors import CustodyError
from gateway.ownership.dossier.order import Order
from gateway.settings import SettingsInvalid

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
    note = checkpoint.read_text("utf-8") if checkpoint else ""
    order = Order(dispute, first, known, tuple(policies or ()), note)
    with _refusals_told(), shown_progress(Console(stderr=True)) as progress:
        made = make_dossier(settings, order, actor, output, progress)
    typer.echo(
        f"{made.told}\n  dossier      {made.files} files, sealed by entry {made.seal}\n"
        f"  SHA-256      {made.sha256}"
    )


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except (AuditError, SettingsInvalid) as error:
        typer.secho(f"custody dispute dossier: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error
    except CustodyError as error:
        fail(error.reason_user)

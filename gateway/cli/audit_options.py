"""What the commands that look into the log have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from audit.errors import AuditError, LogUnusable
from audit.keys import read_verifier, verifier_path
from audit.note import Verifier, parse_verifier
from audit.place import Place, parse_place


def place_of(text: str | Path) -> Place:
    """Where the log lies, as an option says it."""
    try:
        return parse_place(str(text))
    except LogUnusable as error:
        raise typer.BadParameter(str(error)) from error


Key = Annotated[
    str,
    typer.Option(
        "--key", help="The log's verifier key, or a file that holds it; beside the database if not given."
    ),
]
WitnessKeys = Annotated[
    list[str] | None, typer.Option("--witness", help="A witness's verifier key; may be given again.")
]
Quorum = Annotated[int, typer.Option("--quorum", min=0, help="How many witnesses must have cosigned.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON lines.")]


def log_verifier(key: str, database: Place) -> Verifier:
    """The log's key as given, or as it lies beside the database; raises LogUnusable or InvalidNote."""
    if key and not Path(key).is_file():
        return parse_verifier(key)
    if key:
        return read_verifier(Path(key))
    if not isinstance(database, Path):
        raise LogUnusable("Pass the log's verifier key with --key: the operator's audit.pub.")
    return read_verifier(verifier_path(database.with_suffix(".key")))


@contextmanager
def reported() -> Iterator[None]:
    """Tell an error of the log in a sentence, with exit code 1."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    except AuditError as error:
        typer.secho(f"custody audit: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error

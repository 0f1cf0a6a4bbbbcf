"""What the commands that look into the log have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from audit.errors import AuditError
from audit.keys import read_verifier, verifier_path
from audit.note import Verifier, parse_verifier

Database = Annotated[Path, typer.Option("--database", help="The log's database.")]
Key = Annotated[
    str,
    typer.Option(
        "--key", help="The log's verifier key, or a file that holds it; beside the database if not given."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON lines.")]

DATABASE = Path(".custody/audit.db")


def log_verifier(key: str, database: Path) -> Verifier:
    """The log's key as given, or as it lies beside the database; raises LogUnusable or InvalidNote."""
    if key and not Path(key).is_file():
        return parse_verifier(key)
    return read_verifier(Path(key) if key else verifier_path(database.with_suffix(".key")))


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

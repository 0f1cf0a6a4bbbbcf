"""Which log a command reads: that of the settings, or another one."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from audit.keys import read_verifier
from audit.note import Verifier
from audit.place import Place
from gateway.cli.audit_options import log_verifier, place_of
from gateway.cli.configuration import configured
from gateway.places import log_place
from gateway.settings import Settings

# Typer knows no unions; what the parser gives is a Place all the same.
if TYPE_CHECKING:
    _Option: TypeAlias = Place | None
else:
    _Option = str
Database = Annotated[
    _Option,
    typer.Option(
        "--database",
        parser=place_of,
        metavar="PATH|URL",
        help="Another log than the settings' own: its SQLite file, or postgresql://user@host/name"
        " (password: ~/.pgpass or PGPASSWORD).",
    ),
]


@dataclass(frozen=True, slots=True)
class Source:
    """A log: where it lies, and how its key is found."""

    place: Place
    key: str
    settings: Settings | None

    @property
    def verifier(self) -> Verifier:
        """The log's key as given, or as it lies beside the log; raises LogUnusable or InvalidNote."""
        if self.key or self.settings is None:
            return log_verifier(self.key, self.place)
        return read_verifier((self.settings.state_dir / self.settings.audit.key_file).with_suffix(".pub"))


def source(config: Path | None, database: Place | None, key: str = "") -> Source:
    """The log that is named, else that of the settings; raises LogUnusable."""
    if database is not None:
        return Source(database, key, None)
    settings = configured(config)
    return Source(log_place(settings), key, settings)

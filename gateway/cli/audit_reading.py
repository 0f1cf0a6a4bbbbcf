"""Opens the log for an auditor, who goes on record before anything is shown."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import anyio
import typer

from audit.entry import EntryType, Facts, Record
from audit.errors import AuditError, LogUnusable
from audit.place import Place
from audit.query import LogReader
from gateway.appending import appending
from gateway.cli.acting import acting
from gateway.cli.audit_options import place_of
from gateway.cli.audit_source import Source
from gateway.cli.configuration import configured, fail
from gateway.ids import Uuid7
from gateway.places import log_place
from gateway.settings import Settings, SettingsInvalid

Who = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PRINCIPAL",
        help="Who reads: a principal of the settings. It goes on record before anything is shown.",
    ),
]
if TYPE_CHECKING:
    _Option: TypeAlias = Place | None
else:
    _Option = str
Copy = Annotated[
    _Option,
    typer.Option(
        "--database",
        parser=place_of,
        metavar="PATH|URL",
        help="A copy of a log to read instead of the settings' own; such a read is not on record.",
    ),
]


@dataclass(frozen=True, slots=True)
class Desk(Source):
    """What an auditor works on: the log that the settings name, or a copy."""

    who: str

    def record(self, command: str, facts: Mapping[str, Facts]) -> None:
        """Put the read on record; raises LogUnusable, and nothing may be shown, if that cannot be."""
        if self.settings is None:
            typer.secho("Read from a copy: this is not on record.", err=True, dim=True)
            return
        try:
            anyio.run(self._append, self.settings, command, facts)
        except (AuditError, SettingsInvalid) as error:
            raise LogUnusable(
                f"Reads are records, and this one could not be recorded: {error} Nothing is shown."
            ) from error

    async def _append(self, settings: Settings, command: str, facts: Mapping[str, Facts]) -> None:
        actor = acting(settings, self.who)
        detail: dict[str, Facts] = {"command": command, **facts}
        async with appending(settings) as log:
            await log.append(
                Record(
                    type=EntryType.AUDITOR_QUERY,
                    request_id=Uuid7()(),
                    actor=actor,
                    action="audit",
                    detail=detail,
                )
            )


def desk(config: Path | None, who: str, copy: Place | None, key: str) -> Desk:
    """Where the auditor reads; exits with 2 without a name for the record."""
    if copy is not None:
        return Desk(copy, key, None, who)
    settings = configured(config)
    if not who:
        fail("Say who reads with --as PRINCIPAL: reads of the log are records in it.")
    acting(settings, who)
    return Desk(log_place(settings), key, settings, who)


@contextmanager
def reading(at: Desk, command: str, facts: Mapping[str, Facts]) -> Iterator[LogReader]:
    """The log, once the read is on record."""
    at.record(command, facts)
    with LogReader(at.place) as reader:
        yield reader

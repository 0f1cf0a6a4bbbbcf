"""Governance at the command line: the same operations and views as the API, on the database itself."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, NoReturn, TypeVar

import anyio
import orjson
import typer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit.database import cause
from audit.errors import AuditError
from audit.log import Log
from gateway.appending import appending
from gateway.cli.acting import person
from gateway.cli.configuration import fail
from gateway.control.governance import Governance
from gateway.control.operations import Acting
from gateway.control.requests import Performed
from gateway.errors import CustodyError
from gateway.parts import control, governance, known_control_database, principals, seed
from gateway.settings import Settings, SettingsInvalid
from gateway.state import StateFolder

_Done = TypeVar("_Done")

Json = Annotated[bool, typer.Option("--json", help="Write JSON.")]

_MICROS = 1_000


def looked_up(settings: Settings, work: Callable[[Connection, int], _Done]) -> _Done:
    """Does ``work`` over one state of the control database, at this moment; needs no running gateway."""
    try:
        database = known_control_database(settings)
    except SettingsInvalid as error:
        fail(str(error))
    try:
        with database.reader.connect() as connection:
            return work(connection, time.time_ns() // _MICROS)
    except UnicodeEncodeError:
        fail("This is no id: it is not Unicode.")
    except SQLAlchemyError as error:
        fail(f"The control database cannot be read: {cause(error)}")
    except CustodyError as refusal:
        refuse(refusal)
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class Office:
    """Governance, and the log that it records in."""

    governance: Governance
    log: Log


def done(settings: Settings, who: str, work: Callable[[Office, Acting], Awaitable[_Done]]) -> _Done:
    """Does ``work`` as a principal; what governance refuses is told in its own words, with exit code 1."""
    acting = person(settings, who)

    async def whole() -> _Done:
        async with _opened(settings) as office:
            return await work(office, acting)

    try:
        return anyio.run(whole)
    except CustodyError as refusal:
        refuse(refusal)
    except (SettingsInvalid, AuditError) as error:
        fail(str(error))


def tell(performed: Performed, *, as_json: bool) -> None:
    """Tells what came of an operation."""
    if as_json:
        told = {
            "state": "proposed" if performed.proposal else "done",
            "revision": performed.revision,
            "outcome": performed.outcome,
            "proposal": performed.proposal,
        }
        typer.echo(orjson.dumps(told))
    elif performed.proposal:
        typer.echo(f"Proposed as {performed.proposal}. Another person must consent:")
        typer.echo(f"  custody proposal consent {performed.proposal} --as PRINCIPAL")
    else:
        typer.echo(f"Done, as revision {performed.revision}.")
        for name, value in performed.outcome.items():
            typer.echo(f"  {name}: {_plain(value)}")


def refuse(refusal: CustodyError) -> NoReturn:
    """Tells why governance refuses, and exits with 1."""
    typer.secho(f"{refusal.reason_user} ({refusal.code})", fg=typer.colors.RED, err=True)
    raise typer.Exit(1) from refusal


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Office]:
    people = principals(settings, StateFolder(settings.state_dir))
    async with appending(settings) as log:
        governed = control(settings, log)
        try:
            # As a gateway's start does: what the settings name can be operated on before the first call.
            await seed(settings, governed)
            yield Office(governance(settings, people, governed), log)
        finally:
            governed.close()


def _plain(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()

"""What the commands about policies in force share: who acts, on which database, and how errors are told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import anyio
import orjson
import typer

from audit.errors import AuditError
from gateway.appending import appending
from gateway.cli.acting import person
from gateway.cli.configuration import fail
from gateway.control.changes import Control
from gateway.control.governance import Governance
from gateway.control.operations import Operation
from gateway.errors import CustodyError
from gateway.parts import control, governance, principals
from gateway.policy_desk import PolicyDesk, open_desk
from gateway.settings import Settings, SettingsInvalid
from gateway.state import StateFolder

_Done = TypeVar("_Done")

Json = Annotated[bool, typer.Option("--json", help="Write JSON.")]
Policy = Annotated[
    str, typer.Argument(metavar="REVISION", help="Revision of a stored policy, or the beginning of it.")
]
Expected = Annotated[
    str, typer.Option("--expected", help="Only if this revision is in force, in full; else whichever is.")
]


@dataclass(frozen=True, slots=True)
class Office:
    """The control database with what is done there."""

    control: Control
    governance: Governance
    desk: PolicyDesk


def run(settings: Settings, work: Callable[[Office], Awaitable[_Done]]) -> _Done:
    """Does ``work``; what the gateway refuses is told in its own words, with exit code 1."""

    async def whole() -> _Done:
        async with _office(settings) as office:
            return await work(office)

    try:
        return anyio.run(whole)
    except CustodyError as refused:
        typer.echo(refused.reason_user, err=True)
        raise typer.Exit(1) from refused
    except (SettingsInvalid, AuditError) as error:
        fail(str(error))


def perform(settings: Settings, principal: str, operation: Operation, *, as_json: bool) -> None:
    """Does one operation as a principal, and tells what came of it."""
    acting = person(settings, principal)
    performed = run(settings, lambda office: office.governance.perform(acting, operation))
    told = {**performed.outcome, "operation": operation.kind, "proposed": bool(performed.proposal)}
    if as_json:
        typer.echo(orjson.dumps(told))
    elif performed.proposal:
        typer.echo(f"Proposed as {performed.proposal}: a second person must consent to it.")
    else:
        typer.echo(f"Done: {', '.join(f'{key} {value}' for key, value in performed.outcome.items())}")


def moment(at_us: int) -> str:
    """A time of the database, for people."""
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")


@asynccontextmanager
async def _office(settings: Settings) -> AsyncIterator[Office]:
    state = StateFolder(settings.state_dir)
    async with appending(settings) as log:
        governed = control(settings, log)
        try:
            people = principals(settings, state)
            yield Office(
                governed, governance(settings, people, governed), open_desk(settings, state, governed, log)
            )
        finally:
            governed.close()

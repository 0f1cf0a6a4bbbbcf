"""What is done to kept prompts and replies: erase, hold, prune, disclose. Each is a record in the log."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import anyio
import orjson
import typer
from rich.console import Console
from rich.table import Table

from audit.entry import Actor, Entry
from audit.errors import AuditError
from audit.log import Log
from audit.payloads.erasure import Custodian, payload_of
from audit.payloads.key_store import Owner
from audit.payloads.legal_holds import Hold
from audit.payloads.vault import Vault
from audit.query import LogReader
from gateway.appending import appending
from gateway.cli.acting import As, acting
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.errors import CustodyError
from gateway.ids import Uuid7
from gateway.ownership.disputes.keeping import keep_holds
from gateway.parts import control, retention, vault
from gateway.places import log_place
from gateway.settings import Settings, SettingsInvalid
from gateway.state import StateFolder
from gateway.upkeep import GATEWAY

T = TypeVar("T")

Department = Annotated[str, typer.Option("--department", help="The department that kept them.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON.")]

hold_app = typer.Typer(no_args_is_help=True, help="Legal holds, which win over erasure and retention.")


def erase(
    department: Department,
    subject: Annotated[str, typer.Option("--subject", help="The department's reference for the person.")],
    who: As,
    config: ConfigOption = None,
) -> None:
    """Make every kept payload of a person unreadable, for good; a legal hold wins."""

    async def work(custodian: Custodian, actor: Actor) -> int:
        deed = await custodian.erase(Owner(department, subject), actor)
        return len(deed.detail["keys"])  # type: ignore[arg-type]  # a list, as key_store wrote it

    count = _run(configured(config), who, work, erasing=True)
    typer.echo(f"Erased {count} key(s). What they opened can be read by nobody; every proof still verifies.")


def prune(who: As, config: ConfigOption = None) -> None:
    """Erase the keys of payloads that are older than their department's retention."""

    async def work(custodian: Custodian, actor: Actor) -> int:
        await custodian.settle(actor)
        deeds = await custodian.prune(datetime.now(UTC), actor)
        return sum(len(deed.detail["keys"]) for deed in deeds)  # type: ignore[arg-type, misc]  # lists

    typer.echo(f"Erased {_run(configured(config), who, work, erasing=True)} key(s) by age.")


def disclose(
    name: Annotated[str, typer.Argument(metavar="ENTRY|REQUEST_ID|INDEX", help="Which record.")],
    who: As,
    kind: Annotated[str, typer.Option(help="Which payload of it: prompt, reply.")] = "prompt",
    opened: Annotated[bool, typer.Option("--open", help="Print the payload itself.")] = False,
    config: ConfigOption = None,
) -> None:
    """Hand out the key of one payload, which opens no other; on record before it is shown."""
    settings = configured(config)
    entry = _entry_with(settings, name, kind)

    async def work(custodian: Custodian, actor: Actor) -> bytes:
        given = await custodian.disclose(entry, kind, Uuid7()(), actor)
        if opened:
            return custodian.opened(entry, kind, given)
        told = {
            "entry": entry.id,
            "request_id": entry.record.request_id,
            "kind": kind,
            "key_id": payload_of(entry, kind).key_id,
            "record_key": given.record_key.hex(),
            "stored": base64.b64encode(given.octets).decode(),
        }
        return orjson.dumps(told)

    typer.echo(_run(settings, who, work))


@hold_app.command("place")
def place(  # noqa: PLR0913, PLR0917 - each is an option
    matter: Annotated[str, typer.Argument(help="Reference of the matter, such as a docket number.")],
    who: As,
    department: Annotated[str, typer.Option(help="Only this department's payloads.")] = "",
    subject: Annotated[str, typer.Option(help="Only this person's, by the department's reference.")] = "",
    record: Annotated[str, typer.Option(help="Only those of this entry or request.")] = "",
    asset: Annotated[str, typer.Option(help="Only those about this asset.")] = "",
    config: ConfigOption = None,
) -> None:
    """Place a legal hold; with nothing named it covers everything, and asked twice it is placed once."""
    settings = configured(config)
    if subject and not department:
        fail("A person is known by a department's reference, so --subject needs --department.")
    entry = _entry_with(settings, record, "") if record else None

    async def work(custodian: Custodian, actor: Actor) -> list[Hold]:
        scopes = custodian.scopes(Owner(department, subject), entry, asset)
        return [await custodian.hold(matter, scope, actor) for scope in scopes]

    for hold in _run(settings, who, work):
        typer.echo(f"Hold {hold.id} is in force for {matter}.")


@hold_app.command("release")
def release(
    hold: Annotated[str, typer.Argument(help="Id of the hold.")], who: As, config: ConfigOption = None
) -> None:
    """End a legal hold."""
    _run(configured(config), who, lambda custodian, actor: custodian.release(hold, actor))
    typer.echo(f"Hold {hold} is released.")


@hold_app.command("list")
def list_holds(config: ConfigOption = None, as_json: Json = False) -> None:
    """Show every hold, those that were released too."""
    settings = configured(config)
    opened = vault(settings, StateFolder(settings.state_dir))
    try:
        holds = opened.holds.all()
    finally:
        opened.close()
    if as_json:
        for hold in holds:
            typer.echo(orjson.dumps(hold))
    else:
        Console().print(_table(holds))


def _table(holds: list[Hold]) -> Table:
    table = Table("hold", "matter", "department", "person", "key", "asset", "placed", "released")
    for hold in holds:
        scope = hold.scope
        wide = [part or "any" for part in (scope.department, scope.person, scope.data_key, scope.asset)]
        released = _day(hold.released_us) if hold.released_us else "in force"
        table.add_row(hold.id, hold.matter, *wide, _day(hold.placed_us), released)
    return table


def _day(wall_us: int) -> str:
    return datetime.fromtimestamp(wall_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")


def _entry_with(settings: Settings, name: str, kind: str) -> Entry:
    """The entry of this name that keeps a payload of this kind, or of any when none is named."""
    try:
        with LogReader(log_place(settings)) as reader:
            found = [located.entry for located in reader.find(name)]
    except AuditError as error:
        fail(str(error))
    keeping = [e for e in found if any(kind in {"", each.kind} for each in e.record.payloads)]
    if not keeping:
        fail(f"No record of {name} keeps a payload {kind}.")
    return keeping[0]


def _run(
    settings: Settings, who: str, work: Callable[[Custodian, Actor], Awaitable[T]], *, erasing: bool = False
) -> T:
    """Does the work with everything open; tells an error in a sentence and exits with 1.

    Before anything is erased, the holds of disputes are placed that no upkeep has placed yet.
    """

    async def whole() -> T:
        async with _custodian(settings, erasing=erasing) as custodian:
            return await work(custodian, acting(settings, who))

    try:
        return anyio.run(whole)
    except (AuditError, CustodyError, SettingsInvalid) as error:
        typer.secho(f"custody audit: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error


@asynccontextmanager
async def _custodian(settings: Settings, *, erasing: bool) -> AsyncIterator[Custodian]:
    opened = vault(settings, StateFolder(settings.state_dir))
    try:
        async with appending(settings) as log:
            custodian = Custodian(opened, log, retention(settings))
            if erasing:
                await _hold(settings, log, custodian, opened)
            yield custodian
    finally:
        opened.close()


async def _hold(settings: Settings, log: Log, custodian: Custodian, opened: Vault) -> None:
    governed = control(settings, log)
    try:
        await keep_holds(governed, custodian, opened.holds.all, GATEWAY)
    finally:
        governed.close()

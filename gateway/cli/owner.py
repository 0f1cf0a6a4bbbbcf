from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.configuration import ConfigOption, configured
from gateway.cli.governing import Json, looked_up
from gateway.cli.grouping import add_operations, print_told
from gateway.cli.showing import print_rows
from gateway.ownership.operations import asserting
from gateway.ownership.registry.facets import Facet
from gateway.views import history
from gateway.views.base import Told, micros

_TIME = "e.g. 2026-11-24 or 2026-11-24T09:00:00+01:00; without an offset it is UTC"

Asset = Annotated[str, typer.Argument(metavar="ASSET", help="Id of the asset.")]
OneFacet = Annotated[Facet | None, typer.Option("--facet", help="Only this facet.")]
ValidAt = Annotated[str, typer.Option("--valid-at", help=f"When it held; by default now, {_TIME}.")]
KnownAt = Annotated[str, typer.Option("--known-at", help=f"As known then; by default as known now, {_TIME}.")]

_SAID = {
    "facet": "facet",
    "holder": "holder",
    "basis": "basis",
    "valid from": "valid_from",
    "to": "valid_to",
    "believed from": "recorded_from",
    "until": "recorded_to",
    "reference": "reference",
    "revision": "revision",
}
_SHIFTED = {
    "facet": "facet",
    "valid from": "valid_from",
    "to": "valid_to",
    "was believed": "before.holder",
    "is believed": "after.holder",
    "basis": "after.basis",
    "reference": "after.reference",
}

app = typer.Typer(no_args_is_help=True)
add_operations(app, asserting.OPERATIONS, "owner")


@app.command("show")
def show(  # noqa: PLR0913, PLR0917 - each is an option
    asset: Asset,
    facet: OneFacet = None,
    valid_at: ValidAt = "",
    known_at: KnownAt = "",
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Show who held what of an asset at one time, as known at one time."""
    as_of = history.AsOf(_us(valid_at, "--valid-at"), _us(known_at, "--known-at"))
    told = looked_up(
        configured(config),
        lambda connection, now_us: history.owners(connection, asset, facet, now_us, as_of),
    )
    print_told(told, as_json=as_json)


@app.command("timeline")
def timeline(
    asset: Asset,
    facet: OneFacet = None,
    known_at: KnownAt = "",
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Show all that was ever said of an asset's ownership, or what was believed at one time."""
    known_us = _us(known_at, "--known-at")
    told = looked_up(
        configured(config), lambda connection, _: history.timeline(connection, asset, facet, known_us)
    )
    _print(told, "assertions", _SAID, as_json=as_json)


@app.command("diff")
def diff(
    asset: Asset,
    earlier: Annotated[str, typer.Option("--earlier", help=f"As known then, {_TIME}.")],
    later: Annotated[str, typer.Option("--later", help="And as known then; by default as known now.")] = "",
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Show what of an asset's ownership came to be believed otherwise between two moments."""
    from_us, to_us = _us(earlier, "--earlier") or 0, _us(later, "--later")
    told = looked_up(
        configured(config),
        lambda connection, now_us: history.diff(
            connection, asset, from_us, now_us if to_us is None else to_us
        ),
    )
    _print(told, "shifts", _SHIFTED, as_json=as_json)


def _print(told: Told, member: str, columns: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(told.model_dump_json())
    else:
        print_rows(told.model_dump(mode="json")[member], columns)


def _us(text: str, option: str) -> int | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time: {_TIME}", param_hint=option) from None
    return micros(at if at.tzinfo else at.replace(tzinfo=UTC))

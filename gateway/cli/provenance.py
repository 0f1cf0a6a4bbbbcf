"""What an asset is made of, and what is made of it."""

import time
from pathlib import Path
from typing import Annotated

import orjson
import typer
from sqlalchemy import Connection

from gateway.cli.aligned import aligned
from gateway.cli.audit_options import Json
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.errors import CustodyError
from gateway.ownership.evidence.drawings import graph
from gateway.ownership.evidence.provenance import Provenance, provenance
from gateway.ownership.registry.assets import require_asset
from gateway.parts import known_control_database
from gateway.report.plots import standalone
from gateway.settings import SettingsInvalid


def show(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="Id of the asset.")],
    svg: Annotated[Path | None, typer.Option("--svg", help="Draw the graph into this file.")] = None,
    dot: Annotated[bool, typer.Option("--dot", help="Write the graph in Graphviz' language.")] = False,
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Show what an asset is part of and derived from, and what stands on it, with who answers for each."""
    found = _found(config, asset)
    if svg is not None:
        svg.write_bytes(standalone(graph("provenance", found)))
    if as_json:
        typer.echo(orjson.dumps(found.facts(), option=orjson.OPT_SORT_KEYS))
    elif dot:
        typer.echo(found.dot(), nl=False)
    else:
        typer.echo(_table(found))


def _found(config: Path | None, asset: str) -> Provenance:
    try:
        database = known_control_database(configured(config))
    except SettingsInvalid as error:
        fail(str(error))
    try:
        with database.reader.connect() as connection:
            return _read(connection, asset)
    except CustodyError as error:
        fail(error.reason_user)
    finally:
        database.close()


def _read(connection: Connection, asset: str) -> Provenance:
    require_asset(connection, asset)
    return provenance(connection, asset, time.time_ns() // 1000)


def _table(found: Provenance) -> str:
    above: dict[str, list[str]] = {node.asset: [] for node in found.nodes}
    for link in found.links:
        above[link.child].append(f"{link.kind.value} {link.parent}")
    head = ("asset", "type", "accountable owner", "stands on")
    rows = (
        (node.asset, node.type, node.owner or "-", ", ".join(above[node.asset]) or "-")
        for node in reversed(found.nodes)
    )
    return aligned([head, *rows], left=4)

from typing import Annotated

import typer

from gateway.cli.configuration import ConfigOption, configured
from gateway.cli.governing import Json, looked_up
from gateway.cli.grouping import add_operations, add_shelf, print_told
from gateway.ownership import mandates as operations
from gateway.views import mandates

_COLUMNS = {
    "mandate": "id",
    "asset": "asset",
    "facets": "facets",
    "state": "state",
    "due": "due",
    "applicants": "applicants",
}

app = typer.Typer(no_args_is_help=True)
add_shelf(app, mandates.SHELF, _COLUMNS)
add_operations(app, operations.OPERATIONS, "mandate")


@app.command("compare")
def compare(
    mandate: Annotated[str, typer.Argument(metavar="MANDATE", help="Id of the mandate.")],
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Show the applications side by side."""
    told = looked_up(configured(config), lambda connection, _: mandates.compare(connection, mandate))
    print_told(told, as_json=as_json)

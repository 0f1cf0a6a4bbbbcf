import typer

from gateway.cli.grouping import add_operations, add_shelf
from gateway.ownership.operations import delegating
from gateway.views import delegations

_COLUMNS = {
    "delegation": "id",
    "owner": "root",
    "by": "delegator",
    "to": "delegate",
    "asset": "asset",
    "powers": "powers",
    "up to class": "class_ceiling",
    "expires": "expires",
}

app = typer.Typer(no_args_is_help=True)
add_shelf(app, delegations.SHELF, _COLUMNS)
add_operations(app, delegating.OPERATIONS, "delegation")

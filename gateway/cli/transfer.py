import typer

from gateway.cli.grouping import add_operations, add_shelf
from gateway.ownership.operations import transferring
from gateway.views import transfers

_COLUMNS = {
    "transfer": "id",
    "asset": "asset",
    "facet": "facet",
    "from": "from_party",
    "to": "to_party",
    "state": "state",
    "expires": "expires",
}

app = typer.Typer(no_args_is_help=True)
add_shelf(app, transfers.SHELF, _COLUMNS)
add_operations(app, transferring.OPERATIONS, "transfer")

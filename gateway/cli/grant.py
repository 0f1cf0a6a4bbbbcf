import typer

from gateway.cli.grouping import add_operations, add_shelf
from gateway.ownership.operations import granting
from gateway.views import grants

_COLUMNS = {
    "grant": "id",
    "asset": "asset",
    "to": "department",
    "action": "action",
    "up to class": "class_ceiling",
    "use case": "use_case",
    "expires": "expires",
    "by": "grantor",
}

app = typer.Typer(no_args_is_help=True)
add_shelf(app, grants.SHELF, _COLUMNS)
add_operations(app, granting.OPERATIONS, "grant")

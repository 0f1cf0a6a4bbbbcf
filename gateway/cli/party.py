import typer

from gateway.cli.grouping import add_operations, add_shelf
from gateway.ownership.operations import registering
from gateway.views import parties

app = typer.Typer(no_args_is_help=True)
add_shelf(app, parties.SHELF, {"party": "id", "kind": "kind", "belongs to": "belongs_to", "ended": "ended"})
add_operations(app, registering.OPERATIONS, "party")

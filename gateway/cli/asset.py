import typer

from gateway.cli.deferred import defer
from gateway.cli.grouping import add_operations, add_shelf
from gateway.ownership.operations import registering
from gateway.views import assets

_COLUMNS = {
    "asset": "id",
    "type": "type",
    "owner": "facets.accountable_owner.holder",
    "custodian": "facets.custodian.holder",
    "retired": "retired",
}

app = typer.Typer(no_args_is_help=True)
add_shelf(app, assets.SHELF, _COLUMNS)
add_operations(app, registering.OPERATIONS, "asset")
defer(
    app,
    "provenance",
    "gateway.cli.provenance:show",
    "Show what an asset is part of and derived from, and what stands on it, with who answers for each.",
)

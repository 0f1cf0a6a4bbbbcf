from typing import Annotated

import typer
from sqlalchemy import Connection

from gateway.cli.configuration import ConfigOption, configured
from gateway.cli.governing import Json, looked_up
from gateway.cli.grouping import add_operations, add_shelf, print_told
from gateway.ownership.disputes import mandates as operations
from gateway.ownership.disputes.journal import load
from gateway.ownership.disputes.measured import measure
from gateway.places import log_place
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
    scorecards: Annotated[
        bool, typer.Option("--scorecards", help="Count the log for what was measured of each applicant.")
    ] = False,
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Show the applications side by side, with each applicant's scorecard if asked for."""
    settings = configured(config)

    def compared(connection: Connection, now_us: int) -> mandates.ComparisonView:
        del now_us
        measured = measure(log_place(settings), load(connection, mandate)) if scorecards else None
        return mandates.compare(connection, mandate, measured)

    print_told(looked_up(settings, compared), as_json=as_json)

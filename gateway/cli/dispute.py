import typer

from gateway.cli import dispute_desk, dispute_replay, dossier
from gateway.cli.grouping import add_list, add_operations, add_shelf
from gateway.ownership.disputes import operations
from gateway.views import disputes, precedents

_COLUMNS = {
    "dispute": "id",
    "asset": "asset",
    "facets": "facets",
    "by": "initiator",
    "state": "state",
    "due": "due",
}

_PRECEDENTS = {
    "precedent": "number",
    "dispute": "dispute",
    "asset": "asset",
    "facet": "facet",
    "claimed by": "party",
    "ground": "basis",
    "given to": "holder",
    "outcome": "outcome",
    "decided": "decided",
}

app = typer.Typer(no_args_is_help=True)
add_shelf(app, disputes.SHELF, _COLUMNS)
add_list(app, precedents.SHELF, _PRECEDENTS, "precedents")
add_operations(app, operations.OPERATIONS, "dispute")
app.command("exhibit")(dispute_desk.exhibit)
app.command("recommend")(dispute_desk.recommend)
app.command("drafts")(dispute_desk.drafts)
app.command("measures")(dispute_desk.measures)
app.command("settle-due")(dispute_desk.settle_due)
app.command("replay")(dispute_replay.replay)
app.command("dossier")(dossier.dossier)

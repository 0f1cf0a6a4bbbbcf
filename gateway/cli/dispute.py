import typer

from gateway.cli.deferred import defer
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
defer(
    app,
    "exhibit",
    "gateway.cli.dispute_desk:exhibit",
    "File an exhibit: what the log answers to a query now, frozen with what proves it.",
)
defer(
    app,
    "recommend",
    "gateway.cli.dispute_desk:recommend",
    "Have the policy recommend, for a member of the panel; it binds nobody.",
)
defer(
    app, "drafts", "gateway.cli.dispute_desk:drafts", "Show the drafts of a ruling to a member of the panel."
)
defer(app, "measures", "gateway.cli.dispute_desk:measures", "List the interim measures that bind now.")
defer(
    app,
    "settle-due",
    "gateway.cli.dispute_desk:settle_due",
    "Do what silence has brought about in disputes; a running gateway does so every minute.",
)
defer(
    app,
    "replay",
    "gateway.cli.dispute_replay:replay",
    "Decide the asset's recorded calls again with each party in its owner's place.",
)
defer(
    app,
    "dossier",
    "gateway.cli.dossier:dossier",
    "Write claims, timelines, exhibits with proofs, figures, replay and ruling into one verifiable zip.",
)

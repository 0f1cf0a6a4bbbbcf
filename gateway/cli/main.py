"""The command ``custody``: one file per group, listed here and imported when it is called."""

import warnings

import typer

from gateway.cli.deferred import defer

app = typer.Typer(
    name="custody",
    help="A policy enforcement point in front of self-hosted generative models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
defer(app, "serve", "gateway.cli.serve:serve", "Start the gateway.")
defer(
    app,
    "demo",
    "gateway.cli.demo:demo",
    "Tell the first three scenes of the story against the running gateway.",
)
defer(app, "audit", "gateway.cli.audit:app", "Read and verify the log.")
defer(app, "witness", "gateway.cli.witness:app", "Run a witness on a department's own machine.")
defer(app, "policy", "gateway.cli.policy:app", "Check, test, replay, explain and activate policies.")
defer(app, "redact", "gateway.cli.redact:app", "Find and take out sensitive text; measure it.")
defer(app, "party", "gateway.cli.party:app", "Org units, people, groups and services that hold something.")
defer(app, "asset", "gateway.cli.asset:app", "What can be owned.")
defer(app, "owner", "gateway.cli.owner:app", "Who holds what of an asset, and held it at any time.")
defer(app, "grant", "gateway.cli.grant:app", "Rights that owners give to departments.")
defer(app, "delegate", "gateway.cli.delegate:app", "Powers that owners let others use.")
defer(app, "transfer", "gateway.cli.transfer:app", "What passes from one holder to another.")
defer(app, "mandate", "gateway.cli.mandate:app", "Applications for what nobody holds.")
defer(app, "proposal", "gateway.cli.proposal:app", "Operations that wait for a second person.")
defer(app, "dispute", "gateway.cli.dispute:app", "Disputes about who owns what.")
defer(app, "keys", "gateway.cli.keys:app", "Make API keys.")


def main() -> None:
    """Runs the command line."""
    # Where in our code a warning was raised is nothing to an operator.
    warnings.formatwarning = lambda message, *_, **__: f"Warning: {message}\n"
    app()

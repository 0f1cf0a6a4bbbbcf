"""The command ``custody``: one file per group, mounted here."""

import warnings

import typer

from gateway.cli import (
    asset,
    audit,
    delegate,
    demo,
    dispute,
    grant,
    keys,
    mandate,
    owner,
    party,
    payloads,
    policy,
    proposal,
    provenance,
    redact,
    serve,
    transfer,
    witness,
)

app = typer.Typer(
    name="custody",
    help="A policy enforcement point in front of self-hosted generative models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
audit.app.command("erase")(payloads.erase)
audit.app.command("prune")(payloads.prune)
audit.app.command("disclose")(payloads.disclose)
audit.app.add_typer(payloads.hold_app, name="hold")
app.add_typer(audit.app, name="audit", help="Read and verify the log.")
app.add_typer(witness.app, name="witness", help="Run a witness on a department's own machine.")
app.add_typer(policy.app, name="policy", help="Check and test policies.")
app.add_typer(redact.app, name="redact", help="Find and take out sensitive text; measure it.")
app.add_typer(party.app, name="party", help="Org units, people, groups and services that hold something.")
asset.app.command("provenance")(provenance.show)
app.add_typer(asset.app, name="asset", help="What can be owned.")
app.add_typer(owner.app, name="owner", help="Who holds what of an asset, and held it at any time.")
app.add_typer(grant.app, name="grant", help="Rights that owners give to departments.")
app.add_typer(delegate.app, name="delegate", help="Powers that owners let others use.")
app.add_typer(transfer.app, name="transfer", help="What passes from one holder to another.")
app.add_typer(mandate.app, name="mandate", help="Applications for what nobody holds.")
app.add_typer(proposal.app, name="proposal", help="Operations that wait for a second person.")
app.add_typer(dispute.app, name="dispute", help="Disputes about who owns what.")
app.add_typer(keys.app, name="keys", help="Make API keys.")


def main() -> None:
    """Runs the command line."""
    # Where in our code a warning was raised is nothing to an operator.
    warnings.formatwarning = lambda message, *_, **__: f"Warning: {message}\n"
    app()

from typing import Annotated

import typer

from gateway.cli.acting import As
from gateway.cli.configuration import ConfigOption, configured
from gateway.cli.governing import Json, done, tell
from gateway.cli.grouping import add_shelf
from gateway.views import proposals

_COLUMNS = {
    "proposal": "id",
    "operation": "kind",
    "asset": "asset",
    "by": "department",
    "state": "state",
    "expires": "expires",
}
Proposal = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Id of the proposal.")]

app = typer.Typer(no_args_is_help=True)
add_shelf(app, proposals.SHELF, _COLUMNS)


@app.command("consent")
def consent(proposal: Proposal, who: As, config: ConfigOption = None, as_json: Json = False) -> None:
    """Consent to what another person proposed; it is done now, if both may do it."""
    performed = done(
        configured(config), who, lambda office, acting: office.governance.consent(acting, proposal)
    )
    tell(performed, as_json=as_json)


@app.command("decline")
def decline(
    proposal: Proposal,
    who: As,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the proposal.")] = "",
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """End a proposal: its proposer withdraws it, another person declines it."""
    performed = done(
        configured(config), who, lambda office, acting: office.governance.decline(acting, proposal, reason)
    )
    tell(performed, as_json=as_json)

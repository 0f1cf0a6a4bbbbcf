"""What the gateway looks up for a dispute, and what silence brings about, at the command line."""

from typing import Annotated

import orjson
import typer

from audit.filters import Filter
from gateway.cli.acting import As, person
from gateway.cli.audit_filter import filtered
from gateway.cli.configuration import ConfigOption, configured
from gateway.cli.governing import Json, Office, done, looked_up, tell
from gateway.cli.grouping import print_told
from gateway.cli.showing import print_rows
from gateway.dispute_desk import open_dispute_desk
from gateway.ownership.disputes.desk import Desk
from gateway.ownership.disputes.exhibits import Query
from gateway.settings import Settings
from gateway.views import disputes

Dispute = Annotated[str, typer.Argument(metavar="DISPUTE", help="Id of the dispute or mandate.")]

_BINDING = {
    "dispute": "dispute",
    "asset": "asset",
    "measure": "kind",
    "facets": "facets",
    "departments": "departments",
    "since": "valid_from",
}


@filtered
def exhibit(  # noqa: PLR0913 - each is an option
    *,
    dispute: Dispute,
    name: Annotated[str, typer.Option("--name", help="What it shows, in a line without names.")],
    where: Filter,
    who: As,
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """File an exhibit: what the log answers to a query now, frozen with what proves it."""
    settings, query = configured(config), Query(**where.facts())
    performed = done(
        settings, who, lambda office, acting: _desk(settings, office).exhibit(acting, dispute, name, query)
    )
    tell(performed, as_json=as_json)


def recommend(
    dispute: Dispute,
    who: As,
    shown: Annotated[
        list[int] | None,
        typer.Option("--shown", help="Number of a claim whose ground is found shown; may be given again."),
    ] = None,
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Have the policy recommend, for a member of the panel; it binds nobody."""
    settings = configured(config)
    performed = done(
        settings, who, lambda office, acting: _desk(settings, office).recommend(acting, dispute, shown or ())
    )
    tell(performed, as_json=as_json)


def settle_due(who: As, config: ConfigOption = None, as_json: Json = False) -> None:
    """Do what silence has brought about in disputes; a running gateway does so every minute."""
    settings = configured(config)
    moved = done(settings, who, lambda office, acting: _desk(settings, office).settle_due(acting.actor))
    if as_json:
        typer.echo(orjson.dumps({"moved": list(moved)}))
    else:
        typer.echo(f"Moved: {', '.join(moved)}." if moved else "Nothing was due.")


def drafts(dispute: Dispute, who: As, config: ConfigOption = None, as_json: Json = False) -> None:
    """Show the drafts of a ruling to a member of the panel."""
    settings = configured(config)
    subject = person(settings, who).subject.id
    told = looked_up(settings, lambda connection, _: disputes.drafts(connection, dispute, subject))
    print_told(told, as_json=as_json)


def measures(config: ConfigOption = None, as_json: Json = False) -> None:
    """List the interim measures that bind now."""
    found = looked_up(configured(config), disputes.binding)
    rows = [each.model_dump(mode="json") for each in found]
    if as_json:
        for row in rows:
            typer.echo(orjson.dumps(row))
    else:
        print_rows(rows, _BINDING)


def _desk(settings: Settings, office: Office) -> Desk:
    return open_dispute_desk(settings, office.governance, office.log.verifier)

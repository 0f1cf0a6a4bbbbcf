"""What would have been decided, had another party answered for the disputed asset."""

from collections.abc import Sequence
from typing import Annotated

import orjson
import typer
from rich.console import Console

from gateway.cli.aligned import aligned
from gateway.cli.audit_options import Json, reported
from gateway.cli.audit_reading import Who, desk, reading
from gateway.cli.configuration import ConfigOption, fail
from gateway.cli.dossier import Policies
from gateway.cli.progress import shown_progress
from gateway.dossiers import gathered
from gateway.errors import CustodyError
from gateway.ownership.dossier.order import Order
from gateway.ownership.evidence.counterfactual import Counterfactual
from gateway.pdp.replay.redecide import Outcome

_HEAD = (
    "had it been",
    "calls",
    "unchanged",
    "allow to deny",
    "deny to allow",
    "no decision",
    "not replayable",
)


def replay(  # noqa: PLR0913, PLR0917 - each is an option
    dispute: Annotated[str, typer.Argument(metavar="DISPUTE", help="The dispute or mandate.")],
    who: Who = "",
    first: Annotated[int, typer.Option("--first", min=0, help="Index of the first entry to read.")] = 0,
    policies: Policies = None,
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Decide the asset's recorded calls again with each party in its owner's place.

    The first row changes nothing and must give the recorded verdicts: it shows how far the others can be
    relied on.
    """
    at = desk(config, who, None, "")
    if at.settings is None:
        raise AssertionError("a desk without a copy has settings")
    with reported(), reading(at, "dispute replay", {"dispute": dispute, "first": first}) as reader:
        order = Order(dispute, first, policies=tuple(policies or ()))
        try:
            with shown_progress(Console(stderr=True)) as progress:
                found = gathered(at.settings, reader, order, progress).replays
        except CustodyError as error:
            fail(error.reason_user)
    if as_json:
        typer.echo(orjson.dumps([each.facts() for each in found], option=orjson.OPT_SORT_KEYS))
        return
    typer.echo(aligned([_HEAD, *map(_row, found)]))
    for reason, count in sorted(found[0].reasons.items()):
        typer.secho(f"GAP  {count} calls were not decided again: {reason}", dim=True)


def _row(each: Counterfactual) -> Sequence[str]:
    counts = (
        each.calls,
        each.counts.get(Outcome.UNCHANGED, 0),
        each.changes.get("allow to deny", 0),
        each.changes.get("deny to allow", 0),
        each.counts.get(Outcome.ERROR, 0),
        each.counts.get(Outcome.UNREPLAYABLE, 0),
    )
    return (each.party or "as it was", *map(str, counts))

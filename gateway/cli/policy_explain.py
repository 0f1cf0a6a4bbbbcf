"""One decision on record, explained by the policy that made it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from gateway.bundled import policies as shipped
from gateway.cli.audit_options import reported
from gateway.cli.audit_reading import Copy, Desk, Who, desk, reading
from gateway.cli.configuration import ConfigOption
from gateway.cli.policy_folder import Folder
from gateway.errors import PolicyUnavailable
from gateway.pdp.explain.explanation import Explanation, explain
from gateway.pdp.explain.sources import find_source
from gateway.pdp.explain.told import explanation_json, explanation_lines, recorded_json, recorded_lines
from gateway.pdp.judge import InputUnknown, Judge
from gateway.pdp.replay.recorded import RecordedDecision, find_recorded
from gateway.places import control_place


def explain_decision(  # noqa: PLR0913, PLR0917 - each is an option
    decision: Annotated[
        str,
        typer.Argument(
            metavar="DECISION", help="x-custody-decision-id; or an entry id, request id or index."
        ),
    ],
    policies: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False,
    who: Who = "",
    config: ConfigOption = None,
    copy: Copy = None,
) -> None:
    """Show which rules decided a call, with their source lines, the facts, and what would have to change.

    The policy is that of the decision's own revision: from --policies, the settings' folder, or the control
    database. Changes are found by trying values that the policy compares with, and grants.
    """
    with reported():
        at = desk(config, who, copy, "")
        with reading(at, "policy explain", {"decision": decision}) as reader:
            recorded = find_recorded(reader, decision)
    explanation = _explained(recorded, at, policies)
    if as_json:
        shown = recorded_json(recorded) if explanation is None else explanation_json(explanation)
        typer.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
    else:
        for line in recorded_lines(recorded) if explanation is None else explanation_lines(explanation):
            typer.echo(line)
    if explanation is None:
        raise typer.Exit(1)


def _explained(recorded: RecordedDecision, at: Desk, given: Path | None) -> Explanation | None:
    """The explanation; None, and why on the error stream, where there can be none."""
    control = control_place(at.settings) if at.settings else None
    source = find_source(recorded.revision, _folders(at, given), control)
    if source is None:
        typer.secho(
            f"No policy of revision {recorded.revision[:12]} is at hand; name its folder with --policies.",
            err=True,
        )
        return None
    try:
        return explain(recorded, Judge.past(source))
    except (InputUnknown, PolicyUnavailable) as error:
        typer.secho(f"The facts on record cannot be decided again: {error}", err=True)
        return None


def _folders(at: Desk, given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
    configured = at.settings.policy.model_extra if at.settings else None
    if configured and isinstance(configured.get("policies"), str):
        yield Path(configured["policies"])
    yield shipped()

"""A candidate policy against the decisions on record."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from audit.entry import Facts
from gateway.bundled import policies as shipped
from gateway.cli.audit_filter import micros
from gateway.cli.audit_options import reported
from gateway.cli.audit_reading import Copy, Desk, Who, desk
from gateway.cli.configuration import ConfigOption, fail
from gateway.cli.policy_folder import Folder, judge_by, past_judge_by, past_judge_of, source_of
from gateway.pdp.explain.sources import named_source
from gateway.pdp.judge import Judge
from gateway.pdp.replay.compare import Terms
from gateway.pdp.replay.page import page
from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.replay.spread import Advance, Job, Replay, ReplayFailed, run
from gateway.pdp.replay.summary import Scope, counts, summary
from gateway.pdp.replay.tally import Change, Flip
from gateway.pdp.source import PolicySource
from gateway.places import control_place

_EVER_US = 2**62
_SHOWN = 40
_REASONS = 10
_COLOURS = {Change.DENY_TO_ALLOW: "red", Change.ALLOW_TO_DENY: "blue"}
_TIME = "e.g. 2026-11-24 or 2026-11-24T09:00:00+01:00; without an offset it is UTC"


def replay_decisions(  # noqa: PLR0913, PLR0917 - each is an option
    policies: Folder = None,
    stored: Annotated[
        str, typer.Option("--policy", help="Revision of a stored policy, or its beginning, not a folder.")
    ] = "",
    since: Annotated[str, typer.Option("--from", help=f"Calls from this moment on, {_TIME}.")] = "",
    until: Annotated[str, typer.Option("--to", help="Calls before this moment.")] = "",
    baseline: Annotated[
        Path | None,
        typer.Option(help="Hold against this policy folder, obligations included, not against the record."),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Decide again what this very policy decided; exit 1 on a difference."),
    ] = False,
    department: Annotated[str, typer.Option(help="Only calls of this department.")] = "",
    asset: Annotated[str, typer.Option(help="Only calls on this asset.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write a report with plots to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False,
    processes: Annotated[
        int, typer.Option(min=0, help="Processes to spread the work over; 0: one a processor.")
    ] = 0,
    cross_checks: Annotated[
        int, typer.Option(min=0, help="Calls that the interpreter decides too, to check the compiled form.")
    ] = 500,
    who: Who = "",
    config: ConfigOption = None,
    copy: Copy = None,
) -> None:
    """Decide the calls on record again by a candidate policy, and show what would come out otherwise.

    Works from the facts that each record holds, never from prompts. With --verify it is a proof for auditors:
    the verdicts on record are those that the policy of their revision gives.
    """
    if verify and baseline is not None:
        fail("--verify holds the policy against the record; leave --baseline out.")
    if stored and policies is not None:
        fail("Name the candidate by --policies or by --policy, not by both.")
    with reported():
        at = desk(config, who, copy, "")
        # What is to be proved was in force, and so was a baseline; a candidate must be fit to be.
        source = _stored(at, stored) if stored else source_of(policies or shipped())
        candidate = past_judge_by(source) if verify else judge_by(source)
        terms = _terms(candidate, past_judge_of(baseline) if baseline else None)
        terms = replace(terms, only_own=verify, department=department, asset=asset)
        scope = Scope(stored or _named(policies), _named(baseline) if baseline else "", since, until)
        at.record("policy replay", _facts(terms, scope))
        job = Job(
            at.place,
            micros(since, "--from"),
            micros(until, "--to") or _EVER_US,
            terms,
            processes or _processors(),
            cross_checks,
        )
        found = _run(job, quiet=as_json)
    if html is not None:
        html.write_bytes(page(found, scope))
    if as_json:
        typer.echo(orjson.dumps(summary(found, scope), option=orjson.OPT_INDENT_2))
    else:
        _show(found, scope)
    _leave(found, verify=verify)


def _stored(at: Desk, name: str) -> PolicySource:
    if at.settings is None:
        fail("Stored policies are in the control database of the settings; name a folder with --policies.")
    source = named_source(control_place(at.settings), name)
    if source is None:
        fail("There is no such policy, or more than one. `custody policy list` shows them.")
    return source


def _terms(candidate: Judge, baseline: Judge | None) -> Terms:
    return Terms(
        candidate.source,
        candidate.form,
        baseline.source if baseline else None,
        baseline.form if baseline else "interpreter",
    )


def _leave(found: Replay, *, verify: bool) -> None:
    tally = found.tally
    if tally.disagreements:
        typer.secho(
            f"The compiled form and the interpreter differ on {len(tally.disagreements)} calls, for example"
            f" {tally.disagreements[0]}: do not trust these figures, and report the policy.",
            fg=typer.colors.RED,
            err=True,
        )
        raise typer.Exit(1)
    if verify and not (tally.flips or tally.outcomes[Outcome.UNCHANGED] or tally.outcomes[Outcome.ERROR]):
        typer.secho(
            "Nothing is proved: no call in this span was decided by this policy; give the folder as it was.",
            fg=typer.colors.RED,
            err=True,
        )
        raise typer.Exit(1)
    if verify and (tally.flips or tally.outcomes[Outcome.ERROR]):
        raise typer.Exit(1)


def _named(folder: Path | None) -> str:
    # The name alone: where a folder lies on this machine is nobody's business in a report.
    return (folder.resolve().name if folder else "") or "shipped policies"


def _facts(terms: Terms, scope: Scope) -> dict[str, Facts]:
    """What goes on record of the read."""
    facts: dict[str, Facts] = {
        "candidate": terms.candidate.revision,
        "baseline": terms.baseline.revision if terms.baseline else "",
        "from": scope.since,
        "to": scope.until,
        "verify": terms.only_own,
        "department": terms.department,
        "asset": terms.asset,
    }
    return {name: value for name, value in facts.items() if value}


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(job: Job, *, quiet: bool) -> Replay:
    try:
        with _progress(quiet=quiet) as advance:
            return run(job, advance)
    except ReplayFailed as failed:
        fail(str(failed))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Advance]:
    columns = (TextColumn("deciding again"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task("replay", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show(found: Replay, scope: Scope) -> None:
    terms, tally = found.terms, found.tally
    against = scope.baseline or "the record"
    typer.echo(f"{scope.candidate} {terms.candidate.revision[:12]} ({terms.form}) against {against}")
    outcomes = counts(found)
    for names in (("log", *Outcome), Change):
        typer.echo("   ".join(f"{name} {outcomes[name]:,}" for name in names))
    for (outcome, reason), count in tally.reasons.most_common(_REASONS):
        typer.echo(f"{count:>9,}  {outcome.value}: {reason}")
    ranked = tally.ranked()
    for flip, count in ranked[:_SHOWN]:
        typer.echo(_line(flip, count, tally.examples[flip][0]))
    if len(ranked) > _SHOWN:
        typer.secho(f"{len(ranked) - _SHOWN} more kinds of change; --json or --html has all.", dim=True)
    if tally.cross_checked and not tally.disagreements:
        typer.secho(f"The interpreter agreed on all {tally.cross_checked:,} calls put to it.", dim=True)


def _line(flip: Flip, count: int, example: str) -> str:
    change = typer.style(f"{flip.change.value:<17}", fg=_COLOURS.get(flip.change), bold=flip.change.flips)
    rules = f"{_short(flip.before)} -> {_short(flip.after)}"
    return f"{count:>9,}  {change}  {flip.department or '-'} on {flip.asset or '-'}: {rules}  {example}"


def _short(rule: str) -> str:
    """A rule without what all rules' names begin with."""
    return rule.removeprefix("custody.").removeprefix("departments.") or "-"

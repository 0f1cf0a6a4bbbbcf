"""Which policy is in force: activate, roll back, try on some or on nobody."""

from typing import Annotated

import typer

from gateway.cli.acting import As
from gateway.cli.configuration import ConfigOption, configured
from gateway.cli.policy_office import Expected, Json, Policy, perform
from gateway.pdp.lifecycle.operations import (
    Activate,
    Rollback,
    StartCanary,
    StartShadow,
    StopCanary,
    StopShadow,
)
from gateway.pdp.lifecycle.store import CanaryTerms, ShadowTerms

_CANARY, _SHADOW = CanaryTerms(percent=1), ShadowTerms()

MaybePolicy = Annotated[
    str, typer.Argument(metavar="REVISION", help="Revision of a stored policy, or the beginning of it.")
]


def activate(
    policy: Policy, who: As, expected: Expected = "", config: ConfigOption = None, as_json: Json = False
) -> None:
    """Put a stored policy into force for everybody, on every replica."""
    perform(configured(config), who, Activate(policy=policy, expected=expected), as_json=as_json)


def rollback(who: As, expected: Expected = "", config: ConfigOption = None, as_json: Json = False) -> None:
    """Put the policy back into force that was active before the present one."""
    perform(configured(config), who, Rollback(expected=expected), as_json=as_json)


def canary(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    who: As,
    policy: MaybePolicy = "",
    percent: Annotated[
        int, typer.Option(min=1, max=100, help="Share of principals that it decides for.")
    ] = 5,
    max_error_percent: Annotated[
        int, typer.Option(min=0, max=100, help="Share of failures that ends it.")
    ] = _CANARY.max_error_percent,
    window_s: Annotated[
        int, typer.Option(min=1, help="Seconds over which failures are counted.")
    ] = _CANARY.window_s,
    least: Annotated[int, typer.Option(min=1, help="Decisions before they count.")] = _CANARY.least,
    stop: Annotated[bool, typer.Option("--stop", help="End it: the active policy decides for all.")] = False,
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Let a stored policy decide for a share of principals; too many failures end it by themselves."""
    settings = configured(config)
    if _stops(policy, stop=stop):
        perform(settings, who, StopCanary(), as_json=as_json)
        return
    terms = CanaryTerms(percent=percent, max_error_percent=max_error_percent, window_s=window_s, least=least)
    perform(settings, who, StartCanary(policy=policy, terms=terms), as_json=as_json)


def shadow(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    who: As,
    policy: MaybePolicy = "",
    percent: Annotated[
        int, typer.Option(min=1, max=100, help="Share of decisions that it is asked too.")
    ] = _SHADOW.percent,
    budget_ms: Annotated[
        int, typer.Option(min=1, max=1000, help="Milliseconds of each second that it may take.")
    ] = _SHADOW.budget_ms,
    stop: Annotated[bool, typer.Option("--stop", help="End it.")] = False,
    config: ConfigOption = None,
    as_json: Json = False,
) -> None:
    """Ask a stored policy beside the active one and count where they differ; it decides nothing."""
    settings = configured(config)
    if _stops(policy, stop=stop):
        perform(settings, who, StopShadow(), as_json=as_json)
        return
    terms = ShadowTerms(percent=percent, budget_ms=budget_ms)
    perform(settings, who, StartShadow(policy=policy, terms=terms), as_json=as_json)


def _stops(policy: str, *, stop: bool) -> bool:
    if stop == bool(policy):
        raise typer.BadParameter("give a revision to start, or --stop to end")
    return stop

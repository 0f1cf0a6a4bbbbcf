"""The options that choose entries, the same for each command that reads the log by a filter."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any

import typer

from audit.filters import Filter

_MICROS = 1_000_000
_TIME = "e.g. 2026-11-24 or 2026-11-24T09:00:00+01:00; without an offset it is UTC"


def _option(name: str, text: str) -> Any:  # noqa: ANN401 - an annotation made at run time
    return Annotated[str, typer.Option(name, help=text, rich_help_panel="Which entries")]


_OPTIONS: dict[str, Any] = {
    "since": _option("--since", f"From this moment on, {_TIME}."),
    "until": _option("--until", "Before this moment."),
    "department": _option("--department", "Department of who asked."),
    "actor": _option("--subject", "Opaque id of who asked, as entries show it."),
    "resource": _option("--asset", "The asset that was asked for."),
    "owner": _option("--owner", "Department that was accountable for the asset."),
    "effect": _option("--decision", "What was decided: allow or deny."),
    "rule": _option("--rule", "A rule that decided, e.g. it.allow."),
    "entity": _option("--entity", "An entity type that was found, e.g. PERSON."),
    "code": _option("--code", "Error code of the result."),
    "type": _option("--type", "Type of entry, e.g. access.denied."),
    "action": _option("--action", "What was to be done, e.g. chat."),
    "request_id": _option("--request-id", "The call."),
}


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter ``where`` is a Filter, as a command with an option for each member."""
    signature = inspect.signature(command)

    @wraps(command)
    def with_options(**given: Any) -> None:  # noqa: ANN401 - what typer parsed, by name
        texts = {name: given.pop(name) for name in _OPTIONS}
        since, until = (micros(texts.pop(name), f"--{name}") for name in ("since", "until"))
        command(**given, where=Filter(**texts, since_us=since, until_us=until))

    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default="", annotation=annotation)
        for name, annotation in _OPTIONS.items()
    ]
    kept = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, each in signature.parameters.items()
        if name != "where"
    ]
    with_options.__signature__ = signature.replace(parameters=kept + added)  # type: ignore[attr-defined]  # typer reads it
    with_options.__annotations__ = {each.name: each.annotation for each in kept + added}
    return with_options


def micros(text: str, name: str) -> int:
    """A moment as an option says it, in microseconds since 1970 UTC; 0 for none."""
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time: {_TIME}", param_hint=name) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    past = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (past.days * 86_400 + past.seconds) * _MICROS + past.microseconds

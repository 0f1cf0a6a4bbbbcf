"""How departments handle data, and who used what: counted from the log alone."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer

from audit.entry import Facts
from gateway.cli.aligned import aligned
from gateway.cli.audit_options import Json, reported
from gateway.cli.audit_reading import Copy, Who, desk, reading
from gateway.cli.configuration import ConfigOption, fail
from gateway.cli.span_options import End, First, Since, Until, span_of
from gateway.ownership.evidence.intervals import Estimate
from gateway.ownership.evidence.prices import Prices, PricesInvalid, read_prices
from gateway.ownership.evidence.scorecard import PER, Scorecards, Standing, read_scorecards
from gateway.ownership.evidence.usage import Usage, read_usage

PricesFile = Annotated[
    Path | None, typer.Option("--prices", help="TOML file whose table [costs] holds prices by contract.")
]

_TITLES: Mapping[str, str] = {
    "findings": f"findings/{PER:,}",
    "refused": "refused",
    "overrides": "overrides",
    "incidents": "incidents",
}


def scorecard(  # noqa: PLR0913, PLR0917 - each is an option
    first: First = 0,
    end: End = -1,
    since: Since = "",
    until: Until = "",
    who: Who = "",
    config: ConfigOption = None,
    copy: Copy = None,
    as_json: Json = False,
) -> None:
    """Show how each department handles data: figures with their bounds, and what could not be counted."""
    facts: dict[str, Facts] = {"first": first, "end": end, "since": since, "until": until}
    with reported(), reading(desk(config, who, copy, ""), "scorecard", facts) as reader:
        found = read_scorecards(reader, span_of(reader, first, end, since, until))
    if as_json:
        typer.echo(orjson.dumps(found.facts(), option=orjson.OPT_SORT_KEYS))
        return
    typer.echo(f"{found.entries} entries, {found.span.first} to {found.span.end - 1}\n")
    for measure, title in _TITLES.items():
        typer.echo(_measure(title, found, measure) + "\n")
    typer.echo(_counts(found))
    _print_gaps(found.gaps)


def usage(  # noqa: PLR0913, PLR0917 - each is an option
    first: First = 0,
    end: End = -1,
    since: Since = "",
    until: Until = "",
    prices: PricesFile = None,
    who: Who = "",
    config: ConfigOption = None,
    copy: Copy = None,
    as_json: Json = False,
) -> None:
    """Show calls, tokens, model time and cost by asset and department."""
    known = read_known_prices(prices)
    facts: dict[str, Facts] = {"first": first, "end": end, "since": since, "until": until}
    with reported(), reading(desk(config, who, copy, ""), "usage", facts) as reader:
        found = read_usage(reader, span_of(reader, first, end, since, until), known)
    if as_json:
        typer.echo(orjson.dumps(found.facts(), option=orjson.OPT_SORT_KEYS))
        return
    typer.echo(_uses(found))
    _print_gaps(found.gaps)


def read_known_prices(path: Path | None) -> Prices | None:
    """The prices of a file, or none; exits with 2 for a file that cannot be accepted."""
    if path is None:
        return None
    try:
        return read_prices(path)
    except PricesInvalid as error:
        fail(str(error))


def _measure(title: str, found: Scorecards, measure: str) -> str:
    per, unit = (PER, "") if measure == "findings" else (100, "%")
    rows = [("department", title, "95 % bounds", "of prompts", "place")]
    for each in found.standings(measure):
        value, low, high = (f"{part * per:.1f}{unit}" for part in bounds_of(each.estimate))
        rows.append((each.department, value, f"{low} to {high}", str(each.estimate.exposure), place(each)))
    return aligned(rows)


def bounds_of(estimate: Estimate) -> tuple[float, float, float]:
    """The figure and its bounds, which are shown together or not at all."""
    return estimate.value, estimate.low, estimate.high


def place(standing: Standing) -> str:
    """The places that a department may have."""
    best, worst = standing.place.best, standing.place.worst
    return str(best) if best == worst else f"{best} to {worst}"


def _counts(found: Scorecards) -> str:
    rows = [("department", "prompts", "sender-days", "break-glass", "overdue reviews")]
    for card in found.cards:
        numbers = (card.prompts, card.sender_days, card.break_glass, card.overdue_reviews)
        rows.append((card.department, *map(str, numbers)))  # type: ignore[arg-type]  # four numbers
    return aligned(rows)


def _uses(found: Usage) -> str:
    cost = f"cost ({found.currency})" if found.currency else "cost"
    rows = [
        ["asset", "department", "calls", "answered", "refused", "tokens in", "tokens out", "model s", cost]
    ]
    for each in found.uses:
        use = each.use
        numbers = (use.calls, use.answered, use.refused, use.prompt_tokens, use.completion_tokens)
        seconds = f"{use.model_us / 1_000_000:.1f}"
        price = "-" if each.cost is None else str(each.cost)
        rows.append([each.asset, each.department, *map(str, numbers), seconds, price])
    return aligned(rows, left=2)


def _print_gaps(gaps: Iterable[str]) -> None:
    for gap in gaps:
        typer.secho(f"GAP  {gap}", dim=True)

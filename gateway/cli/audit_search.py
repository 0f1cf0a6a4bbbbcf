"""Find entries of the log, and count them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import orjson
import typer

from audit.entry import Facts
from audit.filters import Filter
from audit.query import Located
from audit.search import GROUPS, Page, count, search
from gateway.cli import audit_text
from gateway.cli.audit_filter import filtered
from gateway.cli.audit_options import Json, Key, reported
from gateway.cli.audit_reading import Copy, Who, desk, reading
from gateway.cli.configuration import ConfigOption

Group = StrEnum("Group", {name.upper(): name for name in GROUPS})  # type: ignore[misc]  # one list of names
_WIDTHS = (8, 19, 15, 11, 18, 5, 18)


@filtered
def find(  # noqa: PLR0913 - the options of one command
    *,
    where: Filter,
    who: Who = "",
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=10_000, help="How many entries.")] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="Goes on where the last page ended.")] = "",
    config: ConfigOption = None,
    copy: Copy = None,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Find entries by what they say, latest first."""
    facts: dict[str, Facts] = {"filter": where.facts(), "limit": limit, "continued": bool(cursor)}
    with reported(), reading(desk(config, who, copy, key), "search", facts) as reader:
        page = search(reader, where, limit, cursor)
    _print_json(page) if as_json else _print_table(page, limit)


@filtered
def stats(  # noqa: PLR0913 - the options of one command
    *,
    where: Filter,
    by: Annotated[list[Group], typer.Option("--by", help="What to count by; may be given again.")],
    who: Who = "",
    config: ConfigOption = None,
    copy: Copy = None,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Count entries by department, asset, owner, rule, day and more."""
    names = [each.value for each in by]
    facts: dict[str, Facts] = {"filter": where.facts(), "by": list(names)}
    with reported(), reading(desk(config, who, copy, key), "stats", facts) as reader:
        groups = count(reader, where, names)
    if as_json:
        for values, entries in groups:
            typer.echo(orjson.dumps({**dict(zip(names, values, strict=True)), "entries": entries}))
        return
    table = [names, *([value or "-" for value in values] for values, _ in groups)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells, number in zip(table, ["entries", *(str(entries) for _, entries in groups)], strict=True):
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        typer.echo(f"{'  '.join(padded)}  {number:>10}")


def _print_json(page: Page) -> None:
    for located in page.entries:
        typer.echo(audit_text.entry_json(located, None))
    if page.cursor:
        typer.echo(orjson.dumps({"cursor": page.cursor}))


def _print_table(page: Page, limit: int) -> None:
    titles = ("index", "time (UTC)", "type", "department", "asset", "", "code or rule")
    typer.echo(_row(titles))
    for located in page.entries:
        typer.echo(_row(_cells(located)))
    if page.cursor and len(page.entries) < limit:
        typer.echo(
            f"Looked back to {_moment(page.reached_us)}; narrow the time, or go on: --cursor {page.cursor}"
        )
    elif page.cursor:
        typer.echo(f"For more: --cursor {page.cursor}")
    elif not page.entries:
        typer.echo("No entry matches. `custody audit tail` shows the latest ones.")


def _cells(located: Located) -> tuple[str, ...]:
    record = located.entry.record
    decision, result = record.decision, record.result
    verdict = decision.effect if decision else str(result.status) if result else ""
    why = (result.code if result else "") or (decision.rules[0] if decision and decision.rules else "")
    return (
        str(located.index),
        _moment(located.entry.wall_us),
        record.type.value,
        record.actor.department if record.actor else "-",
        record.resource.id if record.resource else "-",
        verdict,
        why,
    )


def _moment(wall_us: int) -> str:
    return datetime.fromtimestamp(wall_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _row(cells: tuple[str, ...]) -> str:
    """One line within 100 columns; what is too long is cut with an ellipsis."""
    # Of a rule the end tells more than the package it is in.
    why = cells[-1] if len(cells[-1]) <= _WIDTHS[-1] else f"…{cells[-1][1 - _WIDTHS[-1] :]}"
    shown = (*cells[:-1], why)
    parts = [_cut(cell, width).ljust(width) for cell, width in zip(shown, _WIDTHS, strict=True)]
    return " ".join(parts).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"

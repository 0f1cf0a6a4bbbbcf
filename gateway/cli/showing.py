"""Views as tables, for people."""

from collections.abc import Mapping, Sequence

from rich.console import Console, ConsoleOptions
from rich.table import Table

from gateway.domain import JsonObject, JsonValue

_WIDEST = 60


def print_rows(rows: Sequence[JsonObject], columns: Mapping[str, str]) -> None:
    """One table: a column for each title, with the member that the path of names leads to."""
    table = Table(box=None, pad_edge=False)
    for title in columns:
        # Long texts fold; nothing is cut, for an id that is cut can be used for nothing.
        table.add_column(title, max_width=_WIDEST, overflow="fold")
    for row in rows:
        table.add_row(*(cell(_at(row, path)) for path in columns.values()))
    _print(table)


def print_thing(thing: JsonObject) -> None:
    """One thing: what is simple as lines, lists of things as tables."""
    plain = Table(box=None, pad_edge=False, show_header=False)
    plain.add_column()
    plain.add_column(max_width=_WIDEST, overflow="fold")
    for name, value in thing.items():
        if not _rows(value):
            plain.add_row(name, cell(value))
    _print(plain)
    for name, value in thing.items():
        rows = _rows(value)
        if rows:
            _console().print(f"\n[bold]{name}[/bold]")
            print_rows(rows, {column: column for column in rows[0]})


def cell(value: JsonValue) -> str:
    """A value in one line: times to the second, nothing as a dash."""
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(cell(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}={cell(each)}" for name, each in value.items())
    text = str(value)
    return text[:19].replace("T", " ") if _is_moment(text) else text


def _is_moment(text: str) -> bool:
    return len(text) == len("2026-11-24T09:00:00.000000Z") and text[10] == "T" and text.endswith("Z")


def _rows(value: JsonValue) -> list[JsonObject]:
    """Lists of things, and things by name, which read best as a table."""
    if isinstance(value, list):
        return [each for each in value if isinstance(each, dict)]
    if isinstance(value, dict):
        return [{"": name, **each} for name, each in value.items() if isinstance(each, dict)]
    return []


def _at(row: JsonObject, path: str) -> JsonValue:
    value: JsonValue = row
    for name in path.split(".") if path else [""]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _print(table: Table) -> None:
    console = _console()
    # Wider than the window if it must be: a terminal wraps lines, and a pipe has no window.
    console.width = max(console.width, console.measure(table, options=_unbounded(console)).maximum)
    console.print(table)


def _unbounded(console: Console) -> ConsoleOptions:
    return console.options.update(width=10_000)


def _console() -> Console:
    return Console(highlight=False)

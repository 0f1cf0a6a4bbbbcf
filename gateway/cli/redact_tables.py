"""Measured quality as tables for people."""

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby, product
from operator import attrgetter

from rich.console import Console
from rich.table import Table

from redaction.evaluation.labels import Group
from redaction.evaluation.measure import Choice, LabelledFile, Measured, combined
from redaction.evaluation.report import MEANING, macro, rates
from redaction.evaluation.scoring import COVERED, GroupScore, Score, share, wilson

_WIDTH = 140  # of what goes into a file
_NOTHING = "·"
_ALL = "all"


def show(
    files: Sequence[LabelledFile], measured: Sequence[Measured], choice: Choice, *, details: bool
) -> None:
    """All tables: files, languages and groups, and what the figures mean."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    console.print(_files(files, measured, choice))
    console.print(_groups("All files", measured))
    if details:
        for name, members in groupby(sorted(measured, key=attrgetter("file")), key=attrgetter("file")):
            console.print(_groups(name, list(members)))
    _explain(console, files)


def _files(files: Sequence[LabelledFile], measured: Sequence[Measured], choice: Choice) -> Table:
    rows = "held-out rows" if choice.held_out else "rows"
    most = f", at most {choice.limit} of each file" if choice.limit else ""
    table = _table(f"Files ({rows}{most})", "file", "engine")
    for heading in ("rows", "recall", "precision", "leaked", "stray", "clean", "unjudged", "char/ms"):
        table.add_column(heading, justify="right")
    for file in files:
        for each in (each for each in measured if each.file == file.name):
            total = Score()
            for score in each.scores.values():
                total.add(score)
            of = rates(total)
            table.add_row(
                file.name,
                each.engine,
                f"{total.rows:,}",
                _ratio(of["recall"]),
                _ratio(of["precision"]),
                *(_plain(of[name]) for name in ("leaked", "stray", "clean", "unjudged")),
                _plain(each.speed),
            )
    return table


def _groups(title: str, measured: Sequence[Measured]) -> Table:
    table = _table(title, "language", "group", "engine")
    for heading in ("spans", "recall", "95 %", "typed", "precision", "mean of files"):
        table.add_column(heading, justify="right")
    engines = list(dict.fromkeys(each.engine for each in measured))
    scores = {engine: combined(each for each in measured if each.engine == engine) for engine in engines}
    languages = sorted({language for by_language in scores.values() for language in by_language})
    for language in [*languages, *([_ALL] if len(languages) > 1 else [])]:
        for group, engine in product(Group, engines):
            counts = _counts(scores[engine], language, group)
            if counts.gold:
                its = [each for each in measured if each.engine == engine]
                mean = macro(its, group, "" if language == _ALL else language)
                table.add_row(language, group, engine, *_cells(counts), _ratio(mean))
    return table


def _counts(scores: dict[str, Score], language: str, group: Group) -> GroupScore:
    counts = GroupScore()
    for its, score in scores.items():
        if language in {its, _ALL} and group in score.groups:
            counts.add(score.groups[group])
    return counts


def _cells(counts: GroupScore) -> tuple[str, ...]:
    low, high = wilson(counts.covered, counts.gold)
    return (
        f"{counts.gold:,}",
        _ratio(share(counts.covered, counts.gold)),
        f"{low:.3f}-{high:.3f}",
        _ratio(share(counts.typed, counts.gold)),
        _ratio(share(counts.true, counts.found)),
    )


def _explain(console: Console, files: Iterable[LabelledFile]) -> None:
    console.print(
        f"A span counts as found when {COVERED:.0%} of its characters are masked. White space never counts."
    )
    for name, meaning in MEANING.items():
        console.print(f"[bold]{name}[/bold]: {meaning}")
    for file in files:
        judged = ", ".join(group for group in Group if group in file.labelled.judged) or "nothing"
        note = f" ({file.labelled.note})" if file.labelled.note else ""
        console.print(f"{file.name} judges {judged}{note}", markup=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column)
    return table


def _ratio(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3f}"


def _plain(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.1f}"

"""Runs cases and says how they came out."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from tests.conformance.asked import Asked
from tests.conformance.cases import Case

_HEAD = """# OPA's conformance cases in the embedded engine

Made by `python -m tests.conformance` from OPA's own cases (2,067 of OPA 1.14, Apache-2.0); a test runs them \
all and compares.

- **taken**: the checks (`custody policy check`) let the case's modules pass. What they refuse cannot be put \
into force, whatever an engine would make of it.
- **passes**: the value that OPA gives, or an error where OPA has one.
- **not asked**: the query is no plain rule, or the case is about an input that is no JSON or is absent: a \
policy of ours is asked for one rule, about an input that is always there.
"""


@dataclass(frozen=True)
class Outcome:
    """One case and how it came out."""

    case: Case
    asked: Asked

    @property
    def counts(self) -> bool:
        """Whether the case says something of us."""
        return self.asked.interpreter != "not asked"


def run(cases: Iterable[Case]) -> Iterator[Outcome]:
    """Ask each case in a process of its own kind; one that ends the process is an error of this run."""
    quiet = {**os.environ, "RUST_BACKTRACE": "0"}
    command = [sys.executable, "-m", "tests.conformance.asked"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=quiet,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for case in cases:
            program.stdin.write(case.to_json() + "\n")
            program.stdin.flush()
            line = program.stdout.readline()
            if not line:
                raise RuntimeError(f"{case.note} ended the process")
            yield Outcome(case, Asked(*json.loads(line)))


def wrong(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Cases that the checks take and a form answers otherwise than OPA."""
    bad = {"differs", "accepts", "refuses"}
    return [
        each
        for each in outcomes
        if each.asked.taken and each.counts and {each.asked.interpreter, each.asked.compiled} & bad
    ]


def document(outcomes: list[Outcome]) -> str:
    """The whole report."""
    return "\n".join([_HEAD, *_summary(outcomes), "", *_wrong(outcomes), "", *_table(outcomes), ""])


def _summary(outcomes: list[Outcome]) -> Iterator[str]:
    asked = [each for each in outcomes if each.counts]
    taken = [each for each in asked if each.asked.taken]
    yield "| | cases | the interpreter passes | the compiled form passes |"
    yield "|---|---|---|---|"
    for name, group in (("asked", asked), ("asked and taken", taken)):
        passing = " | ".join(_passing(group, form) for form in ("interpreter", "compiled"))
        yield f"| {name} | {len(group):,} | {passing} |"
    yield f"\n{len(outcomes) - len(asked)} of {len(outcomes):,} are not asked."


def _passing(group: list[Outcome], form: str) -> str:
    passed = sum(getattr(each.asked, form) == "passes" for each in group)
    return f"{passed:,} ({passed / len(group):.1%})" if group else "0"


def _wrong(outcomes: list[Outcome]) -> Iterator[str]:
    yield "## Taken, and yet answered otherwise than by OPA"
    yield (
        "\n*accepts*: OPA and the interpreter fail where two values of one rule conflict; the compiled form "
        "gives one of them. The gate sees that on any input that shows it. *refuses*: a builtin fails, where "
        "OPA outside its strict mode has no value: no decision, and so a denial.\n"
    )
    yield "| case | the interpreter | the compiled form |"
    yield "|---|---|---|"
    for each in wrong(outcomes):
        yield f"| {each.case.note} | {each.asked.interpreter} | {each.asked.compiled} |"


def _table(outcomes: list[Outcome]) -> Iterator[str]:
    yield "## By folder\n"
    yield "| folder | cases | asked | interpreter | compiled | taken | taken: interpreter | taken: compiled |"
    yield "|---|---|---|---|---|---|---|---|"
    for folder, group in groupby(outcomes, key=lambda each: each.case.folder):
        yield _row(folder, list(group))


def _row(folder: str, group: list[Outcome]) -> str:
    asked = [each for each in group if each.counts]
    taken = [each for each in asked if each.asked.taken]
    cells = [len(group), len(asked)]
    for part in (asked, taken):
        if part is taken:
            cells.append(len(taken))
        for form in ("interpreter", "compiled"):
            verdicts = Counter(getattr(each.asked, form) for each in part)
            cells.append(verdicts["passes"])
    return f"| {folder} | {' | '.join(str(cell) for cell in cells)} |"

"""What the project set out to reach, held against this run."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.benchmarks.figures import Row


@dataclass(frozen=True, slots=True)
class Verdict:
    """One goal and what was measured for it."""

    goal: str
    wanted: str
    measured: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on one figure of one row of a benchmark; both are named by how they begin."""

    benchmark: str
    figure: str
    wanted: str
    holds: Callable[[float], bool]
    variant: str = "gateway"


_LIGHT = ("plain-16:", "plain-256:", "stream-16:", "stream-256:")
GOALS = (
    *(Goal(name, "of bare", ">= 0.50 x", lambda value: value >= 0.5) for name in _LIGHT),
    *(Goal(name, "CPU of bare", "<= 2.00 x", lambda value: value <= 2.0) for name in _LIGHT),
    *(
        Goal(name, "turn 50 of turn 1", "<= 1.20 x", lambda value: value <= 1.2)
        for name in ("conversation:", "names-conversation:")
    ),
    Goal("detection: letters", "of Presidio", ">= 300.00 x", lambda value: value >= 300, "patterns, secrets"),
    Goal("detection: letters", "of Presidio", ">= 10.00 x", lambda value: value >= 10, "all detectors"),
    Goal("detection: a long", "wall", "<= 2.00 s", lambda value: value <= 2, "all detectors, 400,000"),
    Goal("detection: a long", "loop stands still", "<= 20.00 ms", lambda value: value <= 20, "all detectors"),
    Goal("detection: a long", "loop stands still", "<= 20.00 ms", lambda value: value <= 20, "patterns"),
    Goal("detection: CUDA", "tokens", ">= 1000000.00 1/s", lambda value: value >= 1e6, ""),
    Goal("policy: one decision", "p50", "<= 60.00 µs", lambda value: value <= 60, "100 departments"),
    Goal("policy: one decision", "p99", "<= 200.00 µs", lambda value: value <= 200, "100 departments"),
    Goal("policy: one decision of", "of bare", "<= 1.50 x", lambda value: value <= 1.5, "OpaServer"),
    Goal("policy: a replay", "a million calls", "<= 60.00 s", lambda value: value <= 60, ""),
    Goal("policy: activation", "last worker", "<= 1000.00 ms", lambda value: value <= 1000, "4 workers"),
    Goal("policy: activation", "failed", "= 0.00 x", lambda value: value == 0, "4 workers"),
    *(
        Goal("ownership:", "p50", "<= 1.00 ms", lambda value: value <= 1, f"{database}, {what}")
        for database in ("SQLite", "PostgreSQL")
        for what in ("now", "as known then", "by default", "corrected")
    ),
    Goal("paced-16:", "added first p50", "<= 3.00 ms", lambda value: value <= 3.0),
)
_SOAK_MIB = 20.0


def judged(rows: Sequence[Row]) -> list[Verdict]:
    """The goals of which this run measured something."""
    return [*_bounds(rows), *_flatness(rows)]


def _bounds(rows: Sequence[Row]) -> Iterable[Verdict]:
    for goal in GOALS:
        for row in rows:
            if row.benchmark.startswith(goal.benchmark) and row.variant.startswith(goal.variant):
                value = row.value(goal.figure)
                if value is not None:
                    unit = goal.wanted.split()[-1]
                    which = "" if row.variant == "gateway" else f" {row.variant}:"
                    name = f"{goal.benchmark}{which} {goal.figure}"
                    yield Verdict(name, goal.wanted, f"{value:.2f} {unit}", goal.holds(value))


def _flatness(rows: Iterable[Row]) -> Iterable[Verdict]:
    for row in rows:
        if row.benchmark.startswith("soak:") and row.variant.startswith("after"):
            grown = row.value("grown") or 0.0
            yield Verdict(row.benchmark, f"<= {_SOAK_MIB:.0f} MiB", f"{grown:.1f} MiB", grown <= _SOAK_MIB)

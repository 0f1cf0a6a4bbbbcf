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
    """A bound on one figure of the gateway's row in one benchmark."""

    benchmark: str
    figure: str
    wanted: str
    holds: Callable[[float], bool]


_LIGHT = ("plain-16:", "plain-256:", "stream-16:", "stream-256:")
GOALS = (
    *(Goal(name, "of bare", ">= 0.50 x", lambda value: value >= 0.5) for name in _LIGHT),
    *(Goal(name, "CPU of bare", "<= 2.00 x", lambda value: value <= 2.0) for name in _LIGHT),
    Goal("paced-16:", "added first p50", "<= 3.00 ms", lambda value: value <= 3.0),
)
_SOAK_MIB = 20.0


def judged(rows: Sequence[Row]) -> list[Verdict]:
    """The goals of which this run measured something."""
    return [*_bounds(rows), *_flatness(rows)]


def _bounds(rows: Iterable[Row]) -> Iterable[Verdict]:
    gateway = [row for row in rows if row.variant == "gateway"]
    for goal in GOALS:
        for row in gateway:
            value = row.value(goal.figure) if row.benchmark.startswith(goal.benchmark) else None
            if value is not None:
                unit = goal.wanted.split()[-1]
                name = f"{goal.benchmark} {goal.figure}"
                yield Verdict(name, goal.wanted, f"{value:.2f} {unit}", goal.holds(value))


def _flatness(rows: Iterable[Row]) -> Iterable[Verdict]:
    for row in rows:
        if row.benchmark.startswith("soak:") and row.variant.startswith("after"):
            grown = row.value("grown") or 0.0
            yield Verdict(row.benchmark, f"<= {_SOAK_MIB:.0f} MiB", f"{grown:.1f} MiB", grown <= _SOAK_MIB)

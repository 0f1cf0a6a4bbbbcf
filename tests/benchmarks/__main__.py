"""``python -m tests.benchmarks``: measures, shows, and fails only if something did not work."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from rich.console import Console

from tests.benchmarks import parts
from tests.benchmarks.conversation import run_conversations
from tests.benchmarks.custody import LIGHT, WITH_NAMES, Stage, staged
from tests.benchmarks.effort import FULL, QUICK, Effort
from tests.benchmarks.figures import BenchmarkFailed, Row
from tests.benchmarks.goals import judged
from tests.benchmarks.load import NAMES_SCENARIOS, SCENARIOS, run_scenario, warm_up
from tests.benchmarks.report import as_document, environment, show, show_verdicts
from tests.benchmarks.soak import run_soak

Benchmark = Callable[[Stage], list[Row]]


class Part(Protocol):
    """What a file in ``parts/`` exports; it is found by being there."""

    def run(self, effort: Effort) -> list[Row]:
        """Measures one part of the gateway by itself."""


def main() -> int:
    """Runs what the command line asks for."""
    asked = _arguments()
    console = Console(width=None if sys.stdout.isatty() else 160)
    effort = QUICK if asked.quick else FULL
    console.print(environment(), highlight=False)
    rows: list[Row] = []
    failures: list[str] = []
    for name, fresh in _measured(asked, effort):
        try:
            found = fresh()
        except Exception as failure:  # noqa: BLE001 - one that breaks is shown, fails the run, and spares the rest
            failures.append(f"{name}: {type(failure).__name__}: {failure}")
            console.print(f"[red]{name} failed: {type(failure).__name__}[/red]")
            console.print(str(failure), markup=False, highlight=False)
            continue
        show(console, found)
        rows += found
    verdicts = judged(rows)
    if verdicts:
        show_verdicts(console, verdicts)
    if asked.json:
        asked.json.write_bytes(as_document(rows, verdicts, failures))
    return 1 if failures or not rows else 0


def _measured(asked: argparse.Namespace, effort: Effort) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    """Each benchmark that was asked for, by name, ready to run; servers run only while theirs do."""
    for name in _part_names():
        if _wanted(asked, name):
            yield name, partial(_run_part, name, effort)
    yield from _on_stage(asked, LIGHT, _light(asked, effort))
    yield from _on_stage(asked, WITH_NAMES, _with_names(effort))


def _on_stage(
    asked: argparse.Namespace, detectors: Sequence[str], benchmarks: dict[str, Benchmark]
) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    wanted = {name: benchmark for name, benchmark in benchmarks.items() if _wanted(asked, name)}
    if not wanted:
        return
    try:
        with staged(detectors) as stage:
            warm_up(stage)
            for name, benchmark in wanted.items():
                yield name, partial(benchmark, stage)
    except BenchmarkFailed as failure:
        yield f"gateway with {', '.join(detectors)}", partial(_raise, failure)


def _light(asked: argparse.Namespace, effort: Effort) -> dict[str, Benchmark]:
    benchmarks: dict[str, Benchmark] = {
        scenario.name: partial(run_scenario, scenario=scenario, effort=effort) for scenario in SCENARIOS
    }
    benchmarks["conversation"] = partial(
        run_conversations, name="conversation", conversations=effort.conversations
    )
    if asked.soak:
        benchmarks["soak"] = partial(run_soak, requests=asked.soak)
    return benchmarks


def _with_names(effort: Effort) -> dict[str, Benchmark]:
    benchmarks: dict[str, Benchmark] = {
        scenario.name: partial(run_scenario, scenario=scenario, effort=effort) for scenario in NAMES_SCENARIOS
    }
    # A name detector takes milliseconds a turn, so fewer conversations tell as much.
    fewer = max(8, effort.conversations // 4)
    benchmarks["names-conversation"] = partial(
        run_conversations, name="names-conversation", conversations=fewer
    )
    return benchmarks


def _run_part(name: str, effort: Effort) -> list[Row]:
    part = cast("Part", importlib.import_module(f"tests.benchmarks.parts.{name}"))
    return part.run(effort)


def _part_names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(parts.__path__))


def _wanted(asked: argparse.Namespace, name: str) -> bool:
    return not asked.only or name in asked.only


def _raise(failure: BenchmarkFailed) -> list[Row]:
    raise failure


def _arguments() -> argparse.Namespace:
    served = [s.name for s in (*SCENARIOS, *NAMES_SCENARIOS)] + ["conversation", "names-conversation", "soak"]
    names = [*_part_names(), *served]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a one-minute smoke; its figures are rough")
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=names, help=f"one of {', '.join(names)}"
    )
    parser.add_argument(
        "--soak", type=int, default=0, metavar="N", help="also send N requests and watch memory"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to this file")
    asked = parser.parse_args()
    if asked.soak and asked.only:
        asked.only.append("soak")
    return asked


if __name__ == "__main__":
    sys.exit(main())

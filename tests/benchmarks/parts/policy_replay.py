"""A replay of a log of decided calls by the policy that decided them, spread over all processors."""

import os
import tempfile
import time
from pathlib import Path

from gateway.bundled import policies
from gateway.pdp.judge import Judge
from gateway.pdp.replay.compare import Terms
from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.replay.spread import Job
from gateway.pdp.replay.spread import run as replay
from gateway.pdp.source import read_source
from tests.benchmarks.decision_log import build
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row

_MILLION = 1_000_000
_LOG = "CUSTODY_TEST_DECISION_LOG"


def run(effort: Effort) -> list[Row]:
    """How long a million calls take; ``CUSTODY_TEST_DECISION_LOG`` names the folder of a large log."""
    if _LOG in os.environ:
        return [_replayed(Path(os.environ[_LOG]))]
    with tempfile.TemporaryDirectory() as folder:
        build(effort.calls * 5, Path(folder))
        return [_replayed(Path(folder))]


def _replayed(folder: Path) -> Row:
    judge = Judge.of(read_source(policies()))
    processes = len(os.sched_getaffinity(0))
    job = Job(folder / "audit.db", 0, 2**62, Terms(judge.source, judge.form), processes)
    began = time.perf_counter()
    tally = replay(job).tally
    took = time.perf_counter() - began
    if tally.flips and set(tally.revisions) == {judge.revision}:
        raise BenchmarkFailed("replay: the policy decides its own calls otherwise")
    decided = tally.calls - tally.outcomes[Outcome.UNREPLAYABLE]
    return Row(
        "policy: a replay",
        f"{decided:,} calls, {processes} processes",
        (
            Figure("wall", took, "s"),
            Figure("a second", decided / took, "1/s"),
            Figure("a million calls", took / decided * _MILLION, "s"),
        ),
    )

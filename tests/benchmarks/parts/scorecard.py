"""Scorecards and usage over a large log: entries a second, and that the cost grows with the range alone."""

import os
import tempfile
import time
from pathlib import Path

from audit.query import LogReader
from gateway.ownership.evidence.scorecard import scorecards
from gateway.ownership.evidence.span import Span, read_span
from gateway.ownership.evidence.tally import Tally
from gateway.ownership.evidence.usage import UsageTally, usage
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import Figure, Row, middle
from tests.benchmarks.large_log import build

_TITLE = "scorecard: departments from the log"
_ENTRIES_A_CALL = 10
_PARTS = 10
# A folder with the log that large_log.py built, to be measured instead of one built here.
_LARGE = os.environ.get("CUSTODY_TEST_LARGE_LOG", "")


def run(effort: Effort) -> list[Row]:
    """The whole log, and a tenth of it from the end."""
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name:
        folder = Path(_LARGE or name)
        if not _LARGE:
            build(effort.calls * _ENTRIES_A_CALL, folder)
        with LogReader(folder / "audit.db") as reader:
            size = reader.size()
            spans = {"whole log": Span(0, size), "its last tenth": Span(size - size // _PARTS, size)}
            return [_measured(reader, name, span, effort.rounds) for name, span in spans.items()]


def _measured(reader: LogReader, variant: str, span: Span, rounds: int) -> Row:
    counted, figured, entries = [], [], span.end - span.first
    for _ in range(rounds):
        started = time.process_time()
        tally, used = Tally(), UsageTally()
        read_span(reader, span, [tally, used])
        counted.append(time.process_time() - started)
        started = time.process_time()
        scorecards(span, tally)
        usage(span, used, None)
        figured.append(time.process_time() - started)
    return Row(
        _TITLE,
        f"{variant}, {entries:,} entries",
        (
            Figure("entries", entries / middle(counted), "1/s"),
            Figure("CPU an entry", middle(counted) / entries * 1e6, "µs"),
            Figure("bounds", middle(figured), "s"),
        ),
    )

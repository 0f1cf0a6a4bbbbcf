"""Durable records a second by group commit, against plain inserts of the same rows."""

import asyncio
import tempfile
import time
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from audit.entry import Actor, DecisionRef, EntryType, Facts, Record, RedactionRef, ResourceRef
from audit.log import Log, LogOptions, open_log
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import Figure, Row, quantile
from tests.benchmarks.lag import Lag

_TITLE = "audit: durable records"
_WAITERS = (1, 16, 256)
_ONE_BY_ONE = 2_000


def run(effort: Effort) -> list[Row]:
    """The recorder with more and more waiters, then SQLite alone on the very rows that it wrote."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name:
        folder = Path(name)
        for waiters in _WAITERS:
            records = effort.calls if waiters > 1 else max(effort.calls // 10, 100)
            rows.append(asyncio.run(_appended(folder / f"log-{waiters}.db", waiters, records)))
        written = folder / f"log-{_WAITERS[-1]}.db"
        rows += [_inserted(written, folder / f"plain-{group}.db", group) for group in _WAITERS]
    return rows


async def _appended(path: Path, waiters: int, records: int) -> Row:
    log = open_log(path, LogOptions(origin="bench.example/audit"))
    waits: list[float] = []
    try:
        await append(log, 50, [])
        lag = Lag(path)
        with lag:
            started, cpu = time.perf_counter(), time.process_time()
            await asyncio.gather(*(append(log, records // waiters, waits) for _ in range(waiters)))
            seconds, used = time.perf_counter() - started, time.process_time() - cpu
    finally:
        await log.aclose()
    waits.sort()
    return Row(
        _TITLE,
        f"recorder, {waiters} waiting",
        (
            Figure("records/s", len(waits) / seconds, "1/s"),
            Figure("p50", quantile(waits, 0.5) * 1000, "ms"),
            Figure("p99", quantile(waits, 0.99) * 1000, "ms"),
            Figure("CPU", used / len(waits) * 1e6, "µs"),
            Figure("behind", lag.most_s * 1000, "ms"),
        ),
    )


async def append(log: Log, records: int, waits: list[float]) -> None:
    """Append records one after another; notes how long each took."""
    for number in range(records):
        started = time.perf_counter()
        await log.append(_record(number))
        waits.append(time.perf_counter() - started)


def _inserted(source: Path, target: Path, group: int) -> Row:
    """Plain inserts in transactions of ``group`` rows, as durable as the recorder's."""
    schema, rows = _copied(source)
    rows = rows[: _ONE_BY_ONE if group == 1 else len(rows)]
    connection = sqlite.connect(str(target), isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    for statement in schema:
        connection.execute(statement)
    insert = f"INSERT INTO entry VALUES ({', '.join('?' * len(rows[0]))})"  # noqa: S608 - only question marks
    started, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(rows), group):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, rows[first : first + group])
        connection.execute("COMMIT")
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    connection.close()
    return Row(
        _TITLE,
        f"plain inserts, {group} a commit",
        (
            Figure("records/s", len(rows) / seconds, "1/s"),
            Figure("p50", seconds / len(rows) * group * 1000, "ms"),
            Figure("CPU", used / len(rows) * 1e6, "µs"),
        ),
    )


def _copied(source: Path) -> tuple[list[str], list[tuple[object, ...]]]:
    connection = sqlite.connect(str(source))
    try:
        made = connection.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'entry' AND sql IS NOT NULL"
        )
        schema = [statement for (statement,) in made.fetchall()]
        return schema, connection.execute("SELECT * FROM entry").fetchall()
    finally:
        connection.close()


def _record(number: int) -> Record:
    facts: dict[str, Facts] = {
        "context": {"use_case": "complaint-triage", "findings": {"EMAIL_ADDRESS": 1, "PHONE_NUMBER": 1}}
    }
    return Record(
        type=EntryType.INTENT,
        request_id=f"req-{number:012d}",
        actor=Actor("sub_0123456789abcdef01234567", "service", "retail"),
        action="chat",
        resource=ResourceRef("northwind-base", "base_model", "it"),
        decision=DecisionRef(
            f"dec-{number:012d}", "allow", "0" * 64, ("custody.departments.it.base_model_for_all",), facts
        ),
        redaction=RedactionRef("f" * 64, {"EMAIL_ADDRESS": 1, "PHONE_NUMBER": 1, "CREDIT_CARD": 1}),
    )

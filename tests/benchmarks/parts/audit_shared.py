"""Two writers on one PostgreSQL log, and verification and proofs of a large log."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from audit.keys import read_verifier
from audit.place import show_place
from audit.query import LogReader
from audit.verify import verify_log
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, middle
from tests.benchmarks.large_log import build
from tests.postgres import PostgresServer, is_installed, running_server

_WRITERS = 2
_WAITERS = 128
_ENTRIES_A_CALL = 10
_PROOFS = 400
# A folder with the log that large_log.py built, to be measured instead of one built here.
_LARGE = os.environ.get("CUSTODY_TEST_LARGE_LOG", "")


def run(effort: Effort) -> list[Row]:
    """PostgreSQL with two writers beside plain inserts; then verification, alone and together, and proofs."""
    rows = []
    if is_installed():
        with running_server() as server:
            rows += _shared(server, effort.calls)
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name:
        folder = Path(_LARGE or name)
        if not _LARGE:
            build(effort.calls * _ENTRIES_A_CALL, folder)
        path = folder / "audit.db"
        rows += [_verified(path, processes) for processes in (1, 2)]
        rows.append(_proved(path))
    return rows


def _shared(server: PostgresServer, records: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name:
        place = server.place()
        where = [show_place(place), str(Path(name) / "audit.key"), str(_WAITERS), str(records)]
        command = [sys.executable, "-m", "tests.benchmarks.log_writer", *where]
        writers = []
        for _ in range(_WRITERS):
            writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if writer.stdout is None or writer.stdout.readline() != "ready\n":
                raise BenchmarkFailed("a writer did not become ready")
            writers.append(writer)
        for writer in writers:
            if writer.stdin is not None:
                writer.stdin.write("\n")
                writer.stdin.flush()
        found = [json.loads(writer.communicate()[0]) for writer in writers]
        seconds = max(each["ended"] for each in found) - min(each["started"] for each in found)
        rate = sum(each["done"] for each in found) / seconds
        plain = _plain(server, show_place(place), records)
    title = "audit: PostgreSQL"
    return [
        Row(
            title,
            f"{_WRITERS} writers, {_WAITERS} waiting at each",
            (
                Figure("records/s", rate, "1/s"),
                Figure("p99", max(each["p99"] for each in found) * 1000, "ms"),
                Figure("behind", max(each["behind"] for each in found) * 1000, "ms"),
                Figure("of plain", rate / plain),
            ),
        ),
        Row(title, "plain inserts, 256 a commit", (Figure("records/s", plain, "1/s"),)),
    ]


def _plain(server: PostgresServer, source: str, records: int) -> float:
    """Rows a second that one connection inserts of the very rows that were written."""
    with psycopg.connect(source) as reading:
        rows = reading.execute("SELECT * FROM entry ORDER BY idx LIMIT %s", (records,)).fetchall()
    insert = f"INSERT INTO entry VALUES ({', '.join(['%s'] * len(rows[0]))})"  # noqa: S608 - only marks
    with psycopg.connect(show_place(server.place())) as connection, psycopg.connect(source) as reading:
        columns = reading.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'entry'"
            " ORDER BY ordinal_position"
        ).fetchall()
        table = ", ".join(f"{column} {kind} NOT NULL" for column, kind in columns)
        connection.execute(f"CREATE TABLE entry ({table}, PRIMARY KEY (idx), UNIQUE (id))")
        connection.commit()
        started = time.perf_counter()
        for first in range(0, len(rows), 256):
            with connection.cursor() as cursor:
                cursor.executemany(insert, rows[first : first + 256])
            connection.commit()
        return len(rows) / (time.perf_counter() - started)


def _verified(path: Path, processes: int) -> Row:
    started, cpu = time.perf_counter(), _cpu()
    report = verify_log(path, read_verifier(path.with_suffix(".pub")), processes=processes)
    seconds, used = time.perf_counter() - started, _cpu() - cpu
    if not report.good:
        raise BenchmarkFailed(f"the log does not verify: {report.findings[:3]}")
    return Row(
        "audit: verify",
        f"{report.size:,} entries, {processes} processes",
        (
            Figure("records/s", report.size / seconds, "1/s"),
            Figure("CPU", used / report.size * 1e6, "µs"),
            Figure("on disk", path.stat().st_size / report.size, "B a record"),
        ),
    )


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _proved(path: Path) -> Row:
    verifier = read_verifier(path.with_suffix(".pub"))
    waits = []
    with LogReader(path) as reader:
        signed = reader.checkpoint(verifier)
        if signed is None:
            raise BenchmarkFailed("nothing is signed")
        size = signed[0].size
        for number in range(_PROOFS):
            (located,) = reader.find(str(number * 7919 * 104729 % size))
            started = time.perf_counter()
            reader.prove(located, signed[0])
            waits.append(time.perf_counter() - started)
    waits.sort()
    figures = (
        Figure("p50", middle(waits) * 1000, "ms"),
        Figure("p99", waits[int(len(waits) * 0.99)] * 1000, "ms"),
    )
    return Row("audit: inclusion proof", f"{size:,} entries", figures)

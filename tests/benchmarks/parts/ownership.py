"""Who held what when, as known when: what one answer costs in a large registry, on both databases."""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, func, select

from audit.place import Place
from gateway.control.database import open_control_database
from gateway.ownership.registry.beliefs import facets_of, owner
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.history import LATEST
from gateway.ownership.registry.present import touched_since
from gateway.ownership.registry.tables import OWNERSHIP_ASSERTION
from tests.benchmarks.effort import FULL, Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, quantile
from tests.benchmarks.large_registry import CORRECTED, CORRECTIONS, FACETS, GENERATIONS, LAST, START, fill
from tests.postgres import is_installed, running_server

_TITLE = "ownership: owner(asset, facet, valid_at, known_at)"


def run(effort: Effort) -> list[Row]:
    """100,000 assets and a million assertions; a tenth of that in a quick run."""
    assets = 100_000 if effort is FULL else 10_000
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name:
        rows = _measured("SQLite", Path(name) / "control.db", assets, effort.calls // 4)
    if is_installed():
        with running_server() as server:
            rows += _measured("PostgreSQL", server.place(), assets, effort.calls // 4)
    return rows


def _measured(name: str, place: Place, assets: int, calls: int) -> list[Row]:
    database = open_control_database(place)
    try:
        started = time.perf_counter()
        fill(database, assets)
        loading_s = time.perf_counter() - started
        with database.reader.connect() as connection:
            total = connection.execute(select(func.count(OWNERSHIP_ASSERTION.c.id))).scalar_one()
            if total < assets * len(FACETS) * GENERATIONS:
                raise BenchmarkFailed(f"only {total} assertions are there")
            asks = _asks(connection, assets)
            rows = [_timed(f"{name}, {what}", ask, calls) for what, ask in asks.items()]
    finally:
        database.close()
    size = f"{name}, filled with {assets:,} assets and {total:,} assertions"
    return [*rows, Row(_TITLE, size, (Figure("wall", loading_s, "s"),))]


def _asks(connection: Connection, assets: int) -> dict[str, Callable[[], object]]:
    pick = random.Random(7)  # noqa: S311 - which assets are asked for is the same each time

    def any_asset() -> str:
        return f"asset-{pick.randrange(assets)}"

    def told(asset: str, facet: Facet, known_us: int) -> object:
        return owner(connection, asset, facet, START + pick.randrange(2**40), known_us)

    return {
        "now": lambda: told(any_asset(), pick.choice(FACETS), LATEST),
        "as known then": lambda: told(any_asset(), pick.choice(FACETS), START + pick.randint(1, GENERATIONS)),
        "by default": lambda: told(any_asset(), Facet.STEWARD, LATEST),
        "corrected 1,000 times, now": lambda: told(CORRECTED, FACETS[0], LATEST),
        "corrected 1,000 times, as known then": lambda: told(
            CORRECTED, FACETS[0], LAST - pick.randrange(CORRECTIONS)
        ),
        "all facets of an asset": lambda: facets_of(connection, any_asset(), LAST),
        "assets changed since the last change but one": lambda: touched_since(connection, LAST - 1, LAST),
    }


def _timed(variant: str, ask: Callable[[], object], calls: int) -> Row:
    times = []
    cpu = time.process_time()
    for _ in range(calls):
        started = time.perf_counter()
        found = ask()
        times.append(time.perf_counter() - started)
        if not found:
            raise BenchmarkFailed(f"{variant}: there is no answer where there is one")
    used = time.process_time() - cpu
    times.sort()
    return Row(
        _TITLE,
        variant,
        (
            Figure("p50", quantile(times, 0.5) * 1e3, "ms"),
            Figure("p99", quantile(times, 0.99) * 1e3, "ms"),
            Figure("CPU", used / calls * 1e6, "µs"),
        ),
    )

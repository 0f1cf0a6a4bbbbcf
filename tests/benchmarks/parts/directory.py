"""The registry in the request path: what a look costs and what a call's look-ups cost, at two sizes of it."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import update

from audit.database import Database
from audit.entry import Actor
from audit.ids import SystemClock
from gateway.control.changes import Change, Control
from gateway.control.database import open_control_database
from gateway.control.schema import CONTROL_HEAD
from gateway.domain import DataClass, Right
from gateway.ownership.live.base import NO_ASSET
from gateway.ownership.live.directory import LiveDirectory
from gateway.ownership.rights.grants import Source, Terms, give
from gateway.settings import AssetSettings
from tests.benchmarks.effort import FULL, Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, quantile
from tests.benchmarks.large_registry import BASE, LAST, fill

_TITLE = "directory: owners and rights as calls go by them"
_CALLABLE = 100
_YEAR_US = 31_536_000_000_000
_OWNER, _HOLDER = "unit-1", "unit-2"


def run(effort: Effort) -> list[Row]:
    """A hundred assets that run, in a registry of a thousand and of many more."""
    rows: list[Row] = []
    for assets in (1_000, 50_000 if effort is FULL else 10_000):
        with tempfile.TemporaryDirectory(prefix="custody-bench-") as name:
            rows += _measured(Path(name) / "control.db", assets)
    return rows


def _measured(place: Path, assets: int) -> list[Row]:
    database = open_control_database(place)
    try:
        fill(database, assets)
        control = Control(database, _NoLog(), wall_us=SystemClock().wall_us, new_id=lambda: "change")
        live = LiveDirectory(control, _places(), SystemClock(), stale_after_s=3600)
        first = _timed(live.look, 1)
        idle = _timed(live.look, 400)
        after = [_after_a_grant(database, live, number) for number in range(20)]
        resolved = _timed(lambda: live.snapshot().resolve("asset-7").rights(_HOLDER), 20_000)
        if live.snapshot().resolve("asset-7").asset is NO_ASSET:
            raise BenchmarkFailed("directory: an asset that runs is not there")
    finally:
        database.close()
    size = f"{assets:,} assets, {_CALLABLE} of which run"
    return [
        _row(f"{size}: the first look", first),
        _row(f"{size}: a look where nothing changed", idle),
        _row(f"{size}: a look after a grant", after),
        _row(f"{size}: asset and rights of one call", resolved),
    ]


def _after_a_grant(database: Database, live: LiveDirectory, number: int) -> float:
    with database.write_lock, database.writer.begin() as connection:
        at_us = LAST + number + 1
        change = Change(connection, f"c-{number}", at_us, at_us, Actor("a", "person", _OWNER), "r")
        terms = Terms(
            "asset-7",
            _HOLDER,
            Right.CHAT,
            DataClass.INTERNAL,
            f"case-{number}",
            option=False,
            from_us=at_us,
            to_us=at_us + _YEAR_US,
        )
        give(change, terms, Source(_OWNER, "a"))
        connection.execute(update(CONTROL_HEAD).values(revision=at_us, at_us=at_us))
    (spent,) = _timed(live.look, 1)
    if len(live.snapshot().resolve("asset-7").rights(_HOLDER).grants) != number + 1:
        raise BenchmarkFailed("directory: a grant was not seen")
    return spent


def _timed(step: Callable[[], object], times: int) -> list[float]:
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        step()
        spent.append(time.perf_counter() - started)
    return sorted(spent)


def _row(variant: str, spent: list[float]) -> Row:
    ordered = sorted(spent)
    figures = (
        Figure("p50", quantile(ordered, 0.5) * 1e6, "µs"),
        Figure("p99", quantile(ordered, 0.99) * 1e6, "µs"),
    )
    return Row(_TITLE, variant, figures)


def _places() -> list[AssetSettings]:
    names = (BASE, *(f"asset-{number}" for number in range(_CALLABLE - 1)))
    return [
        AssetSettings(
            id=name,
            type="base_model" if name == BASE else "adapter",
            backend="gpu",
            base_model=BASE,
            adapter="" if name == BASE else name,
            facets={"accountable_owner": _OWNER},
            class_ceiling=DataClass.INTERNAL,
        )
        for name in names
    ]


class _NoLog:
    """Nothing is changed through ``Control`` here, so nothing is recorded."""

    async def append(self, record: object) -> object:
        """Never asked."""
        raise NotImplementedError

    async def of_request(self, request_id: str) -> tuple[()]:
        """Never asked."""
        raise NotImplementedError

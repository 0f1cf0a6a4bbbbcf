"""Derives the ranges of a log side by side, each in a process of its own."""

import gc
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Engine

from audit.database import open_reader
from audit.note import Verifier
from audit.place import Place
from audit.rederive import RANGE, Derived, Task, derive
from audit.snapshot import Snapshot

# A process takes a second to start, in which another derives about a range.
_ALONE = 1
_COLLECT_EVERY = 100_000


@contextmanager
def derived_ranges(
    place: Place, engine: Engine, verifier: Verifier, snapshot: Snapshot, processes: int
) -> Iterator[Iterator[Derived]]:
    """The ranges of a log in order; leaving the block stops what is still worked on."""
    tasks = [
        Task(start, min(start + RANGE, snapshot.size), snapshot.tree.size, snapshot.tree.root, snapshot.edge)
        for start in range(0, snapshot.size, RANGE)
    ]
    workers = min(processes or len(os.sched_getaffinity(0)), len(tasks))
    if workers <= _ALONE:
        yield (_derive(engine, verifier, task) for task in tasks)
        return
    # Not forked: a copied process would share the database's connections and files with this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _Worker.begin, (place, verifier)) as pool:
        try:
            yield pool.map(_Worker.derive, tasks)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _derive(engine: Engine, verifier: Verifier, task: Task) -> Derived:
    with engine.connect() as connection:
        return derive(connection, verifier, task)


class _Worker:
    """One process of the pool: its own engine, for its whole life."""

    _engine: Engine
    _verifier: Verifier

    @classmethod
    def begin(cls, place: Place, verifier: Verifier) -> None:
        """Open the log."""
        # Rows come and go by the hundred thousand and hold no cycles.
        gc.set_threshold(_COLLECT_EVERY)
        cls._engine, cls._verifier = open_reader(place), verifier

    @classmethod
    def derive(cls, task: Task) -> Derived:
        """Derive one range."""
        return _derive(cls._engine, cls._verifier, task)

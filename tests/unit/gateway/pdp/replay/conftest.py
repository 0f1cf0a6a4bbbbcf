from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from audit.database import open_database
from audit.leaf import decode_entry
from audit.numbering import Row
from audit.schema import derive_columns
from audit.store import EntryStore
from gateway.bundled import policies
from gateway.pdp.judge import Judge
from gateway.pdp.source import read_source
from tests.benchmarks.large_log import begin

LogOf = Callable[[Sequence[bytes]], Path]


@pytest.fixture(scope="session")
def judge() -> Judge:
    """A judge by the shipped policy."""
    return Judge.of(read_source(policies()))


@pytest.fixture
def log_of(tmp_path: Path) -> LogOf:
    """Make a log of these leaves, numbered as the log numbers them."""

    def make(leaves: Sequence[bytes]) -> Path:
        path = tmp_path / "audit.db"
        begin(path)
        database = open_database(path, 5)
        store = EntryStore(database)
        store.append([Row(leaf, derive_columns(decode_entry(leaf))) for leaf in leaves])
        store.close()
        database.close()
        return path

    return make

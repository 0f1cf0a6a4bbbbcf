import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import PostgresServer, running_server

# No test is about time, and a busy machine must fail none.
settings.register_profile("custody", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("custody")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The gateway runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The labelled data and vectors that are too large for the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CUSTODY_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no test data: set CUSTODY_TEST_DATA to a folder that holds it")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests that need a database of their own in it."""
    with running_server() as server:
        yield server

import os
from pathlib import Path

import pytest


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

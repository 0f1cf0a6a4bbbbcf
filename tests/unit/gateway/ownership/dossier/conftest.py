import asyncio

import pytest

from tests.fought import Fought, fight


@pytest.fixture(scope="session")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Fought:
    """A dispute that was fought to its end; for reading, and for sealing dossiers of it."""
    folder = tmp_path_factory.mktemp("fought")
    return asyncio.run(fight(folder / "audit.db", folder / "control.db", folder / "audit.key"))

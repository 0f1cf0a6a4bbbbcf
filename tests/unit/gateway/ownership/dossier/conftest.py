import asyncio

import pytest

from tests.unit.gateway.ownership.dossier.fought import Fought, fight


@pytest.fixture(scope="session")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Fought:
    """A dispute that was fought to its end; for reading, and for sealing dossiers of it."""
    return asyncio.run(fight(tmp_path_factory.mktemp("fought")))

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from gateway.control.governance import TwoPeople
from tests.unit.gateway.routes.api.world import World, opened


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with the departments and one asset of product's, to be copied: making it takes a while."""
    folder = tmp_path_factory.mktemp("settled")

    async def settle() -> None:
        async with opened(folder) as made:
            await made.register_departments()
            await made.register("support-tone", "product")

    anyio.run(settle)
    return folder


@pytest.fixture
async def world(settled: Path, tmp_path: Path) -> AsyncIterator[World]:
    """The API over that registry."""
    folder = Path(shutil.copytree(settled, tmp_path / "world"))
    async with opened(folder, TwoPeople(frozenset({"asset.seal"}))) as made:
        yield made

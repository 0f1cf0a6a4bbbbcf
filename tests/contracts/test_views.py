"""One suite for what is told of governance, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from audit.place import Place
from gateway.errors import NotFound
from gateway.views.base import View
from gateway.views.shelves import SHELVES
from tests.court import Court

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    if request.param == "sqlite":
        return tmp_path / "control.db"
    return request.getfixturevalue("postgres_server").place()


@pytest.fixture
async def court(place: Place) -> AsyncIterator[Court]:
    """Departments, assets with odd names, and a dispute."""
    made = Court(place)
    await made.begin()
    for name in ("a.b", "a-b", "ab", "a_b"):
        await made.asset(name)
    await made.admitted()
    yield made
    made.control.close()


def _some(court: Court, shelf: Any, after: str, limit: int) -> list[View]:
    return list(
        court.see(
            lambda connection: shelf.some(connection, shelf.query(limit=limit), after, limit, court.now_us)
        )
    )


async def test_pages_follow_each_other_in_either_database(court: Court) -> None:
    """Of each kind of thing every page begins where the last one ended: no gap, no double, in one order."""
    counts = {}
    for shelf in SHELVES:
        whole = [view.key for view in _some(court, shelf, "", 200)]
        paged: list[str] = []
        while page := _some(court, shelf, paged[-1] if paged else "", 2):
            paged += [view.key for view in page]
        assert paged == whole
        assert len(set(whole)) == len(whole)
        counts[shelf.noun] = len(whole)
    assert (counts["party"], counts["asset"], counts["dispute"]) == (6, 5, 1)


async def test_what_is_listed_is_found(court: Court) -> None:
    """Each listed thing is found by its key as it was listed, and an unknown key finds nothing."""
    for shelf in SHELVES:
        for view in _some(court, shelf, "", 200):
            key = view.key
            found = court.see(
                lambda connection, key=key, shelf=shelf: shelf.find(connection, key, court.now_us)  # type: ignore[misc]
            )
            assert found == view
        with pytest.raises(NotFound):
            court.see(
                lambda connection, shelf=shelf: shelf.find(connection, "no-such-thing", court.now_us)  # type: ignore[misc]
            )

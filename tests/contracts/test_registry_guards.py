"""What the database itself refuses, whoever writes to it, and what two writers at once do to each other."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Connection, Insert, Update, delete, insert, text, update
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import EntryType
from audit.log import Log
from audit.place import Place
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.errors import GovernanceUnavailable
from gateway.ownership.registry import history
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.history import held_between, timeline
from gateway.ownership.registry.tables import ASSET, ASSET_LINK, OWNERSHIP_ASSERTION, PARTY, PARTY_SUCCESSION
from tests.patience import patient_log
from tests.registries import ADMIN, SECOND, World, give, registry_place, tell_the_story

pytestmark = pytest.mark.anyio

OWNER = Facet.ACCOUNTABLE_OWNER
_FAR = 2**60


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    return registry_place(request, tmp_path, request.param)


@pytest.fixture
async def log(tmp_path: Path) -> Iterator[Log]:
    """A log of its own."""
    opened = patient_log(tmp_path / "audit.db")
    yield opened
    await opened.aclose()


@pytest.fixture
async def world(place: Place, log: Log) -> Iterator[World]:
    """A registry with the departments and assets of the story."""
    made = World(place, log)
    await made.do(tell_the_story)
    yield made
    made.control.close()


def _row(world: World, **values: object) -> Insert:
    row = {
        "asset": "support-tone",
        "facet": "steward",
        "holder": "it",
        "basis": "charter",
        "reference": "",
        "restates": 0,
        "valid_from_us": world.at_us,
        "valid_to_us": FOREVER,
        "recorded_from_us": world.at_us + 1,
        "recorded_to_us": FOREVER,
        "revision": 2,
        "closed_revision": 0,
    }
    return insert(OWNERSHIP_ASSERTION).values({**row, **values})


def _written(world: World, statement: object) -> None:
    with world.control.database.writer.begin() as connection:
        connection.execute(statement)


def _close(recorded_to_us: int, facet: Facet = Facet.CUSTODIAN, **values: object) -> Update:
    same = OWNERSHIP_ASSERTION.c.asset == "northwind-base", OWNERSHIP_ASSERTION.c.facet == facet.value
    closing = update(OWNERSHIP_ASSERTION).where(*same)
    return closing.values({"recorded_to_us": recorded_to_us, "closed_revision": 2, **values})


async def test_the_database_takes_an_assertion_that_is_in_order(world: World) -> None:
    """The row that the refusals below are variants of is a good one, and so is the way to end one."""
    _written(world, _row(world))
    _written(world, _close(world.at_us + 2))


_REFUSED = {
    "the time of another assertion of the facet": {"facet": "accountable_owner"},
    "a part of that time": {"facet": "accountable_owner", "valid_from_us": _FAR, "valid_to_us": _FAR + 1},
    "an end before its beginning": {"valid_to_us": 5},
    "a past in which we did not believe it": {"recorded_from_us": 5},
    "the moment of the last change": {"recorded_from_us": None},
    "an end of belief from the start": {"recorded_to_us": _FAR},
    "the number of another row": {"id": 1},
}


async def test_the_database_refuses_what_cannot_be(world: World) -> None:
    """No program, ours included, can store an assertion that overlaps, is reversed, or rewrites the past."""
    before = world.see(lambda c: timeline(c, "support-tone"))
    for why, values in _REFUSED.items():
        now = {name: world.at_us if value is None else value for name, value in values.items()}
        with pytest.raises(SQLAlchemyError):
            _written(world, _row(world, **now))
        assert world.see(lambda c: timeline(c, "support-tone")) == before, why


async def test_no_change_leaves_an_asset_without_an_owner(world: World) -> None:
    """A change that ends an owner and names none for all of the time is not committed, whatever made it."""
    before = world.see(lambda c: timeline(c, "northwind-base"))
    owned = next(each for each in before if each.facet is OWNER)
    ends_at_us = world.at_us + _FAR // 2

    def end(change: Change) -> None:
        change.record(EntryType.OWNERSHIP_ASSERTED, {})
        change.connection.execute(_close(change.at_us, OWNER, closed_revision=change.revision))

    def name(change: Change, from_us: int, to_us: int) -> None:
        said: dict[str, object] = {
            "asset": "northwind-base",
            "recorded_from_us": change.at_us,
            "revision": change.revision,
            "facet": OWNER.value,
        }
        change.connection.execute(_row(world, valid_from_us=from_us, valid_to_us=to_us, **said))

    def leave_a_hole(change: Change) -> None:
        end(change)
        name(change, owned.valid_from_us, ends_at_us)
        name(change, ends_at_us + 1, FOREVER)

    def begin_late(change: Change) -> None:
        end(change)
        name(change, change.at_us, FOREVER)

    def register_alone(change: Change) -> None:
        change.record(EntryType.OWNERSHIP_ASSET, {})
        row = {"id": "orphan", "type": "dataset", "weight_hash": "", "registered_us": change.at_us}
        life = {"recorded_us": change.at_us, "retired_us": FOREVER, "retired_revision": 0}
        change.connection.execute(insert(ASSET).values(**row, **life, revision=change.revision))

    for work in (end, leave_a_hole, begin_late, register_alone):
        with pytest.raises(GovernanceUnavailable):
            await world.do(work)
        assert world.see(lambda c: timeline(c, "northwind-base")) == before

    def hand_over(change: Change) -> None:
        end(change)
        name(change, owned.valid_from_us, ends_at_us)
        name(change, ends_at_us, FOREVER)

    await world.do(hand_over)
    assert world.holder("northwind-base", OWNER, ends_at_us) == "it"


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_postgresql_asks_no_change_for_it(world: World) -> None:
    """There a transaction of anybody's that would leave an asset without an owner is refused at its end."""
    with pytest.raises(SQLAlchemyError, match="without an accountable owner"):
        _written(world, _close(world.at_us + 1, OWNER))
    assert world.holder("northwind-base", OWNER, world.at_us) == "it"


async def test_the_database_refuses_to_forget_or_rewrite(world: World) -> None:
    """Rows stay; of what a row says only its end can be set, once, and not into the past."""
    at_us = world.at_us
    before = world.see(lambda c: timeline(c, "northwind-base"))
    same = OWNERSHIP_ASSERTION.c.asset == "support-tone"
    for statement in (
        *(delete(table) for table in (OWNERSHIP_ASSERTION, ASSET_LINK, ASSET, PARTY)),
        update(OWNERSHIP_ASSERTION).where(same).values(holder="retail"),
        update(PARTY).values(kind="group"),
        update(ASSET).values(type="dataset"),
        update(ASSET_LINK).values(parent="support-tone"),
        _close(at_us),
        _close(at_us - 1),
        _close(at_us + 1, holder="retail"),
        _close(at_us + 1, closed_revision=0),
        _close(FOREVER),
    ):
        with pytest.raises(SQLAlchemyError):
            _written(world, statement)
    assert world.see(lambda c: timeline(c, "northwind-base")) == before
    _written(world, _close(at_us + 1))
    with pytest.raises(SQLAlchemyError):  # once
        _written(world, _close(at_us + 2))


async def test_nothing_is_replaced_on_the_quiet(world: World) -> None:
    """An insertion that would replace a row is refused; SQLite's asks no trigger of deletion."""
    sqlite = world.control.database.writer.dialect.name == "sqlite"
    verb, clash = (
        ("INSERT OR REPLACE", "") if sqlite else ("INSERT", "ON CONFLICT (id) DO UPDATE SET revision = 9")
    )
    for table, values in (
        ("party", f"'it', 'group', '', {_FAR}, 9, {FOREVER}, 0"),
        ("asset", f"'support-tone', 'dataset', '', {_FAR}, {_FAR}, 9, {FOREVER}, 0"),
        ("asset_link", f"1, 'support-tone', 'northwind-base', 'part_of', {_FAR}, {FOREVER}, 9, 0"),
    ):
        with pytest.raises(SQLAlchemyError, match="append-only"):
            _written(world, text(f"{verb} INTO {table} VALUES ({values}) {clash}"))


async def test_who_holds_it_is_found_by_index(world: World) -> None:
    """The question of the request path reads the index made for it, at any size of the registry."""
    asked = history._ASKED.params(asset="a", facet="steward", valid_at_us=1, known_at_us=1)
    query = asked.compile(world.control.database.reader, compile_kwargs={"literal_binds": True})
    if world.control.database.reader.dialect.name == "sqlite":
        (step,) = world.see(lambda c: c.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
        assert "USING INDEX ownership_assertion_belief (asset=? AND facet=? AND" in step.detail
        return

    def plan(connection: Connection) -> str:
        # A table as small as this one it would read whole.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        return str(connection.execute(text(f"EXPLAIN {query}")).scalar())

    assert "Index Scan using ownership_assertion_belief" in world.see(plan)


async def test_a_succession_stays(world: World) -> None:
    """Who stands in whose place is neither changed nor forgotten."""
    row = {"predecessor": "it", "successor": "retail", "kind": "split", "effective_us": 1, "revision": 2}
    _written(world, insert(PARTY_SUCCESSION).values(recorded_us=world.at_us + 1, **row))
    for statement in (delete(PARTY_SUCCESSION), update(PARTY_SUCCESSION).values(successor="product")):
        with pytest.raises(SQLAlchemyError):
            _written(world, statement)


async def test_two_writers_at_once_leave_one_history(place: Place, log: Log, world: World) -> None:
    """Two gateways that assert one facet over and over leave no overlap and no hole, and lose nothing."""
    other = World(place, log)
    start = world.at_us

    async def write(which: World, holder: str) -> None:
        for step in range(6):
            work = give("support-tone", OWNER, holder, start + step * SECOND, start + (step + 2) * SECOND)
            await which.do(work)

    async with anyio.create_task_group() as group:
        group.start_soon(write, world, "it")
        group.start_soon(write, other, "retail")
    believed = world.see(lambda c: held_between(c, "support-tone", OWNER, start, FOREVER))
    assert believed[0].valid_from_us == start
    assert believed[-1].valid_to_us == FOREVER
    assert all(a.valid_to_us == b.valid_from_us for a, b in pairwise(believed))
    said = [each for each in world.see(lambda c: timeline(c, "support-tone", OWNER)) if not each.restates]
    assert len(said) == 1 + 12
    other.control.close()


async def test_a_clock_that_goes_back_moves_no_belief_into_the_past(place: Place, log: Log) -> None:
    """A change is believed from after the one before it, whatever the machine's clock shows."""
    world = World(place, log)
    await world.do(tell_the_story)
    known = world.at_us
    slow = World(place, log, behind_us=500 * SECOND)
    await slow.control.change(ADMIN, _later)
    assert world.holder("support-tone", OWNER, known, known) == "product"
    assert world.holder("support-tone", OWNER, known, known + 1) == "it"
    for each in (world, slow):
        each.control.close()


def _later(change: Change) -> None:
    give("support-tone", OWNER, "it", change.at_us - 1)(change)

"""One suite for the registry of ownership, on SQLite and on PostgreSQL."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from audit.entry import Actor, EntryType, Record
from audit.log import Log, open_log
from audit.place import Place
from gateway.control.changes import Change, Control
from gateway.control.database import open_control_database
from gateway.control.schema import FOREVER
from gateway.ownership.assertions import assert_facet
from gateway.ownership.beliefs import facets_of, owner
from gateway.ownership.facets import AssetType, Basis, Facet, PartyKind
from gateway.ownership.history import held_between, timeline
from gateway.ownership.parties import register_party
from gateway.ownership.registration import NewAsset, register_asset

pytestmark = pytest.mark.anyio

ADMIN = Actor("subject-1", "person", "legal")
OWNER = Facet.ACCOUNTABLE_OWNER
SECOND = 1_000_000
START = 1_800_000_000 * SECOND

_T = TypeVar("_T")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    if request.param == "sqlite":
        return tmp_path / "control.db"
    return request.getfixturevalue("postgres_server").place()


@pytest.fixture
async def log(tmp_path: Path) -> Iterator[Log]:
    """A log of its own."""
    opened = open_log(tmp_path / "audit.db")
    yield opened
    await opened.aclose()


class World:
    """A registry whose clock goes on by a second with each change."""

    def __init__(self, place: Place, log: Log) -> None:
        ids, self._ticks = itertools.count(), itertools.count(1)
        self.control = Control(
            open_control_database(place),
            log,
            wall_us=lambda: START + next(self._ticks) * SECOND,
            new_id=lambda: f"change-{next(ids)}",
        )
        self.records: list[Record] = []
        self.at_us = START

    async def do(self, work: Callable[[Change], _T]) -> _T:
        """One change; its records and its time are kept."""

        def kept(change: Change) -> _T:
            done = work(change)
            self.records, self.at_us = change.records, change.at_us
            return done

        return await self.control.change(ADMIN, kept)

    def see(self, work: Callable[[Connection], _T]) -> _T:
        """One look."""
        return self.control.look(work)

    def holder(self, name: str, facet: Facet, valid_us: int, known_us: int | None = None) -> str:
        """Who held a facet, or nobody."""
        known = self.at_us if known_us is None else known_us
        held = self.see(lambda c: owner(c, name, facet, valid_us, known))
        return held.holder if held else ""


@pytest.fixture
async def world(place: Place, log: Log) -> Iterator[World]:
    """A registry with three departments and the assets of the story."""
    made = World(place, log)

    def begin(change: Change) -> None:
        for name in ("it", "product", "retail"):
            register_party(change, name, PartyKind.ORG_UNIT)
        register_party(change, "sub_1", PartyKind.PERSON, "product")
        register_party(change, "triage-bot", PartyKind.SERVICE, "retail")
        register_asset(change, _base(change))
        register_asset(change, _adapter(change))

    await made.do(begin)
    yield made
    made.control.close()


def _base(change: Change) -> NewAsset:
    return NewAsset(
        id="northwind-base",
        type=AssetType.BASE_MODEL,
        owner="it",
        basis=Basis.CHARTER,
        registered_us=change.at_us,
        weight_hash="ab" * 32,
        facets={Facet.CUSTODIAN: "it", Facet.STEWARD: "it"},
    )


def _adapter(change: Change) -> NewAsset:
    return NewAsset(
        id="support-tone",
        type=AssetType.ADAPTER,
        owner="product",
        basis=Basis.ORIGINATION,
        registered_us=change.at_us,
        derived_from=("northwind-base",),
    )


def _give(
    name: str, facet: Facet, holder: str, from_us: int, to_us: int = FOREVER
) -> Callable[[Change], object]:
    return lambda change: assert_facet(
        change,
        asset=name,
        facet=facet,
        holder=holder,
        basis=Basis.CONTRACT,
        valid_from_us=from_us,
        valid_to_us=to_us,
        reference="contract-7",
    )


async def test_an_asset_has_its_owner_from_its_registration_on(world: World) -> None:
    """Nobody owned it the moment before, its owner ever after."""
    assert world.holder("support-tone", OWNER, world.at_us) == "product"
    assert world.holder("support-tone", OWNER, FOREVER - 1) == "product"
    assert world.holder("support-tone", OWNER, world.at_us - 1) == ""
    assert world.records[-1].type is EntryType.OWNERSHIP_ASSET
    assert world.records[-1].resource is not None
    assert world.records[-1].resource.owner == "product"


async def test_what_nobody_said_follows_from_what_the_asset_stands_on(world: World) -> None:
    """An inherited facet is labelled a default and names where it comes from; its own word wins."""
    facets = world.see(lambda c: facets_of(c, "support-tone", world.at_us, world.at_us))
    assert (facets[Facet.CUSTODIAN].holder, facets[Facet.CUSTODIAN].standing) == ("it", "default")
    assert facets[Facet.CUSTODIAN].via == "northwind-base"
    assert (facets[OWNER].holder, facets[OWNER].standing) == ("product", "asserted")
    await world.do(_give("support-tone", Facet.CUSTODIAN, "retail", world.at_us))
    held = world.see(lambda c: owner(c, "support-tone", Facet.CUSTODIAN, world.at_us))
    assert held is not None
    assert (held.holder, held.standing, held.via) == ("retail", "asserted", "")


async def test_a_correction_changes_the_past_and_not_what_was_known_of_it(world: World) -> None:
    """Who held it then, as known then, stays; as known now it is another."""
    first = world.at_us
    await world.do(_give("support-tone", OWNER, "retail", first + SECOND, first + 2 * SECOND))
    corrected = world.at_us
    assert world.records[-1].type is EntryType.OWNERSHIP_CORRECTED or corrected <= first + SECOND
    assert world.holder("support-tone", OWNER, first + SECOND, first) == "product"
    assert world.holder("support-tone", OWNER, first + SECOND) == "retail"
    assert world.holder("support-tone", OWNER, first) == "product"
    assert world.holder("support-tone", OWNER, first + 2 * SECOND) == "product"
    rows = world.see(lambda c: held_between(c, "support-tone", OWNER, 0, FOREVER))
    assert [row.holder for row in rows] == ["product", "retail", "product"]
    assert {row.restates for row in (rows[0], rows[2])} == {world.see(_first_assertion)}


def _first_assertion(connection: Connection) -> int:
    rows = timeline(connection, "support-tone", OWNER)
    return rows[0].id

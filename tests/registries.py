"""A registry of the story's departments and assets, over a real log and either database."""

import itertools
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from audit.entry import Actor, Record
from audit.log import Log
from audit.place import Place
from gateway.control.changes import Change, Control
from gateway.control.database import open_control_database
from gateway.control.schema import FOREVER
from gateway.ownership.registry.assertions import Asserted, assert_facet
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import AssetType, Basis, Facet, PartyKind
from gateway.ownership.registry.parties import register_party
from gateway.ownership.registry.registration import NewAsset, register_asset
from tests.patience import patient_control
from tests.postgres import PostgresServer

ADMIN = Actor("sub_admin", "person", "legal")
SECOND = 1_000_000
START = 1_800_000_000 * SECOND

_T = TypeVar("_T")
_NUMBERS = itertools.count()


def registry_place(request: pytest.FixtureRequest, folder: Path, kind: str) -> Place:
    """A place for a control database; PostgreSQL copies one whose tables are made, which is quicker."""
    if kind == "sqlite":
        return folder / "control.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.place(like=_tables_made(server))


@lru_cache
def _tables_made(server: PostgresServer) -> str:
    place = server.place()
    open_control_database(place).close()
    return str(place.database)


class World:
    """A registry whose clock goes on by a second with each change."""

    def __init__(self, place: Place, log: Log, behind_us: int = 0) -> None:
        self._ticks = itertools.count(1)
        self.control = Control(
            patient_control(place),
            log,
            wall_us=lambda: START + next(self._ticks) * SECOND - behind_us,
            new_id=lambda: f"change-{next(_NUMBERS)}",
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


def tell_the_story(change: Change) -> None:
    """Three departments, a person, a service, the base model and the adapter on it."""
    for name in ("it", "product", "retail"):
        register_party(change, name, PartyKind.ORG_UNIT)
    register_party(change, "sub_1", PartyKind.PERSON, "product")
    register_party(change, "triage-bot", PartyKind.SERVICE, "retail")
    register_asset(change, _base(change))
    register_asset(change, _adapter(change))


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


def give(
    name: str, facet: Facet, holder: str, from_us: int, to_us: int = FOREVER
) -> Callable[[Change], Asserted]:
    """The work of asserting a facet by contract."""
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

"""A small company with a registry, for tests of rights: its people, a clock that goes on, and its log."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from audit.entry import Actor, EntryType, Record
from audit.log import Log
from audit.place import Place
from gateway.control.changes import Change, Control
from gateway.control.operations import Acting, Operation, Outcome
from gateway.domain import Subject
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import AssetType, Basis, Facet, PartyKind
from gateway.ownership.registry.parties import register_party
from gateway.ownership.registry.registration import NewAsset, register_asset
from tests.patience import patient_control

SECOND = 1_000_000
START = 1_800_000_000 * SECOND
DEPARTMENTS = ("it", "product", "retail", "legal", "audit")
OWNER = Facet.ACCOUNTABLE_OWNER

_T = TypeVar("_T")


def speaker(department: str, number: int = 1) -> Acting:
    """Somebody with the role owner."""
    subject = Subject(f"sub_{department}{number}", "person", department, roles=("owner",))
    return Acting(f"{department}-lead", subject)


def employee(department: str) -> Acting:
    """Somebody without any role."""
    return Acting(f"{department}-clerk", Subject(f"sub_{department}0", "person", department))


class World:
    """A registry whose clock goes on by a second with each change."""

    def __init__(self, place: Place, log: Log) -> None:
        ids, self._ticks = itertools.count(), itertools.count(1)
        self.skipped_us = 0
        self.control = Control(
            patient_control(place), log, wall_us=self.wall_us, new_id=lambda: f"change-{next(ids)}"
        )
        self.records: list[Record] = []
        self.at_us = START

    def wall_us(self) -> int:
        """The clock."""
        return START + next(self._ticks) * SECOND + self.skipped_us

    async def change(self, work: Callable[[Change], _T], actor: Actor | None = None) -> _T:
        """One change; its records and its time are kept."""

        def kept(change: Change) -> _T:
            done = work(change)
            self.records, self.at_us = change.records, change.at_us
            return done

        return await self.control.change(actor or speaker("legal").actor, kept)

    async def do(self, acting: Acting, operation: Operation) -> Outcome:
        """One operation."""
        return await self.change(lambda change: operation.apply(change, acting), acting.actor)

    async def begin(self) -> "World":
        """Registers the departments and the two models of the story."""

        def register(change: Change) -> None:
            for name in DEPARTMENTS:
                register_party(change, name, PartyKind.ORG_UNIT)
            for name in ("sub_it7", "sub_product7"):
                register_party(change, name, PartyKind.PERSON, name[4:-1])
            base = self._model(change, "northwind-base", AssetType.BASE_MODEL, "it")
            register_asset(change, base)
            adapter = self._model(change, "support-tone", AssetType.ADAPTER, "product")
            register_asset(change, replace(adapter, derived_from=(base.id,)))

        await self.change(register)
        return self

    def see(self, work: Callable[[Connection], _T]) -> _T:
        """One look."""
        return self.control.look(work)

    def holder(self, asset: str, facet: Facet = OWNER, valid_us: int = 0, known_us: int = 0) -> str:
        """Who holds a facet, or nobody; now and as known now unless said otherwise."""
        valid, known = valid_us or self.at_us, known_us or self.at_us
        held = self.see(lambda connection: owner(connection, asset, facet, valid, known))
        return held.holder if held else ""

    @staticmethod
    def in_days(days: float) -> datetime:
        """A time so long after the beginning."""
        return datetime.fromtimestamp(START / SECOND, UTC) + timedelta(days=days)

    def kinds(self) -> list[EntryType]:
        """The types of the records of the last change."""
        return [record.type for record in self.records]

    @staticmethod
    def _model(change: Change, name: str, kind: AssetType, party: str) -> NewAsset:
        return NewAsset(
            id=name,
            type=kind,
            owner=party,
            basis=Basis.ORIGINATION,
            registered_us=change.at_us,
            weight_hash="ab" * 32,
            facets={Facet.CUSTODIAN: "it"},
        )

"""A court for tests: the story's departments, an asset, a clerk, adjudicators, and a clock to set."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy import Connection

from audit.entry import Entry, Receipt, Record
from audit.errors import RecorderUnavailable
from audit.place import Place
from gateway.control.changes import Change, Control
from gateway.control.database import open_control_database
from gateway.control.operations import Acting, Operation
from gateway.domain import JsonObject, Subject
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.clerk import (
    Admit,
    Appoint,
    Deliberate,
    Mediate,
    OpenAppeal,
    OpenEvidence,
    Seal,
    Serve,
)
from gateway.ownership.disputes.due import settle_due
from gateway.ownership.disputes.filing import FileDispute, OpenDispute
from gateway.ownership.disputes.journal import load
from gateway.ownership.disputes.panels import CastVote, DraftRuling, OfferSeat, Rule
from gateway.ownership.registry.assets import asset
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import AssetType, Basis, Facet, LinkKind, PartyKind
from gateway.ownership.registry.links import link
from gateway.ownership.registry.parties import register_party
from gateway.ownership.registry.registration import NewAsset, register_asset
from tests.patience import patient_control

DAY_US = 86_400_000_000
START_US = 1_800_000_000_000_000
DEPARTMENTS = ("it", "product", "retail", "legal", "security", "audit")

_T = TypeVar("_T")


def person(name: str, department: str, *roles: str) -> Acting:
    """Somebody of a department, with roles."""
    return Acting(name, Subject(f"sub_{name}", "person", department, roles=roles))


RETAIL, PRODUCT, IT = (person(f"{name}-lead", name, "owner") for name in ("retail", "product", "it"))
CLERK = person("clerk", "legal", "clerk")
ADMIN = person("admin", "legal", "governance-admin")
BENCH = tuple(person(f"judge-{number}", "security", "adjudicator") for number in range(3))
APPEAL_BENCH = tuple(person(f"judge-{number}", "audit", "adjudicator") for number in range(3, 6))


class ListLog:
    """A log in memory, which can be told to fail, or to refuse one dispute."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.fails = False
        self.refused = ""

    async def append(self, record: Record) -> Receipt:
        """Keep the record."""
        if self.fails or (self.refused and record.detail.get("dispute") == self.refused):
            raise RecorderUnavailable("told to fail")
        self.records.append(record)
        return Receipt("", len(self.records) - 1, b"", "")

    async def of_request(self, request_id: str) -> tuple[Entry, ...]:
        """Nothing is ever lost between log and database here."""
        del request_id
        return ()

    def steps(self, dispute: str) -> list[str]:
        """The steps of a dispute that are on record, in order."""
        return [
            record.type.value.removeprefix("dispute.")
            for record in self.records
            if record.detail.get("dispute") == dispute
        ]


@cache
def _migrated() -> bytes:
    """An empty control database, made once: its migrations take longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "control.db")
        open_control_database(path).close()
        return path.read_bytes()


class Court:
    """A registry with the story's assets, and everybody who takes part in disputes."""

    def __init__(self, place: Place, log: ListLog | None = None, *, fresh: bool = True) -> None:
        self.log = log or ListLog()
        self.now_us = START_US
        ids = itertools.count(1 if fresh else 1_000)
        if isinstance(place, Path) and fresh:
            place.write_bytes(_migrated())
        self.control = Control(
            patient_control(place),
            self.log,
            wall_us=lambda: self.now_us,
            new_id=lambda: f"change-{next(ids)}",
        )

    async def begin(self) -> None:
        """Registers the departments and the story's adapter."""

        def work(change: Change) -> None:
            for name in DEPARTMENTS:
                register_party(change, name, PartyKind.ORG_UNIT)

        await self.control.change(ADMIN.actor, work)
        await self.asset("support-tone")

    async def asset(self, name: str, owned_by: str = "product") -> None:
        """Registers an adapter of a department."""
        new = NewAsset(
            id=name,
            type=AssetType.ADAPTER,
            owner=owned_by,
            basis=Basis.ORIGINATION,
            registered_us=START_US,
            facets={Facet.IP_HOLDER: owned_by, Facet.DATA_OWNER: owned_by, Facet.CUSTODIAN: "it"},
        )
        await self.control.change(ADMIN.actor, lambda change: register_asset(change, new))

    async def dataset(self, name: str, data_owner: str) -> None:
        """Registers a dataset that the story's adapter was made from."""
        new = NewAsset(
            id=name,
            type=AssetType.DATASET,
            owner=data_owner,
            basis=Basis.ORIGINATION,
            registered_us=START_US,
            facets={Facet.DATA_OWNER: data_owner},
        )

        def work(change: Change) -> None:
            register_asset(change, new)
            link(change, "support-tone", name, LinkKind.DERIVED_FROM)

        await self.control.change(ADMIN.actor, work)

    async def do(self, acting: Acting, operation: Operation) -> JsonObject:
        """One operation of somebody, as one change."""
        return await self.control.change(acting.actor, lambda change: operation.apply(change, acting))

    def days(self, count: float) -> None:
        """Lets time pass."""
        self.now_us += int(count * DAY_US)

    async def upkeep(self) -> tuple[str, ...]:
        """What the gateway does by itself."""
        return await settle_due(self.control, ADMIN.actor, lambda: self.now_us)

    def see(self, work: Callable[[Connection], _T]) -> _T:
        """One look."""
        return self.control.look(work)

    def case(self, dispute: str) -> Case:
        """The dispute now."""
        return self.see(lambda connection: load(connection, dispute))

    def holder(self, facet: Facet, name: str = "support-tone", at_us: int | None = None) -> str:
        """Who holds a facet."""
        when = self.now_us + DAY_US // 2 if at_us is None else at_us
        held = self.see(lambda connection: owner(connection, name, facet, when))
        return held.holder if held else ""

    def registered(self, name: str) -> bool:
        """Whether an asset is there."""
        return self.see(lambda connection: asset(connection, name)) is not None

    async def opened(self, asset_id: str = "support-tone", by: Acting = RETAIL, **more: object) -> str:
        """A draft about the accountable owner and the budget owner."""
        claim = {"basis": "operation", "statement": "we run it and pay for it", **more}
        claims = [{"facet": facet, **claim} for facet in ("accountable_owner", "budget_owner")]
        operation = OpenDispute.model_validate({"asset": asset_id, "claims": claims})
        return str((await self.do(by, operation))["dispute"])

    async def filed(self, asset_id: str = "support-tone") -> str:
        """A filed dispute of retail's."""
        dispute = await self.opened(asset_id)
        await self.do(RETAIL, FileDispute(dispute=dispute))
        return dispute

    async def admitted(self, asset_id: str = "support-tone") -> str:
        """An admitted dispute."""
        dispute = await self.filed(asset_id)
        await self.do(CLERK, Admit(dispute=dispute))
        return dispute

    async def heard(self, asset_id: str = "support-tone") -> str:
        """A dispute with its evidence open."""
        dispute = await self.admitted(asset_id)
        for step in (Serve, OpenEvidence):
            await self.do(CLERK, step(dispute=dispute))
        return dispute

    async def seated(self, dispute: str, bench: tuple[Acting, ...] = BENCH) -> None:
        """Seats a panel."""
        for judge in bench:
            await self.do(judge, OfferSeat(dispute=dispute))
            await self.do(CLERK, Appoint(dispute=dispute, adjudicator=judge.subject.id))

    async def deliberated(self, asset_id: str = "support-tone") -> str:
        """A dispute before a full panel."""
        dispute = await self.heard(asset_id)
        for step in (Seal, Mediate):
            await self.do(CLERK, step(dispute=dispute))
        await self.seated(dispute)
        await self.do(CLERK, Deliberate(dispute=dispute))
        return dispute

    async def ruled(
        self,
        dispute: str,
        given: dict[str, str] | None = None,
        bench: tuple[Acting, ...] = BENCH,
        **more: object,
    ) -> None:
        """A ruling of the panel, two to one; without ``given`` the owner stays and retail pays."""
        number = await self.drafted(dispute, given, bench[0], **more)
        for judge, in_favour in zip(bench, (True, True, False), strict=True):
            opinion = None if in_favour else "the majority overlooks the data"
            vote = CastVote(dispute=dispute, ruling=number, in_favour=in_favour, opinion=opinion)
            await self.do(judge, vote)
        await self.do(bench[0], Rule(dispute=dispute, ruling=number))

    async def drafted(self, dispute: str, given: dict[str, str] | None, by: Acting, **more: object) -> int:
        """A draft of a ruling."""
        given = {"accountable_owner": "", "budget_owner": "retail"} if given is None else given
        dispositions = [{"facet": facet, "holder": holder or None} for facet, holder in given.items()]
        draft = {"dispute": dispute, "dispositions": dispositions, "reasons": "who trained it", **more}
        return int(str((await self.do(by, DraftRuling.model_validate(draft)))["ruling"]))

    async def final(self, dispute: str) -> None:
        """Lets the time for an appeal pass."""
        await self.do(CLERK, OpenAppeal(dispute=dispute))
        self.days(15)
        await self.upkeep()


def as_service(acting: Acting) -> Acting:
    """The same, but a program."""
    return replace(acting, subject=replace(acting.subject, kind="service"))

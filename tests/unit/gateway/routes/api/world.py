"""A control API in the test's own process: real routes, control database and log; the policy is a table."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import Field
from starlette.applications import Starlette

from audit.entry import Actor, Entry, EntryType, Record
from audit.ids import SystemClock
from audit.log import Log
from audit.query import LogReader
from audit.refusals import RefusalLimiter
from gateway.control.changes import Change, Control
from gateway.control.governance import Governance, TwoPeople
from gateway.control.operations import Acting, Catalogue, Operation, Outcome
from gateway.domain import AccessRequest, Action, DataClass, Decision, Obligations, Subject
from gateway.errors import Unauthenticated
from gateway.evidence_desk import EvidenceDesk
from gateway.front_office import FrontOffice, OfficeParts
from gateway.identity.base import Defaults, Identity
from gateway.ids import Uuid7
from gateway.ownership.disputes.desk import Desk
from gateway.ownership.live.base import Snapshot
from gateway.ownership.operations import granting
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.facets import AssetType, Basis, PartyKind
from gateway.ownership.registry.parties import register_party
from gateway.ownership.registry.registration import NewAsset, register_asset
from gateway.pdp.lifecycle.bundle import Trust
from gateway.pdp.lifecycle.feed import ControlFeed
from gateway.pdp.lifecycle.operations import OPERATIONS
from gateway.pdp.lifecycle.signing import SigningKey
from gateway.pdp.lifecycle.workshop import Workshop
from gateway.pdp.probe import Limits
from gateway.pdp.workbench.bench import Bench
from gateway.policy_bench import PolicyBench
from gateway.policy_desk import PolicyDesk
from gateway.routes.api import application
from gateway.routes.api.application import Stock
from gateway.settings import ServerSettings
from gateway.sight import Sight
from gateway.views.shelves import SHELVES
from tests.patience import patient_control, patient_log

DEPARTMENTS = ("audit", "it", "product", "retail")
LIMITS = ServerSettings(max_body_bytes=20_000, max_header_bytes=8_000, body_timeout_s=1)


class Label(Operation):
    """Puts a label on an asset."""

    kind: ClassVar[str] = "label.give"
    asset: str = Field(description="Which asset.", examples=["support-tone"])
    text: str = Field(description="What it says.", max_length=100)
    weight: int = Field(1, description="How heavy it is.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For owners, of assets that are there."""
        acting.require("owner")
        require_asset(change.connection, self.asset)
        change.record(EntryType.AUDITOR_QUERY, {"labelled": self.asset})
        return {"label": change.id}


class Seal(Operation):
    """Seals an asset for good."""

    kind: ClassVar[str] = "asset.seal"
    changes_rights: ClassVar[bool] = True
    asset: str = Field(description="Which asset.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For owners."""
        acting.require("owner")
        change.record(EntryType.AUDITOR_QUERY, {"sealed": self.asset})
        return {"sealed": self.asset}


class KeyTable:
    """Keys that are the names of principals: ``product-lead`` is a person of product with the role owner."""

    def identity(self, name: str) -> Identity:
        """Whoever has this name."""
        department, _, role = name.partition("-")
        if department not in (*DEPARTMENTS, "security"):
            raise Unauthenticated("no such key")
        roles = {
            "lead": ("owner",),
            "deputy": ("owner",),
            "engineer": ("policy-author", "policy-approver"),
            "opa": ("policy-reader",),
            "auditor": ("auditor",),
        }.get(role, ())
        kind = "service" if role == "service" else "person"
        return Identity(
            Subject(f"sub_{name}", kind, department, roles=roles), Defaults("", "", DataClass.INTERNAL)
        )

    async def authenticate(self, headers: Mapping[str, str]) -> Identity:
        """By bearer key."""
        return self.identity(headers.get("authorization", "").removeprefix("Bearer "))

    def find(self, subject: str) -> Acting | None:
        """Everybody is still there."""
        identity = self.identity(subject.removeprefix("sub_"))
        return Acting(subject, identity.subject)


@dataclass
class TablePolicy:
    """Auditors audit everything; ``discovers`` says which department may discover which asset."""

    discovers: set[tuple[str, str]] = field(default_factory=set)
    asked: list[AccessRequest] = field(default_factory=list)
    revision: str = "table"

    async def decide(self, request: AccessRequest) -> Decision:
        """By the table."""
        self.asked.append(request)
        department = request.subject.department
        found = (department, request.resource.id) in self.discovers
        allow = found if request.action is Action.DISCOVER else department == "audit"
        return Decision(allow, Obligations(), (), "decision", self.revision)

    async def aclose(self) -> None:
        """Nothing to give back."""


class EmptyDirectory:
    """No asset can be called."""

    def snapshot(self) -> Snapshot:
        """Nothing."""
        return Snapshot(0, {})


@dataclass
class World:
    """The API and what stands behind it."""

    app: Starlette
    control: Control
    governance: Governance
    policy: TablePolicy
    folder: Path
    log: Log
    desk: PolicyDesk | None = None

    def client(self, who: str) -> httpx.AsyncClient:
        """A client with the key of a principal."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://gateway/api/v1",
            headers={"authorization": f"Bearer {who}"},
        )

    async def register_departments(self) -> None:
        """Brings the departments into the registry."""
        for department in DEPARTMENTS:
            await self.control.change(_CLERK, _registering(department))

    async def register(self, asset: str, owner: str) -> None:
        """Brings an asset into the registry."""
        new = NewAsset(
            id=asset,
            type=AssetType.DATASET,
            owner=owner,
            basis=Basis.CHARTER,
            registered_us=1_600_000_000_000_000,
        )
        await self.control.change(_CLERK, lambda change: register_asset(change, new))

    def entries(self) -> list[Entry]:
        """Everything on record."""
        with LogReader(self.folder / "audit.db") as reader:
            return [located.entry for located in reader.scan()]


_CLERK = Actor("sub_clerk", "person", "it")


@asynccontextmanager
async def opened(  # noqa: PLR0913, PLR0917 - what a test may want of it
    folder: Path,
    two_people: TwoPeople | None = None,
    key: SigningKey | None = None,
    disputes: Callable[[Governance, Log], Desk] | None = None,
    seconds: float = 120,
    evidence: EvidenceDesk | None = None,
) -> AsyncIterator[World]:
    """A world in a folder; with a key for bundles there are policies too, with a desk disputes' exhibits."""
    log = patient_log(folder / "audit.db")
    control = Control(
        patient_control(folder / "control.db"), log, wall_us=SystemClock().wall_us, new_id=Uuid7()
    )
    keys, policy = KeyTable(), TablePolicy()
    operations = [Label, Seal, *granting.OPERATIONS, *(OPERATIONS if key else ())]
    governance = Governance(control, Catalogue(operations), keys, two_people)
    refusals = _Refusals(log)
    desk = _desk(control, log, key) if key else None
    office = FrontOffice(
        OfficeParts(
            authenticator=keys,
            sight=Sight(EmptyDirectory(), policy, control, lambda: datetime.now(UTC)),
            recorder=log,
            refusals=refusals,
            governance=governance,
            now=lambda: datetime.now(UTC),
            monotonic_ns=lambda: 0,
        )
    )
    bench = PolicyBench(folder / "audit.db", bench=Bench(Limits(seconds=seconds, inputs=20)))
    stock = Stock(SHELVES, desk, disputes(governance, log) if disputes else None, bench, evidence)
    app = Starlette(routes=application.routes(office, LIMITS, Uuid7(), b"secret", stock))
    yield World(app, control, governance, policy, folder, log, desk)
    await refusals.aclose()
    await log.aclose()
    control.close()


def _desk(control: Control, log: Log, key: SigningKey) -> PolicyDesk:
    trust = Trust("production", "custody", {key.id: key.public})
    return PolicyDesk(Workshop(control, trust, key), ControlFeed(control, log, trust, Uuid7()))


def _registering(department: str) -> Callable[[Change], None]:
    return lambda change: register_party(change, department, PartyKind.ORG_UNIT)


class _Refusals:
    """Every refusal singly on record."""

    def __init__(self, log: Log) -> None:
        self._limiter = RefusalLimiter(log, window_s=1, singly=100_000)

    async def refuse(self, record: Record, peer: str) -> None:
        """Record it."""
        await self._limiter.refuse(record, peer)

    async def aclose(self) -> None:
        """Record what is counted."""
        await self._limiter.aclose()

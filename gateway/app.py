"""Wiring only: settings in, application out."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from audit.ids import SystemClock
from audit.log import Log
from audit.payloads.erasure import Custodian
from audit.payloads.vault import Vault
from audit.sinks.base import Sink
from gateway.authzen.decisions import DecisionPoint
from gateway.backends.base import Backend, NeedsStart
from gateway.control.changes import Control
from gateway.dispute_desk import open_dispute_desk
from gateway.dossiers import make_dossier
from gateway.evidence_desk import EvidenceDesk
from gateway.front_office import FrontOffice, front_office
from gateway.ids import Uuid7
from gateway.ownership.disputes.desk import Desk
from gateway.ownership.disputes.due import settle_due
from gateway.ownership.disputes.keeping import keep_holds
from gateway.ownership.live.directory import LiveDirectory
from gateway.ownership.rights.lapsing import lapse_transfers
from gateway.parts import (
    authenticator,
    backends,
    control,
    directory,
    governance,
    policy_engine,
    principals,
    redactor,
    retention,
    seed,
    sinks,
    vault,
    verifiable_log,
)
from gateway.pdp.base import PolicyEngine
from gateway.pepper import pepper
from gateway.pipeline import Parts, Pipeline
from gateway.places import log_place
from gateway.policy_bench import PolicyBench
from gateway.policy_desk import PolicyDesk, open_desk, put_into_force
from gateway.progress import Progress, silent
from gateway.refusals import PeerRefusals
from gateway.retention import VaultRetainer
from gateway.routes import authzen, health, openai_chat
from gateway.routes.api import application as api
from gateway.scanning import Scanner
from gateway.settings import Settings
from gateway.state import StateFolder
from gateway.upkeep import GATEWAY, keep_up, settle_disputes
from gateway.views.shelves import SHELVES


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that a running gateway consists of."""

    settings: Settings
    log: Log
    refusals: PeerRefusals
    vault: Vault | None
    sinks: Mapping[str, Sink]
    control: Control
    directory: LiveDirectory
    desk: PolicyDesk | None
    policy: PolicyEngine
    backends: Mapping[str, Backend]
    scanner: Scanner
    pipeline: Pipeline
    decisions: DecisionPoint
    office: FrontOffice
    dispute_desk: Desk
    bench: PolicyBench
    evidence: EvidenceDesk

    async def start(self, progress: Progress = silent) -> None:
        """Loads what must be loaded before the first call; a second time costs nothing.

        Raises ``SettingsInvalid`` where the settings contradict what the registry holds.
        """
        progress("Registry")
        await seed(self.settings, self.control)
        await anyio.to_thread.run_sync(self.directory.follow)
        progress("Policy in force")
        await put_into_force(self.policy, self.desk)
        for name, backend in self.backends.items():
            if isinstance(backend, NeedsStart):
                progress(f"Model of backend {name}")
                await backend.start(progress)
        await self.scanner.warm()
        self.log.feed(self.sinks)

    async def keep_up(self) -> None:
        """Does what is due to kept payloads, offers and disputes, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            if self.vault is None:
                group.create_task(settle_disputes(self._settle))
                return
            custodian = Custodian(self.vault, self.log, retention(self.settings))
            turn = asyncio.Lock()
            keeping = partial(keep_holds, self.control, custodian, self.vault.holds.all, GATEWAY)

            async def hold() -> None:
                # One after the other: two that look at once would each place what is missing.
                async with turn:
                    await keeping()

            group.create_task(settle_disputes(self._settle, hold))
            group.create_task(keep_up(custodian, lambda: datetime.now(UTC), hold=hold))

    async def _settle(self) -> None:
        wall_us = SystemClock().wall_us
        await lapse_transfers(self.control, GATEWAY, wall_us)
        await settle_due(self.control, GATEWAY, wall_us)

    async def aclose(self) -> None:
        """Ends every part; the log last, for the others may still have something to say."""
        for backend in self.backends.values():
            await backend.aclose()
        await self.policy.aclose()
        await self.evidence.aclose()
        await self.refusals.aclose()
        await self.log.aclose()
        self.directory.close()
        self.control.close()
        if self.vault is not None:
            self.vault.close()


def build_gateway(settings: Settings, progress: Progress = silent) -> Gateway:
    """Builds every part; raises ``SettingsInvalid`` when one cannot be had as the settings ask."""
    state = StateFolder(settings.state_dir)
    identity = authenticator(settings, state)
    progress("Policy")
    policy = policy_engine(settings)
    progress("Detectors")
    scanner = Scanner(redactor(settings, state))
    servers = backends(settings, progress)
    copies = sinks(settings)
    progress("Audit log")
    log = verifiable_log(settings, state)
    governed = control(settings, log)
    registry = directory(settings, governed)
    payloads = vault(settings, state) if settings.payloads.keys else None
    refusals = PeerRefusals(
        log,
        state.secret("isolation.key"),
        window_s=settings.audit.refusals_window_s,
        singly=settings.audit.refusals_singly,
    )
    parts = Parts(
        authenticator=identity,
        directory=registry,
        policy=policy,
        scanner=scanner,
        recorder=log,
        retainer=VaultRetainer(payloads.payloads) if payloads else None,
        backends=servers,
        isolation_key=state.secret("isolation.key"),
        now=lambda: datetime.now(UTC),
        monotonic_ns=time.monotonic_ns,
        attempts=log,
        # The same on every replica, as the keys of callers are.
        attempt_key=pepper(settings, state),
        refusals=refusals,
    )
    ruling = governance(settings, principals(settings, state), governed)
    return Gateway(
        settings,
        log,
        refusals,
        payloads,
        copies,
        governed,
        registry,
        # A folder as it stands has no history, so nothing to keep one with.
        None if settings.policy.kind == "embedded" else open_desk(settings, state, governed, log),
        policy,
        servers,
        scanner,
        Pipeline(parts),
        DecisionPoint(parts),
        front_office(parts, ruling),
        open_dispute_desk(settings, ruling, log.verifier),
        PolicyBench(log_place(settings), _policy_folders(settings)),
        EvidenceDesk(log_place(settings), settings.state_dir / "dossiers", partial(make_dossier, settings)),
    )


def _policy_folders(settings: Settings) -> list[Path]:
    """Where a policy may lie that the control database does not hold."""
    folder = settings.policy.options.get("policies")
    return [Path(str(folder))] if folder else []


class _Application(FastAPI):
    """FastAPI for the control API, with the doors of the data plane in front of its layers.

    The layers validate, document and tidy up what a door does by itself; passing them costs a call more than
    its record does. A door is found here by its exact method and path; everything else goes the ordinary way,
    and finds the same doors among the routes.
    """

    def add_doors(self, routes: Sequence[BaseRoute]) -> None:
        """Adds the routes of the data plane, the last of which takes whatever no other takes."""
        self.router.routes += routes
        self._doors: dict[tuple[str, str], ASGIApp] = {
            (method, route.path): route.app
            for route in routes
            if isinstance(route, Route)
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI exchange."""
        door = self._doors.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if door is None:
            await super().__call__(scope, receive, send)
        else:
            await door(scope, receive, send)


def create_app(gateway: Gateway) -> FastAPI:
    """The ASGI application over a built gateway; when it ends, so does the gateway."""
    ready = False

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        nonlocal ready
        del app
        await gateway.start()
        ready = True
        upkeep = asyncio.create_task(gateway.keep_up())
        try:
            yield
        finally:
            ready = False
            upkeep.cancel()
            await asyncio.wait({upkeep})
            await gateway.aclose()

    app = _Application(title="Custody", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    doors = openai_chat.routes(gateway.pipeline, gateway.settings.server, Uuid7())
    secret = pepper(gateway.settings, StateFolder(gateway.settings.state_dir))
    controls = api.routes(
        gateway.office,
        gateway.settings.server,
        Uuid7(),
        secret,
        api.Stock(SHELVES, gateway.desk, gateway.dispute_desk, gateway.bench, gateway.evidence),
    )
    decisions = authzen.routes(gateway.decisions, gateway.settings.server, Uuid7())
    app.add_doors([health.route(lambda: ready), *controls, *decisions, *doors])
    return app

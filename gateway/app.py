"""Wiring only: settings in, application out."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from audit.log import Log
from gateway.backends.base import Backend, NeedsStart
from gateway.ids import Uuid7
from gateway.ownership.configured import ConfiguredDirectory
from gateway.parts import authenticator, backends, policy_engine, redactor, verifiable_log
from gateway.pdp.base import PolicyEngine
from gateway.pipeline import Parts, Pipeline
from gateway.progress import Progress, silent
from gateway.routes import health, openai_chat
from gateway.scanning import Scanner
from gateway.settings import Settings
from gateway.state import StateFolder


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that a running gateway consists of."""

    settings: Settings
    log: Log
    policy: PolicyEngine
    backends: Mapping[str, Backend]
    scanner: Scanner
    pipeline: Pipeline

    async def start(self, progress: Progress = silent) -> None:
        """Loads what must be loaded before the first call; a second time costs nothing."""
        for name, backend in self.backends.items():
            if isinstance(backend, NeedsStart):
                progress(f"Model of backend {name}")
                await backend.start(progress)
        await self.scanner.warm()

    async def aclose(self) -> None:
        """Ends every part; the log last, for the others may still have something to say."""
        for backend in self.backends.values():
            await backend.aclose()
        await self.policy.aclose()
        await self.log.aclose()


def build_gateway(settings: Settings, progress: Progress = silent) -> Gateway:
    """Builds every part; raises ``SettingsInvalid`` when one cannot be had as the settings ask."""
    state = StateFolder(settings.state_dir)
    identity = authenticator(settings, state)
    progress("Policy")
    policy = policy_engine(settings)
    progress("Detectors")
    scanner = Scanner(redactor(settings, state))
    servers = backends(settings, progress)
    progress("Audit log")
    log = verifiable_log(settings, state)
    parts = Parts(
        authenticator=identity,
        directory=ConfiguredDirectory(settings.assets, settings.grants),
        policy=policy,
        scanner=scanner,
        recorder=log,
        backends=servers,
        isolation_key=state.secret("isolation.key"),
        now=lambda: datetime.now(UTC),
        monotonic_ns=time.monotonic_ns,
    )
    return Gateway(settings, log, policy, servers, scanner, Pipeline(parts))


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
        try:
            yield
        finally:
            ready = False
            await gateway.aclose()

    app = _Application(title="Custody", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    doors = openai_chat.routes(gateway.pipeline, gateway.settings.server, Uuid7())
    app.add_doors([health.route(lambda: ready), *doors])
    return app

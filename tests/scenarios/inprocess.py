"""A gateway in the test's own process, for faults that no real part can be made to show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from audit.entry import Entry
from gateway.app import Gateway, build_gateway, create_app
from gateway.pipeline import Parts, Pipeline
from gateway.refusals import PeerRefusals
from gateway.settings import load_settings
from gateway.state import StateFolder
from tests.scenarios import wire
from tests.scenarios.configuration import DEPARTMENT_KEYS, Shape, write_settings
from tests.scenarios.running import read_entries


@dataclass(frozen=True, slots=True)
class InProcess:
    """A built gateway; ``asking`` gives a client of it with some of its parts replaced."""

    built: Gateway
    key: str

    @property
    def parts(self) -> Parts:
        """What the pipeline is made of."""
        return self.built.pipeline._parts

    @asynccontextmanager
    async def asking(self, **fakes: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the gateway, with these parts in place of its own."""
        if "recorder" in fakes:
            fakes.setdefault("refusals", PeerRefusals(fakes["recorder"], b"", singly=1000))
        app = create_app(replace(self.built, pipeline=Pipeline(replace(self.parts, **fakes))))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://gateway/v1", headers=headers, timeout=30
        ) as client:
            yield client

    def key_of(self, department: str) -> str:
        """The API key of the department's principal."""
        names = DEPARTMENT_KEYS.values()
        return StateFolder(self.built.settings.state_dir).first_keys(names)[DEPARTMENT_KEYS[department]]

    def entries(self, request_id: str = "") -> list[Entry]:
        """The durable records."""
        settings = self.built.settings
        return read_entries(settings.state_dir / "audit.db", request_id)


@asynccontextmanager
async def built_in(folder: Path, upstream: str, shape: Shape | None = None) -> AsyncIterator[InProcess]:
    """A gateway over ``folder``, closed in the end."""
    settings = load_settings(write_settings(folder, upstream, shape or Shape()))
    gateway = build_gateway(settings)
    await gateway.start()
    principals = DEPARTMENT_KEYS.values()
    keys = StateFolder(settings.state_dir).first_keys(principals)
    try:
        yield InProcess(gateway, keys[DEPARTMENT_KEYS["retail"]])
    finally:
        await gateway.aclose()


async def chat(client: httpx.AsyncClient, text: str, **fields: object) -> httpx.Response:
    """One chat completion."""
    return await client.post("/chat/completions", content=wire.body(text, **fields))

"""A bundle service on the loopback interface, which a test may change and break."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from gateway.ids import Uuid7
from gateway.pdp.lifecycle.bundle import build_bundle
from gateway.pdp.lifecycle.signing import SigningKey
from gateway.pdp.remote import Options, RemoteEngine
from gateway.pdp.source import PolicySource


@dataclass
class BundleDouble:
    """What serves; ``status`` other than 200 is what every request gets, ``deaf`` hears no follower."""

    key: SigningKey
    content: bytes = b""
    status: int = 200
    deaf: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)

    def serve(self, source: PolicySource) -> str:
        """Puts a policy into force; its revision."""
        self.content = build_bundle(source, "default", "custody", self.key)
        return source.revision

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serves; gives the address of the bundle."""
        app = web.Application()
        app.router.add_get("/bundles/custody", self._answer)
        app.router.add_post("/bundles/custody/status", self._hear)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}/bundles/custody"
        await runner.cleanup()

    def follower(self, url: str, folder: Path, max_stale_s: float = 300) -> RemoteEngine:
        """An engine that follows it, with its files in a folder."""
        (folder / "key.pem").write_text(self.key.public.pem)
        options = Options(
            url=url,
            token=SecretStr("secret"),
            keys={self.key.id: folder / "key.pem"},
            cache=folder / "bundle.tar.gz",
            max_stale_s=max_stale_s,
        )
        return RemoteEngine(options, Uuid7())

    async def _hear(self, request: web.Request) -> web.Response:
        if self.deaf or self.status != 200:
            return web.Response(status=404 if self.deaf else self.status)
        self.heard.append(await request.json())
        return web.Response(status=204)

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append({name.lower(): value for name, value in request.headers.items()})
        if self.status != 200:
            return web.Response(status=self.status)
        tag = f'"{sha256(self.content).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return web.Response(status=304, headers={"etag": tag})
        return web.Response(body=self.content, headers={"etag": tag})

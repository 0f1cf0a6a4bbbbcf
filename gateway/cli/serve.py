import gc
import signal
import socket
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from gateway.app import Gateway, build_gateway, create_app
from gateway.cli.configuration import ConfigOption, configured, fail
from gateway.cli.greeting import greet
from gateway.cli.progress import shown_progress
from gateway.parts import example_keys
from gateway.settings import SettingsInvalid
from gateway.state import StateFolder

# So many new objects before the young ones are looked through: a few dozen calls' worth, in place of one's.
_YOUNG_OBJECTS = 20_000


def serve(
    config: ConfigOption = None,
    port: Annotated[int | None, typer.Option(help="Port, instead of that of the settings.")] = None,
) -> None:
    """Start the gateway."""
    settings = configured(config)
    console = Console()
    try:
        with shown_progress(console) as progress:
            gateway = build_gateway(settings, progress)
    except SettingsInvalid as error:
        fail(str(error))
    # The server raises the signal that ended it once more when it is done; that must not look like a crash.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _nothing_more)
    try:
        _Server(gateway, settings.server.port if port is None else port, console).run()
    except SettingsInvalid as error:
        fail(str(error))


def _nothing_more(number: int, frame: FrameType | None) -> None:
    del number, frame


def settle_memory() -> None:
    """Takes what is loaded by now out of garbage collection: models and rules stay as long as the process.

    A full collection over them stops every call for up to half a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


class _Server(uvicorn.Server):
    """A server that tells how to use it as soon as it can be used."""

    def __init__(self, gateway: Gateway, port: int, console: Console) -> None:
        limits = gateway.settings.server
        super().__init__(
            uvicorn.Config(
                create_app(gateway),
                host=limits.host,
                port=port,
                loop="uvloop",
                http="httptools",
                ws="none",
                access_log=False,  # the record of access is the log that verifies
                log_level="warning",
                server_header=False,
                proxy_headers=False,  # nothing here believes what a proxy says of its clients
                timeout_graceful_shutdown=limits.stop_timeout_s,
            )
        )
        self._gateway = gateway
        self._console = console

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Loads the models, binds, and greets."""
        with shown_progress(self._console) as progress:
            await self._gateway.start(progress)
        await super().startup(sockets=sockets)
        if not self.started:
            return
        settle_memory()
        settings = self._gateway.settings
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        keys = example_keys(settings, StateFolder(settings.state_dir))
        greet(self._console, f"http://{host}:{port}", settings.assets[0].id, keys)

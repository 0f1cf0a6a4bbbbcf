import asyncio
from collections.abc import AsyncGenerator

import pytest
from loopback_server import Loopback


@pytest.fixture
async def server(socket_enabled: None) -> AsyncGenerator[Loopback, None]:
    """A server that answers what the test tells it to."""
    loopback = Loopback()
    listener = await asyncio.start_server(loopback.serve, "127.0.0.1", 0)
    loopback.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    yield loopback
    listener.close()

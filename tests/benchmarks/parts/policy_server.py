"""A decision by an OPA server through our engine, beside a bare aiohttp POST of the same input, in turns."""

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import orjson

from gateway.bundled import policies
from gateway.domain import AccessRequest
from gateway.pdp.opa import Options, build
from gateway.pdp.source import read_source
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, quantile
from tests.benchmarks.parts.policy import question

_TITLE = "policy: one decision of an OPA server"
_AT_ONCE = 16


@dataclass(slots=True)
class _Side:
    """What one way of asking took: each wait, and the time of whole rounds."""

    waits: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)


def run(effort: Effort) -> list[Row]:
    """The same input to the same server, one at a time and sixteen at once."""
    if shutil.which("opa") is None:
        return [Row(_TITLE, "unmeasured, for there is no `opa` on the PATH", ())]
    with _server() as port:
        return asyncio.run(_rows(port, effort))


async def _rows(port: int, effort: Effort) -> list[Row]:
    asked = question()
    body = orjson.dumps({"input": asked.to_input()})
    engine = build(Options(port=port, timeout_s=10))
    url = f"http://127.0.0.1:{port}/v1/data/custody/access/decision"
    async with aiohttp.ClientSession(headers={"content-type": "application/json"}) as session:
        rows = []
        for at_once in (1, _AT_ONCE):
            ours, bare = _Side(), _Side()
            calls = max(at_once, effort.calls // 20)
            for _ in range(2 * effort.rounds):
                await _round(lambda: _decide(engine.decide, asked), calls, at_once, ours)
                await _round(lambda: _post(session, url, body), calls, at_once, bare)
            rows += _told(at_once, ours, bare, calls)
    await engine.aclose()
    return rows


async def _decide(decide: Callable[[AccessRequest], Awaitable[object]], asked: AccessRequest) -> None:
    await decide(asked)


async def _post(session: aiohttp.ClientSession, url: str, body: bytes) -> None:
    async with session.post(url, data=body) as answer:
        if not (await answer.json(loads=orjson.loads))["result"]["allow"]:
            raise BenchmarkFailed("policy server: the bare call was refused")


async def _round(ask: Callable[[], Awaitable[None]], calls: int, at_once: int, side: _Side) -> None:
    async def one_after_the_other() -> None:
        for _ in range(calls // at_once):
            began = time.perf_counter()
            await ask()
            side.waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    side.rounds.append(time.perf_counter() - began)


def _told(at_once: int, ours: _Side, bare: _Side, calls: int) -> list[Row]:
    rows = []
    # Of single waits: a round that the machine gave to others says nothing of either.
    ratio = quantile(sorted(ours.waits), 0.5) / quantile(sorted(bare.waits), 0.5)
    for name, side in (("OpaServer", ours), ("bare aiohttp", bare)):
        waits = sorted(side.waits)
        figures = [
            Figure("p50", quantile(waits, 0.5) * 1e6, "µs"),
            Figure("p99", quantile(waits, 0.99) * 1e6, "µs"),
            Figure("a second", calls / quantile(sorted(side.rounds), 0.5), "1/s"),
        ]
        if side is ours:
            figures.append(Figure("of bare", ratio, "x"))
        rows.append(Row(_TITLE, f"{name}, {at_once} at once", tuple(figures)))
    return rows


@contextmanager
def _server() -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        bundle = Path(folder) / "bundle.tar.gz"
        revision = read_source(policies()).revision
        building = ["opa", "build", "-b", str(policies()), "--ignore", "*_test.rego", "-r", revision]
        subprocess.run([*building, "-o", str(bundle)], check=True)
        address = f"127.0.0.1:{port}"
        serving = ["opa", "run", "--server", "--addr", address, "--log-level", "error", "-b", str(bundle)]
        with subprocess.Popen(serving) as server:
            try:
                _await_healthy(address)
                yield port
            finally:
                server.terminate()


def _await_healthy(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://{address}/health", timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BenchmarkFailed("policy server: opa did not start within ten seconds")

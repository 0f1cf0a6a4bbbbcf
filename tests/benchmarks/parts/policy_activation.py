"""From an activation to the last of four workers that decides by it, with calls going on all the while."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import orjson

from audit.log import Log
from gateway.bundled import policies
from gateway.control.changes import Control
from gateway.control.governance import Governance
from gateway.control.operations import Acting
from gateway.parts import control, governance, principals, verifiable_log
from gateway.pdp.lifecycle.bundle import policy_files
from gateway.pdp.lifecycle.operations import Activate
from gateway.pdp.lifecycle.workshop import Draft
from gateway.pdp.source import read_source
from gateway.policy_desk import PolicyDesk, open_desk
from gateway.settings import load_settings
from gateway.state import StateFolder
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, middle
from tests.benchmarks.servers import Launch, Server, free_port, serving

_TITLE = "policy: activation"
_WORKERS = 4
_CALLERS = 4  # at each worker
_LONGEST_S = 30
_SETTLED_S = 1.0

_SETTINGS = """
mode = "development"
state_dir = {state}

[server]
port = {port}

[audit]
origin = "bench.example/custody"

[policy]
kind = "live"

[[identity.principals]]
id = "it-helpdesk"
department = "it"
use_case = "it-helpdesk"

[[identity.principals]]
id = "security-engineer"
kind = "person"
department = "security"
roles = ["policy-author", "policy-approver"]

[identity]
kind = "api_keys"

[[redaction.detectors]]
kind = "secrets"

[[backends]]
name = "scripted"
kind = "scripted"
reply = "text"

[[assets]]
id = "northwind-base"
type = "base_model"
backend = "scripted"
base_model = "northwind-base"
class_ceiling = "internal"
facets = {{ accountable_owner = "it", custodian = "it" }}
"""
_BODY = orjson.dumps({"model": "northwind-base", "messages": [{"role": "user", "content": "hello"}]})


def run(effort: Effort) -> list[Row]:
    """Four workers over one state folder, activated several times under load."""
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name, _workers(Path(name)) as servers:
        return [asyncio.run(_measured(Path(name), servers, effort.rounds))]


@dataclass(slots=True)
class _Seen:
    """What the callers of one worker see: when it first decided by which policy, and what went wrong."""

    first: dict[str, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Office:
    log: Log
    control: Control
    governance: Governance
    desk: PolicyDesk
    engineer: Acting


async def _measured(folder: Path, servers: list[Server], rounds: int) -> Row:
    office = _office(folder)
    seen = [_Seen() for _ in servers]
    ending = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        calls = [
            asyncio.create_task(_call(session, server, one, ending))
            for server, one in zip(servers, seen, strict=True)
            for _ in range(_CALLERS)
        ]
        try:
            await asyncio.sleep(_SETTLED_S)
            took = [await _activated(office, seen, number) for number in range(rounds)]
        finally:
            ending.set()
            await asyncio.gather(*calls)
            office.control.close()
            await office.log.aclose()
    waits = sorted(wait for one in seen for wait in one.waits)
    return Row(
        _TITLE,
        f"{_WORKERS} workers, {_WORKERS * _CALLERS} callers",
        (
            Figure("last worker", middle(took) * 1000, "ms"),
            Figure("worst round", max(took) * 1000, "ms"),
            Figure("calls", len(waits)),
            Figure("failed", sum(one.failed for one in seen)),
            Figure("slowest call", waits[-1] * 1000, "ms"),
        ),
    )


async def _activated(office: _Office, seen: list[_Seen], number: int) -> float:
    """Seconds from asking for an activation to the first answer of the last worker under it."""
    files = policy_files(read_source(policies()))
    text = files["main.rego"] + f"# round {number}\n".encode()
    bundle = await office.desk.workshop.build(office.engineer, Draft({**files, "main.rego": text}, "folder"))
    await asyncio.sleep(_SETTLED_S)
    begun = time.perf_counter()
    await office.governance.perform(office.engineer, Activate(policy=bundle.revision))
    while not all(bundle.revision in one.first for one in seen):
        if time.perf_counter() - begun > _LONGEST_S:
            raise BenchmarkFailed("a worker never came to decide by the activated policy")
        await asyncio.sleep(0.005)
    return max(one.first[bundle.revision] for one in seen) - begun


async def _call(session: aiohttp.ClientSession, server: Server, seen: _Seen, ending: asyncio.Event) -> None:
    url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
    headers = {"authorization": f"Bearer {server.key}", "content-type": "application/json"}
    while not ending.is_set():
        begun = time.perf_counter()
        try:
            async with session.post(url, data=_BODY, headers=headers) as answer:
                await answer.read()
                revision = answer.headers.get("x-custody-policy-revision", "")
        except aiohttp.ClientError:
            seen.failed += 1
            continue
        ended = time.perf_counter()
        seen.failed += answer.status != 200
        seen.waits.append(ended - begun)
        seen.first.setdefault(revision, ended)


def _office(folder: Path) -> _Office:
    settings = load_settings(_config(folder, 0))
    state = StateFolder(settings.state_dir)
    log = verifiable_log(settings, state)
    governed, people = control(settings, log), principals(settings, state)
    engineer = people.named("security-engineer")
    if engineer is None:
        raise BenchmarkFailed("the settings name no security engineer")
    desk = open_desk(settings, state, governed, log)
    return _Office(log, governed, governance(settings, people, governed), desk, engineer)


@contextmanager
def _workers(folder: Path) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        yield [stack.enter_context(_worker(folder, number)) for number in range(_WORKERS)]


@contextmanager
def _worker(folder: Path, number: int) -> Iterator[Server]:
    port = free_port()
    config = _config(folder, port)
    command = [str(Path(sys.executable).with_name("custody")), "serve", "--config", str(config)]
    with serving(Launch(f"worker {number}", command, port, folder / f"worker-{number}.log")) as server:
        keys = orjson.loads((folder / "state" / "keys.json").read_bytes())
        yield Server(server.name, server.port, server.process, keys["it-helpdesk"])


def _config(folder: Path, port: int) -> Path:
    path = folder / f"custody-{port}.toml"
    state = orjson.dumps(str(folder / "state")).decode()
    path.write_text(_SETTINGS.format(state=state, port=port), "utf-8")
    return path

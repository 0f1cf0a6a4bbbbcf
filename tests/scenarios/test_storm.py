"""Two gateways on one PostgreSQL log and registry, killed at random while the database crashes too."""

import asyncio
import math
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import uuid4

import aiohttp
import orjson
import pytest
from sqlalchemy import URL, select
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Entry, EntryType
from audit.errors import EntryNotFound, LogUnusable
from audit.keys import load_or_create_signer
from audit.note import Verifier
from audit.place import show_place
from audit.query import LogReader
from audit.verify import verify_log
from gateway.control.changes import CHANGE, voided
from gateway.control.database import open_control_database
from gateway.control.schema import CONTROL_CHANGE
from tests.postgres import PostgresServer, running_server
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Received
from tests.scenarios.configuration import Shape
from tests.scenarios.people import ANNA
from tests.scenarios.running import RunningGateway, custody
from tests.scenarios.test_killed import (
    Load,
    assert_both_records,
    assert_intents,
    assert_no_gap,
)

STORM_S = float(os.environ.get("CUSTODY_TEST_STORM_S", "10"))
ORIGIN = "custody.example/log"
LIFE_S = (1.0, 10.0)
CALM_S = (4.0, 12.0)
PATIENCE_S = 30
CLIENTS = 4
OK, CREATED, CONFLICT, UNAVAILABLE = 200, 201, 409, 503


# Whoever owns an asset may give rights on it; product owns the adapter of the settings under test.
_OWNER = """
[[identity.principals]]
id = "product-owner"
kind = "person"
department = "product"
roles = ["owner"]

[control]
database = "{database}"
"""
_GRANT = {
    "asset": "support-tone",
    "department": "retail",
    "class_ceiling": "internal",
    "expires": "2099-01-01T00:00:00Z",
}


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of the test's own, to crash."""
    with running_server() as started:
        yield started


@dataclass(slots=True)
class Arrivals:
    """Prompts that reached the model, and those of them whose intent was not durable by then."""

    place: URL
    seen: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)

    def look(self, request: Received) -> None:
        """Notes a prompt, and reads the log while the gateway waits for its answer."""
        request_id = request.headers["x-request-id"]
        self.seen.append(request_id)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with LogReader(self.place) as reader:
                    types = [item.entry.record.type for item in reader.find(request_id)]
            except EntryNotFound:
                types = []
            except (SQLAlchemyError, LogUnusable):
                # The database is down or comes up; what is durable will still be there.
                assert time.monotonic() < deadline
                time.sleep(0.1)
                continue
            if EntryType.INTENT not in types:
                self.unrecorded.append(request_id)
            return


@dataclass(slots=True)
class Storm:
    """What happened. It begins when the first replica is ready: how long a start takes is nothing to it."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    until: float = math.inf
    load: Load = field(default_factory=Load)
    kills: int = 0
    crashes: int = 0
    # How often the database went away, and whether it is away now.
    outages: int = 0
    down: bool = False
    # Changes of the registry that somebody was told of, by their revision.
    changed: list[int] = field(default_factory=list)

    def begin(self) -> None:
        """From now on the database crashes too; again is nothing."""
        if not self.begun.is_set():
            self.begun.set()
            self.until = time.monotonic() + STORM_S

    @property
    def over(self) -> bool:
        """Whether it is time for calm."""
        return time.monotonic() > self.until


@pytest.mark.timeout(STORM_S + 600)
def test_two_replicas_in_a_storm(capture: Capture, server: PostgresServer, tmp_path: Path) -> None:
    """Whoever is killed and whenever the database crashes: one gapless log, no prompt without an intent.

    The replicas share the registry too: what it believes and what the log says of it are the same.
    """
    place, control = server.place(), server.place()
    arrivals = Arrivals(place)
    capture.on_arrival, capture.script = arrivals.look, replies.echo
    verifier = share_key([tmp_path / name / "state" for name in ("a", "b")])
    storm = Storm()
    shape = Shape(
        audit=(f'database = "{show_place(place)}"',), more=_OWNER.format(database=show_place(control))
    )
    asyncio.run(_rage(storm, server, [tmp_path / "a", tmp_path / "b"], capture.url, shape))
    _give_once_more(tmp_path / "b" / "custody.toml")
    report = verify_log(place, verifier)
    print(storm.kills, "kills,", storm.crashes, "crashes,", len(storm.load.answered), "answered,",
          report.size, "entries,", len(storm.changed), "changes of the registry")  # fmt: skip
    assert report.findings == ()
    with LogReader(place) as reader:
        located = list(reader.scan())
    assert [item.index for item in located] == list(range(report.size))
    entries = [item.entry for item in located]
    assert_no_gap(entries)
    assert arrivals.unrecorded == []
    assert_both_records(entries, storm.load.answered)
    assert_intents(entries, arrivals.seen)
    assert_registry_and_log_agree(control, entries, storm.changed)
    # It must have been a storm.
    assert storm.load.answered
    assert storm.kills > 1
    assert storm.crashes
    assert storm.changed


def assert_registry_and_log_agree(control: URL, entries: list[Entry], told: list[int]) -> None:
    """Every change that anybody was told of is kept; each is on record; what is only on record is void."""
    database = open_control_database(control)
    try:
        with database.reader.connect() as connection:
            kept = dict(connection.execute(select(CONTROL_CHANGE.c.id, CONTROL_CHANGE.c.revision)).all())
    finally:
        database.close()
    recorded = {
        change
        for entry in entries
        if entry.record.type is not EntryType.CONTROL_VOID
        and isinstance(change := entry.record.detail.get(CHANGE), str)
    }
    assert sorted(kept.values()) == list(range(1, len(kept) + 1))
    assert set(told) <= set(kept.values())
    assert kept.keys() <= recorded
    assert recorded - kept.keys() == voided(entries)


def _give_once_more(settings: Path) -> None:
    """A change in the calm: only the next one can say of a change that it was lost."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in _GRANT.items() if name != "asset"]
    who = ("--as", "product-owner", "--config", str(settings))
    given = custody("grant", "give", _GRANT["asset"], *arguments, *who, timeout_s=200)
    assert given.returncode == 0, given.stdout + given.stderr


def share_key(states: list[Path]) -> Verifier:
    """Put one signing key into each replica's folder."""
    for state in states:
        state.mkdir(mode=0o700, parents=True)
    verifier = load_or_create_signer(states[0] / "audit.key", ORIGIN).verifier
    for state in states[1:]:
        shutil.copy(states[0] / "audit.key", state / "audit.key")
    return verifier


async def _rage(
    storm: Storm, server: PostgresServer, folders: list[Path], upstream: str, shape: Shape
) -> None:
    async with asyncio.TaskGroup() as group:
        for number, folder in enumerate(folders):
            group.create_task(_lives(storm, folder, upstream, shape, random.Random(number)))  # noqa: S311 - moments
        group.create_task(_crashes(storm, server, random.Random(7)))  # noqa: S311 - moments


async def _lives(storm: Storm, folder: Path, upstream: str, shape: Shape, chance: random.Random) -> None:
    """One replica: started again after each death."""
    while not storm.over:
        running = RunningGateway(folder, upstream, shape)
        down, outages = storm.down, storm.outages
        try:
            await asyncio.to_thread(running.await_ready)
            storm.begin()
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                for _ in range(CLIENTS):
                    group.create_task(_call(running, storm.load))
                group.create_task(_govern(running, storm))
                await asyncio.sleep(chance.uniform(*LIFE_S))
                running.kill()
        except AssertionError:
            # It started while the database was away or went away: an operator's supervisor starts it again.
            if not down and storm.outages == outages:
                raise
        finally:
            running.kill()
        storm.kills += 1


async def _call(gateway: RunningGateway, load: Load) -> None:
    """Calls until the gateway is gone; whoever is told that the log is not there tries again."""
    headers = {"authorization": f"Bearer {gateway.key('retail')}"}
    async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
        for number in count():
            content = wire.body(ANNA.email, stream=bool(number % 2))
            try:
                async with session.post("/v1/chat/completions", data=content) as answer:
                    received = await answer.read()
            except aiohttp.ClientConnectorError:
                return
            except aiohttp.ClientError:
                load.broken += 1
                continue
            if answer.status == UNAVAILABLE:
                await asyncio.sleep(0.05)
            elif number % 2 == 0 or received.endswith(b"data: [DONE]\n\n"):
                assert answer.status == OK, received
                load.answered.append(answer.headers["x-request-id"])


async def _govern(gateway: RunningGateway, storm: Storm) -> None:
    """Gives a right and takes it back, again and again, until the gateway is gone."""
    keys: dict[str, str] = orjson.loads((gateway.state / "keys.json").read_bytes())
    headers = {"authorization": f"Bearer {keys['product-owner']}"}
    async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
        given = ""
        while True:
            # Of two grants of the same the second would be refused.
            grant = {**_GRANT, "use_case": f"storm-{uuid4().hex}"}
            path, asked = (f"/api/v1/grants/{given}/revoke", {}) if given else ("/api/v1/grants", grant)
            try:
                async with session.post(path, json=asked) as answer:
                    told = await answer.json()
            except aiohttp.ClientConnectorError:
                return
            except aiohttp.ClientError:
                continue
            if answer.status == UNAVAILABLE:
                await asyncio.sleep(0.05)
                continue
            if given and answer.status == CONFLICT:
                # It was taken back already, by a commit of which the crash ate the answer.
                given = ""
                continue
            assert answer.status in {OK, CREATED}, told
            storm.changed.append(told["revision"])
            given = "" if given else told["outcome"]["grant"]


async def _crashes(storm: Storm, server: PostgresServer, chance: random.Random) -> None:
    """The database: crashes, and comes back."""
    await storm.begun.wait()
    while not storm.over:
        await asyncio.sleep(chance.uniform(*CALM_S))
        storm.down, storm.outages = True, storm.outages + 1
        await asyncio.to_thread(server.stop, signal.SIGQUIT)
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        await asyncio.to_thread(server.start)
        storm.down = False
        storm.crashes += 1

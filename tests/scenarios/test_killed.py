"""kill -9 under load: no answered call without both records, no prompt without an intent, no gap."""

import asyncio
import os
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from audit.entry import Entry, EntryType
from audit.keys import read_verifier, verifier_path
from audit.verify import Report, verify_log
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture, Received
from tests.scenarios.people import ANNA, traces
from tests.scenarios.running import RunningGateway, custody, read_entries

LIVES = int(os.environ.get("CUSTODY_TEST_KILLS", "20"))
CLIENTS = 4
# How long after it is ready a gateway is killed: around the time of a few calls, in any state of them.
LIFE_S = (0.0, 0.4)


@dataclass(slots=True)
class Load:
    """What callers hold in their hands when the gateway dies."""

    answered: list[str] = field(default_factory=list)
    broken: int = 0


@dataclass(slots=True)
class Arrivals:
    """Prompts that reached the model, and those of them whose intent was not durable by then."""

    database: Path
    seen: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)

    def look(self, request: Received) -> None:
        """Notes a prompt, and reads the log while the gateway waits for its answer."""
        request_id = request.headers["x-request-id"]
        self.seen.append(request_id)
        types = [entry.record.type for entry in read_entries(self.database, request_id)]
        if EntryType.INTENT not in types:
            self.unrecorded.append(request_id)


@pytest.fixture
def chance() -> random.Random:
    """Moments of death, the same in every run."""
    return random.Random(20)  # noqa: S311  moments, not secrets


@pytest.mark.timeout(300 + 30 * LIVES)
def test_killed_under_load(capture: Capture, tmp_path: Path, chance: random.Random) -> None:
    """Whatever moment the gateway dies at, the log holds all that callers and the model have seen."""
    arrivals = Arrivals(tmp_path / "state" / "audit.db")
    capture.on_arrival, capture.script = arrivals.look, replies.echo
    load = Load()
    sizes: list[int] = []
    for _ in range(LIVES):
        asyncio.run(_one_life(tmp_path, capture.url, chance.uniform(*LIFE_S), load))
        report = verify(arrivals.database)
        assert report.good, report.findings
        sizes.append(report.size)
    assert sizes == sorted(sizes)
    entries = read_entries(arrivals.database)
    assert_no_gap(entries)
    assert arrivals.unrecorded == []
    assert_both_records(entries, load.answered)
    assert_intents(entries, arrivals.seen)
    # The name model is not loaded here, so that lives can be short; what has a form must still be gone.
    formed = tuple(value for value in ANNA.values if any(map(str.isdigit, value)) or "@" in value)
    assert traces(formed, bytes(capture.seen.wire)) == []
    # The load must have been one: calls were answered, and lives ended with calls under way.
    assert load.answered
    assert load.broken
    assert_goes_on(tmp_path, capture)


def verify(database: Path) -> Report:
    """What an auditor finds in the log right after the crash."""
    return verify_log(database, read_verifier(verifier_path(database.with_suffix(".key"))))


def assert_no_gap(entries: list[Entry]) -> None:
    """Each writer's entries count up from nought without a hole, and no request has two outcomes."""
    counters: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        counters[entry.writer.id].append(entry.writer.counter)
    assert all(found == list(range(len(found))) for found in counters.values())
    outcomes = Counter(entry.record.request_id for entry in entries if entry.record.type is EntryType.OUTCOME)
    assert set(outcomes.values()) <= {1}


def assert_both_records(entries: list[Entry], answered: list[str]) -> None:
    """Each answered call has one intent and then its outcome."""
    types: dict[str, list[EntryType]] = defaultdict(list)
    for entry in entries:
        types[entry.record.request_id].append(entry.record.type)
    wrong = {each for each in answered if types[each] != [EntryType.INTENT, EntryType.OUTCOME]}
    assert wrong == set()


def assert_intents(entries: list[Entry], arrived: list[str]) -> None:
    """Each prompt that the model saw has an intent."""
    intents = {entry.record.request_id for entry in entries if entry.record.type is EntryType.INTENT}
    assert set(arrived) - intents == set()


def assert_goes_on(folder: Path, capture: Capture) -> None:
    """After the last crash the gateway starts again, answers, stops, and the sealed log verifies."""
    running = RunningGateway(folder, capture.url).await_ready()
    try:
        assert wire.post(running, wire.body(ANNA.letter)).status == 200
    finally:
        running.close()
    verified = custody("audit", "verify", "--database", str(running.database))
    assert verified.returncode == 0, verified.stdout + verified.stderr


async def _one_life(folder: Path, upstream: str, life_s: float, load: Load) -> None:
    """Starts a gateway, lets clients call it, and kills it with their calls under way."""
    running = RunningGateway(folder, upstream)
    try:
        await asyncio.to_thread(running.await_ready)
        async with _calling(running, load):
            await asyncio.sleep(life_s)
            running.kill()
    finally:
        running.kill()


@asynccontextmanager
async def _calling(gateway: RunningGateway, load: Load) -> AsyncIterator[None]:
    """Callers that call again and again, until their gateway is gone."""
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            group.create_task(_call(gateway, load, number))
        yield


async def _call(gateway: RunningGateway, load: Load, number: int) -> None:
    headers = {"authorization": f"Bearer {gateway.key('retail')}"}
    async with aiohttp.ClientSession(gateway.url, headers=headers) as session:
        for stream in _alternating(number):
            try:
                request_id = await _answered(session, stream=stream)
            except (aiohttp.ClientError, ConnectionError):
                load.broken += 1
                return
            load.answered.append(request_id)


def _alternating(number: int) -> Iterator[bool]:
    while True:
        number += 1
        yield bool(number % 2)


async def _answered(session: aiohttp.ClientSession, *, stream: bool) -> str:
    """One call; the request id of a whole answer. Raises ``ClientError`` for anything less."""
    content = wire.body(ANNA.letter if stream else ANNA.email, stream=stream)
    async with session.post("/v1/chat/completions", data=content) as answer:
        received = await answer.read()
        assert answer.status == 200, received
        if stream and not received.endswith(b"data: [DONE]\n\n"):
            raise aiohttp.ClientPayloadError
        return answer.headers["x-request-id"]

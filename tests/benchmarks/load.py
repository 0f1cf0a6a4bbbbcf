"""Requests a second, added time and processor time a request, held against the bare pass-through."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from tests.benchmarks.client import Job, Result
from tests.benchmarks.custody import Stage
from tests.benchmarks.effort import Effort
from tests.benchmarks.exchange import MODEL, PACED_MODEL
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, middle
from tests.benchmarks.servers import Server, seen_by, send

_MOST_REQUESTS = 20_000
_PER_SECOND = 4_000
_SEEDS = count(1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load; ``paced`` streams come at a model's pace, so that no core is busy throughout."""

    name: str
    shape: Literal["plain", "stream"]
    connections: int
    paced: bool = False

    @property
    def title(self) -> str:
        """What the table says above the rows."""
        ends = "connection" if self.connections == 1 else "connections"
        pace = " at a model's pace (10 ms a chunk)" if self.paced else ""
        return f"{self.name}: {self.shape}{pace}, {self.connections} {ends}"


SCENARIOS = (
    Scenario("plain-1", "plain", 1),
    Scenario("plain-16", "plain", 16),
    Scenario("plain-256", "plain", 256),
    Scenario("paced-1", "stream", 1, paced=True),
    Scenario("paced-16", "stream", 16, paced=True),
    Scenario("stream-16", "stream", 16),
    Scenario("stream-256", "stream", 256),
)
NAMES_SCENARIOS = (Scenario("names-16", "plain", 16), Scenario("names-stream-16", "stream", 16, paced=True))


@dataclass(frozen=True, slots=True)
class Round:
    """What one server showed in one round."""

    result: Result
    cpu_us: float
    rss_mib: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.result.requests / self.result.seconds


def warm_up(stage: Stage) -> None:
    """Sends each server a few requests of both shapes, so that no round pays for a first time."""
    for server in stage.servers:
        for shape in ("plain", "stream"):
            scenario = Scenario("warm-up", shape, 16)
            _send_checked(stage, server, _job(server, scenario, seconds=2, requests=200))


def run_scenario(stage: Stage, scenario: Scenario, effort: Effort) -> list[Row]:
    """One row for each server; in each round all take their turn, another one first each time."""
    rounds: dict[str, list[Round]] = {server.name: [] for server in stage.servers}
    for number in range(effort.rounds):
        turn = number % len(stage.servers)
        for server in (*stage.servers[turn:], *stage.servers[:turn]):
            rounds[server.name].append(_round(stage, server, scenario, effort))
    bare = rounds[stage.bare.name]
    return [
        Row(scenario.title, server.name, tuple(_figures(scenario, rounds[server.name], bare)))
        for server in stage.servers
    ]


def _round(stage: Stage, server: Server, scenario: Scenario, effort: Effort) -> Round:
    # A paced stream takes more than half a second, so its rounds are longer to hold enough of them.
    seconds = effort.seconds * (2 if scenario.paced else 1)
    requests = min(_MOST_REQUESTS, int(seconds * _PER_SECOND))
    before = server.cpu_s()
    result = _send_checked(stage, server, _job(server, scenario, seconds=seconds, requests=requests))
    used = server.cpu_s() - before
    return Round(result, used / result.requests * 1e6, server.rss_mib())


def _job(server: Server, scenario: Scenario, *, seconds: float, requests: int) -> Job:
    return Job(
        port=server.port,
        connections=scenario.connections,
        seconds=seconds,
        requests=requests,
        shape=scenario.shape,
        model=PACED_MODEL if scenario.paced else MODEL,
        seed=next(_SEEDS),
        key=server.key,
    )


def _send_checked(stage: Stage, server: Server, job: Job) -> Result:
    """Sends the job; the model must have seen each request, and behind the gateway no original."""
    seen, originals = seen_by(stage.upstream)
    result = send(job)
    seen_now, originals_now = seen_by(stage.upstream)
    leaked = originals_now - originals
    if seen_now - seen < result.requests:
        raise BenchmarkFailed(f"{server.name}: the model saw {seen_now - seen} of {result.requests} requests")
    if server is stage.gateway and leaked:
        raise BenchmarkFailed(f"{leaked} letters reached the model with an e-mail address in them")
    return result


def _figures(scenario: Scenario, rounds: list[Round], bare: list[Round]) -> Iterator[Figure]:
    pairs = list(zip(rounds, bare, strict=True))
    yield Figure("requests/s", middle(mine.rate for mine in rounds), "1/s")
    yield Figure("of bare", middle(mine.rate / other.rate for mine, other in pairs))
    yield Figure("CPU", middle(mine.cpu_us for mine in rounds), "µs")
    yield Figure("CPU of bare", middle(mine.cpu_us / other.cpu_us for mine, other in pairs))
    yield Figure("p50", middle(mine.result.p50_ms for mine in rounds), "ms")
    yield Figure("p99", middle(mine.result.p99_ms for mine in rounds), "ms")
    yield Figure("added p50", middle(m.result.p50_ms - o.result.p50_ms for m, o in pairs), "ms")
    yield Figure("added p99", middle(m.result.p99_ms - o.result.p99_ms for m, o in pairs), "ms")
    if scenario.shape == "stream":
        yield Figure("first p50", middle(mine.result.first_p50_ms for mine in rounds), "ms")
        yield Figure("first p99", middle(mine.result.first_p99_ms for mine in rounds), "ms")
        yield Figure(
            "added first p50", middle(m.result.first_p50_ms - o.result.first_p50_ms for m, o in pairs), "ms"
        )
        yield Figure(
            "added first p99", middle(m.result.first_p99_ms - o.result.first_p99_ms for m, o in pairs), "ms"
        )
    yield Figure("memory", rounds[-1].rss_mib, "MiB")
    yield Figure("grown", rounds[-1].rss_mib - rounds[0].rss_mib, "MiB")

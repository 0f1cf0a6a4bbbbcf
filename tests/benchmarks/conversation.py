"""What a turn costs as its conversation grows: the gateway scans only what is new (promise 10)."""

from itertools import islice

from tests.benchmarks.client import Job
from tests.benchmarks.custody import Stage
from tests.benchmarks.exchange import request_body
from tests.benchmarks.figures import Figure, Row
from tests.benchmarks.prompts import letters
from tests.benchmarks.servers import Server, send

TURNS = 50
_SHOWN = (1, 10, 25, TURNS)
_PATIENCE_S = 300
_CONNECTIONS = 16
_FIRST_SEED = 500_000


def run_conversations(stage: Stage, *, name: str, conversations: int) -> list[Row]:
    """Processor time of chosen turns, over many conversations that grow side by side."""
    told = [tuple(islice(letters(_FIRST_SEED + index), TURNS)) for index in range(conversations)]
    return [
        _row(f"{name}: {conversations} conversations of {TURNS} turns", server, told)
        for server in (stage.bare, stage.gateway)
    ]


def _row(title: str, server: Server, told: list[tuple[str, ...]]) -> Row:
    costs = {}
    done = 0
    for turn in _SHOWN:
        # The turns between are sent too: only what was scanned once can be remembered.
        _send_turns(server, told, range(done + 1, turn))
        before = server.cpu_s()
        _send_turns(server, told, range(turn, turn + 1))
        costs[turn] = (server.cpu_s() - before) / len(told) * 1e6
        done = turn
    figures = [Figure(f"CPU turn {turn}", cost, "µs") for turn, cost in costs.items()]
    ratio = Figure(f"turn {TURNS} of turn 1", costs[TURNS] / max(costs[1], 1.0))
    return Row(title, server.name, (*figures, ratio))


def _send_turns(server: Server, told: list[tuple[str, ...]], turns: range) -> None:
    bodies = tuple(
        request_body(turns_told[turn - 1], stream=False, history=turns_told[: turn - 1]).decode()
        for turn in turns
        for turns_told in told
    )
    if bodies:
        send(
            Job(
                port=server.port,
                connections=_CONNECTIONS,
                seconds=_PATIENCE_S,
                requests=len(bodies),
                key=server.key,
                bodies=bodies,
            )
        )

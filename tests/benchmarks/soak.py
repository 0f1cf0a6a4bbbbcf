"""Whether memory stays flat over many requests."""

from pathlib import Path

from tests.benchmarks.client import Job
from tests.benchmarks.custody import Stage
from tests.benchmarks.figures import Figure, Row
from tests.benchmarks.servers import send

STEP = 10_000
_STREAMED = 1_000
_PATIENCE_S = 600
_FIRST_SEED = 900_000


def run_soak(stage: Stage, requests: int) -> list[Row]:
    """Memory of the gateway after each ``STEP`` requests, one in ten of them streamed."""
    server = stage.gateway
    first = server.rss_mib()
    rows = [Row(_title(requests), "before", (Figure("memory", first, "MiB"), Figure("grown", 0.0, "MiB")))]
    for step in range(1, max(requests // STEP, 1) + 1):
        before = server.cpu_s()
        for shape, amount in (("plain", STEP - _STREAMED), ("stream", _STREAMED)):
            send(
                Job(
                    port=server.port,
                    connections=16,
                    seconds=_PATIENCE_S,
                    requests=amount,
                    shape=shape,
                    seed=_FIRST_SEED + 2 * step + (shape == "stream"),
                    key=server.key,
                )
            )
        now = server.rss_mib()
        rows.append(
            Row(
                _title(requests),
                f"{step * STEP:,}",
                (
                    Figure("memory", now, "MiB"),
                    Figure("grown", now - first, "MiB"),
                    Figure("CPU", (server.cpu_s() - before) / STEP * 1e6, "µs"),
                    Figure("log on disk", _size_mib(stage.state), "MiB"),
                ),
            )
        )
        first_step = rows[1].value("memory") or now
        if step == max(requests // STEP, 1):
            grown = Figure("grown", now - first_step, "MiB")
            rows.append(Row(_title(requests), f"after the first {STEP:,}", (grown,)))
    return rows


def _title(requests: int) -> str:
    return f"soak: memory over {requests:,} requests"


def _size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.glob("audit.db*")) / 2**20

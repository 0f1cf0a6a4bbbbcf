"""One writer of a shared log, in a process of its own: ``log_writer PLACE KEY WAITERS RECORDS``.

Says ``ready``, begins when it reads a line, and ends with its figures as JSON.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from audit.log import LogOptions, open_log
from audit.place import parse_place
from tests.benchmarks.figures import quantile
from tests.benchmarks.lag import Lag
from tests.benchmarks.parts.audit import append

ORIGIN = "bench.example/audit"


async def main(place: str, key: str, waiters: int, records: int) -> None:
    """Append, with so many callers that wait."""
    log = open_log(parse_place(place), LogOptions(origin=ORIGIN, key_path=Path(key)))
    await append(log, 50, [])
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    waits: list[float] = []
    with Lag(parse_place(place)) as lag:
        started = time.time()
        await asyncio.gather(*(append(log, records // waiters, waits) for _ in range(waiters)))
        ended = time.time()
    await log.aclose()
    waits.sort()
    figures = {"started": started, "ended": ended, "done": len(waits), "p99": quantile(waits, 0.99)}
    print(json.dumps({**figures, "behind": lag.most_s}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))

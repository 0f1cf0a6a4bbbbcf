"""The processes that a benchmark runs, and what they cost."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import orjson
import psutil

from tests.benchmarks.client import Job, Result
from tests.benchmarks.figures import BenchmarkFailed

REPOSITORY = Path(__file__).resolve().parents[2]
_STOP_S = 15
_CLIENT_START_S = 60


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is started: it is ready once ``ready`` answers 200 on its port."""

    name: str
    command: Sequence[str]
    port: int
    log: Path
    ready: str = "/healthz"
    patience_s: float = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the benchmark, with its children and threads."""

    name: str
    port: int
    process: psutil.Process
    key: str = ""

    def cpu_s(self) -> float:
        """Processor seconds that it used since it started, user and system."""
        return sum(sum(process.cpu_times()[:2]) for process in self._all())

    def rss_mib(self) -> float:
        """Resident memory."""
        return float(sum(process.memory_info().rss for process in self._all())) / 2**20

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def serving(launch: Launch) -> Iterator[Server]:
    """Runs a server until the block ends.

    Raises ``BenchmarkFailed`` with its last words if it does not start, or ends by itself.
    """
    with launch.log.open("wb") as output:
        process = psutil.Popen(launch.command, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT)
    try:
        _await_ready(process, launch)
        yield Server(launch.name, launch.port, psutil.Process(process.pid))
        if process.poll() is not None:
            raise BenchmarkFailed(f"{launch.name} ended by itself:\n{_tail(launch.log)}")
    finally:
        _stop(process)


def python_module(module: str, *arguments: object) -> list[str]:
    """The command that runs one of our modules with this interpreter."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send(job: Job) -> Result:
    """Runs the load generator on this job; raises ``BenchmarkFailed`` if any answer was wrong."""
    outcome = subprocess.run(
        python_module("tests.benchmarks.client"),
        input=job.model_dump_json().encode(),
        capture_output=True,
        cwd=REPOSITORY,
        timeout=job.seconds + _CLIENT_START_S,
        check=False,
    )
    if outcome.returncode:
        raise BenchmarkFailed(f"the load generator failed:\n{outcome.stderr.decode()[-2000:]}")
    result = Result.model_validate(orjson.loads(outcome.stdout))
    if result.faults or not result.requests:
        shown = "\n".join(result.shown_faults)
        raise BenchmarkFailed(f"{result.faults} of {result.requests} answers were wrong:\n{shown}")
    return result


def seen_by(upstream: Server) -> tuple[int, int]:
    """How many requests the model's double has seen, and in how many of them an e-mail address."""
    with urlopen(f"http://127.0.0.1:{upstream.port}/seen", timeout=5) as answer:
        requests, originals = orjson.loads(answer.read())
    return int(requests), int(originals)


def _await_ready(process: psutil.Popen, launch: Launch) -> None:
    url = f"http://127.0.0.1:{launch.port}{launch.ready}"
    deadline = time.monotonic() + launch.patience_s
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise BenchmarkFailed(f"{launch.name} did not become ready at {url}:\n{_tail(launch.log)}")


def _stop(process: psutil.Popen) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_S)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-3000:]

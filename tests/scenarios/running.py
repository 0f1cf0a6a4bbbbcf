"""A gateway as its operator starts it: ``custody serve`` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import orjson

from audit.entry import Entry, EntryType
from audit.query import LogReader
from tests.scenarios.configuration import DEPARTMENT_KEYS, Shape, write_settings

START_S = 120
STOP_S = 10
_COMMAND = (sys.executable, "-c", "from gateway.cli.main import main; main()")
_LISTENS = re.compile(rb"listens on http://127\.0\.0\.1:(\d+)")


class RunningGateway:
    """One life of a gateway over a folder; a folder can have several lives, one after another."""

    def __init__(self, folder: Path, upstream: str, shape: Shape | None = None) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.database = self.state / "audit.db"
        self.settings = write_settings(folder, upstream, shape or Shape())
        self.output = folder / "output.txt"
        self._already = self.output.stat().st_size if self.output.exists() else 0
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*_COMMAND, "serve", "--config", str(self.settings)],
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.port = 0

    def await_ready(self) -> "RunningGateway":
        """Returns once the gateway can serve; raises ``AssertionError`` with its last words if not."""
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the gateway did not become ready:\n{self.spoken()[-4000:]}")
            time.sleep(0.03)
        return self

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def key(self, department: str) -> str:
        """The API key of the department's principal."""
        keys: dict[str, str] = orjson.loads((self.state / "keys.json").read_bytes())
        return keys[DEPARTMENT_KEYS[department]]

    def spoken(self) -> str:
        """Everything it wrote to its output and error streams, in all lives."""
        return self.output.read_bytes().decode("utf-8", "replace")

    def entries(self, request_id: str = "") -> list[Entry]:
        """The durable records, in order: of one request, or all."""
        return read_entries(self.database, request_id)

    def stop(self) -> int:
        """SIGTERM; the exit status. Raises ``TimeoutExpired`` when it does not stop in time."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Ends it, whatever state it is in."""
        if self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def _is_ready(self) -> bool:
        if not self.port:
            with self.output.open("rb") as output:
                output.seek(self._already)
                found = _LISTENS.search(output.read())
            if found is None:
                return False
            self.port = int(found[1])
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310  our own loopback address
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def read_entries(database: Path, request_id: str = "") -> list[Entry]:
    """The durable records of a log, in order: of one request, or all. Safe while a gateway writes."""
    with LogReader(database) as reader:
        if request_id:
            return [located.entry for located in reader.find(request_id)]
        return [located.entry for located in reader.scan()]


def kinds(entries: list[Entry]) -> list[EntryType]:
    """The types of these records."""
    return [entry.record.type for entry in entries]


def custody(*arguments: str, timeout_s: float = 60) -> "subprocess.CompletedProcess[str]":
    """Runs a ``custody`` command to its end."""
    return subprocess.run(
        [*_COMMAND, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def environment() -> dict[str, str]:
    """The variables of this process without those that would change settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CUSTODY_")}

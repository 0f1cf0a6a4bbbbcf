"""Witnesses to test with: our own, as its command runs it, and litewitness, which is a stranger's."""

import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil
import pysqlite3.dbapi2
import pytest

from audit.cosignature import Witness, parse_witness
from audit.note import Verifier
from audit.tlog import EMPTY_ROOT
from audit.witness.folder import init_witness, open_witness
from audit.witness.policy import WitnessAddress

_START_S = 20.0


class RunningWitness(Protocol):
    """A witness that listens."""

    url: str
    witness: Witness

    def add_log(self, verifier: Verifier) -> None:
        """Watch a log from now on."""

    @property
    def address(self) -> WitnessAddress:
        """Where a log finds it."""


@dataclass(slots=True)
class OurWitness:
    """``custody witness serve`` on a folder."""

    url: str
    witness: Witness
    folder: Path
    process: "subprocess.Popen[str]"

    @property
    def address(self) -> WitnessAddress:
        """Where a log finds it."""
        return WitnessAddress(self.url, self.witness)

    def add_log(self, verifier: Verifier) -> None:
        """Watch a log from now on, as ``custody witness add-log`` does in a process of its own."""
        home = open_witness(self.folder)
        home.ledger.add_log(verifier)
        home.ledger.close()

    def status(self) -> str:
        """What ``custody witness status`` shows."""
        return custody_witness("status", "--folder", str(self.folder))


@dataclass(slots=True)
class LiteWitness:
    """litewitness on its database."""

    url: str
    witness: Witness
    database: Path

    @property
    def address(self) -> WitnessAddress:
        """Where a log finds it."""
        return WitnessAddress(self.url, self.witness)

    def add_log(self, verifier: Verifier) -> None:
        """Watch a log from now on; its own tool for this does the same."""
        connection = pysqlite3.dbapi2.connect(self.database, timeout=10)
        empty = base64.b64encode(EMPTY_ROOT).decode()
        connection.execute("INSERT INTO log VALUES (?, 0, ?)", (verifier.name, empty))
        connection.execute("INSERT INTO key VALUES (?, ?)", (verifier.name, str(verifier)))
        connection.commit()
        connection.close()


def custody_witness(*arguments: str) -> str:
    """Run a command of ``custody witness`` to its end and give what it says."""
    command = [_custody(), "witness", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@contextmanager
def our_witness(folder: Path, name: str = "legal.example/witness", port: int = 0) -> Iterator[OurWitness]:
    """A witness of ours in a process of its own; a second time in one folder it goes on where it was."""
    home = init_witness(folder, name)
    home.ledger.close()
    command = [_custody(), "witness", "serve", "--folder", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            url = next(word.rstrip(",") for word in said.split() if word.startswith("http://"))
            yield OurWitness(url, home.signer.witness, folder, process)
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def lite_witness(folder: Path, name: str = "stranger.example/witness") -> Iterator[LiteWitness]:
    """A litewitness with its ssh-agent; skips the test where one of the two is missing."""
    for tool, package in (
        ("litewitness", "go install filippo.io/torchwood/cmd/litewitness@v0.9.0"),
        ("ssh-agent", "the Debian package openssh-client"),
    ):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} on the PATH: install {package}")
    folder.mkdir(parents=True, exist_ok=True)
    key, agent, log = folder / "key", folder / "agent", folder / "log"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    fingerprint = subprocess.check_output(["ssh-keygen", "-lf", f"{key}.pub"], text=True).split()[1]
    with subprocess.Popen(["ssh-agent", "-D", "-a", agent], stdout=subprocess.DEVNULL) as holder:
        try:
            _wait(agent.exists)
            environment = {**os.environ, "SSH_AUTH_SOCK": str(agent)}
            subprocess.run(["ssh-add", "-q", key], check=True, env=environment)
            where = ["-db", folder / "db", "-key", fingerprint, "-ssh-agent", agent, "-listen", "127.0.0.1:0"]
            with (
                log.open("w") as output,
                subprocess.Popen(
                    ["litewitness", "-name", name, *where], stdout=output, stderr=output
                ) as process,
            ):
                try:
                    _wait(lambda: "msg=listening" in log.read_text())
                    # It does not say which port it was given.
                    port = _wait(lambda: _port(process.pid))
                    vkey = log.read_text().split("vkey=")[1].split()[0]
                    yield LiteWitness(f"http://127.0.0.1:{port}", parse_witness(vkey), folder / "db")
                finally:
                    process.terminate()
        finally:
            holder.terminate()


def _custody() -> str:
    return str(Path(sys.executable).with_name("custody"))


def _port(pid: int) -> int:
    listening = [
        found.laddr.port for found in psutil.Process(pid).net_connections("tcp") if found.status == "LISTEN"
    ]
    return listening[0] if listening else 0


def _wait(ready: Callable[[], int]) -> int:
    deadline = time.monotonic() + _START_S
    while not (found := ready()):
        if time.monotonic() > deadline:
            raise TimeoutError("the witness did not start")
        time.sleep(0.02)
    return found

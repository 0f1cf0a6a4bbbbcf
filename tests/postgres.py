"""A real PostgreSQL server for tests: its own folder, its own user, a Unix socket and no port."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
_PROGRAMS = _INSTALLED[-1].parent if _INSTALLED else Path("/nowhere")
_START_S = 30
_NUMBERS = count()


class PostgresServer:
    """A server that a test may stop, freeze and start again; ``place`` makes an empty database in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "custody", "-E", "UTF8", "--no-sync")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def data(self) -> Path:
        """The data folder."""
        return self._folder / "data"

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [str(_PROGRAMS / "postgres"), "-D", str(self.data), "-k", str(self._folder)]
        command += ["-c", "listen_addresses=", "-c", "max_connections=60"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()[-2000:]
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT ends sessions at once, SIGQUIT is a crash."""
        if self._process is not None:
            # Frozen, it would not hear of its end.
            self.thaw()
            self._process.send_signal(how)
            self._process.wait(_START_S)
            self._process = None

    def freeze(self) -> None:
        """Stop every process of the server where it is."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal_all(signal.SIGCONT)

    def place(self, like: str = "template1") -> URL:
        """A new database: empty, or a copy of the one called ``like``."""
        name = f"log{next(_NUMBERS)}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return URL.create(
            "postgresql+psycopg", username="custody", database=name, query={"host": str(self._folder)}
        )

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self._folder), user="custody", dbname="postgres", autocommit=True, connect_timeout=2
        )

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        for process in [self._process.pid, *map(int, listed.stdout.split())]:
            # One that has just ended, as sessions do, needs no signal.
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(_PROGRAMS / program), *arguments],
            user=self._user,
            check=True,
            capture_output=True,
            cwd=self._folder,
        )


def is_installed() -> bool:
    """Whether there is a server to start."""
    return bool(_INSTALLED)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server until the end of the block; skips the test where PostgreSQL is not installed."""
    if not _INSTALLED:
        pytest.skip("no PostgreSQL server: apt-get install postgresql")
    # Not under pytest's folder, which the server's user may not enter; and short, as a socket's name must be.
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="custody-pg-")))
    try:
        yield server
    finally:
        server.close()

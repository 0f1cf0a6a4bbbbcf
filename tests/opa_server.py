"""A real OPA server over a policy folder."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def opa_tool() -> str:
    """Open Policy Agent's command; skips the test where there is none."""
    found = shutil.which("opa")
    if found is None:
        pytest.skip("needs `opa` 1.21.3 or newer on the PATH (openpolicyagent.org)")
    return found


@contextmanager
def running_opa(policies: Path) -> Iterator[int]:
    """The port of a server that has a folder in force, its tests left out."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = ["--addr", f"127.0.0.1:{port}", "--log-level", "error"]
    command = [opa_tool(), "run", "--server", *address, "--ignore", "*_test.rego", str(policies)]
    with subprocess.Popen(command) as server:
        try:
            _wait(port)
            yield port
        finally:
            server.terminate()


def ask_opa(port: int, path: str, asked: Any) -> Any:
    """OPA's value of ``data.<path>``; the word "undefined" where it has none."""
    url = f"http://127.0.0.1:{port}/v1/data/{path.replace('.', '/')}"
    call = urllib.request.Request(
        url, json.dumps({"input": asked}).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(call, timeout=10) as answer:  # noqa: S310 (our own loopback URL)
        return json.load(answer).get("result", "undefined")


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return

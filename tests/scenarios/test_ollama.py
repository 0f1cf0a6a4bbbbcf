"""A real model server of another make, as its users run it (ollama.com), behind the README's three lines."""

import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.entry import EntryType
from gateway.backends.local_model import shipped_gguf
from tests.benchmarks.servers import free_port
from tests.scenarios.configuration import Shape
from tests.scenarios.conftest import Connect
from tests.scenarios.running import RunningGateway, kinds

_ASSET = "northwind-ollama"
_PATIENCE_S = 60
_EMAIL = "anna.kowalska@example.com"
_PROMPT = f"Write to {_EMAIL} and say hello."
_README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def ollama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Ollama with the small model that Custody ships; the address of its API."""
    program = shutil.which("ollama")
    if program is None:
        pytest.skip("needs `ollama` on the PATH (ollama.com)")
    home, port = tmp_path_factory.mktemp("ollama"), free_port()
    with _served(program, home, port):
        modelfile = home / "Modelfile"
        modelfile.write_text(f"FROM {shipped_gguf()}\nPARAMETER num_ctx 512\n", "utf-8")
        subprocess.run(
            [program, "create", _ASSET, "-f", str(modelfile)],
            env=_environment(home, port),
            check=True,
            capture_output=True,
            timeout=_PATIENCE_S,
        )
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture(scope="module")
def governed(ollama: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway whose asset runs there."""
    running = RunningGateway(tmp_path_factory.mktemp("governed"), ollama, Shape(more=_as_told(ollama)))
    yield running.await_ready()
    running.close()


def test_a_plain_call(governed: RunningGateway, connect: Connect) -> None:
    """An answer of a real server passes, with its token counts, and leaves both records."""
    raw = connect(governed).chat.completions.with_raw_response.create(
        model=_ASSET, messages=[{"role": "user", "content": _PROMPT}], max_tokens=4, temperature=0
    )
    answer = raw.parse()
    assert answer.model == _ASSET
    assert answer.choices[0].message.content
    assert answer.usage is not None
    entries = governed.entries(raw.headers["x-request-id"])
    assert kinds(entries) == [EntryType.INTENT, EntryType.OUTCOME]
    outcome = entries[1].record.result
    assert outcome is not None
    assert (outcome.status, outcome.completion_tokens) == (200, answer.usage.completion_tokens)
    assert entries[0].record.redaction is not None
    assert entries[0].record.redaction.counts == {"EMAIL_ADDRESS": 1}


def test_a_streamed_call(governed: RunningGateway, connect: Connect) -> None:
    """A stream of a real server passes to its end, with the usage that the caller asked for."""
    stream = connect(governed).chat.completions.create(
        model=_ASSET,
        messages=[{"role": "user", "content": _PROMPT}],
        max_tokens=4,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] in {"stop", "length"}
    assert chunks[-1].usage is not None


def test_a_client_that_leaves_stops_the_work_there(governed: RunningGateway, connect: Connect) -> None:
    """A stream that its client closes early ends there as well, and the record says who left."""
    stream = connect(governed).chat.completions.create(
        model=_ASSET,
        messages=[{"role": "user", "content": "Count to a thousand."}],
        max_tokens=400,
        stream=True,
    )
    next(iter(stream))
    request_id = stream.response.headers["x-request-id"]
    stream.close()
    deadline = time.monotonic() + _PATIENCE_S
    while len(governed.entries(request_id)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    outcome = governed.entries(request_id)[-1].record.result
    assert outcome is not None
    assert outcome.code == "client_gone"


def _as_told(url: str) -> str:
    """The three lines of the README with this address, and an asset that runs on that backend."""
    found = re.search(r"```toml\n(\[\[backends\]\].*?)```", _README.read_text("utf-8"), re.DOTALL)
    assert found is not None
    lines = found[1].replace('"gpu"', '"ollama"')
    lines = re.sub(r'base_url = ".*"', f'base_url = "{url}"', lines)
    return f"""
{lines}
[[assets]]
id = "{_ASSET}"
type = "endpoint"
backend = "ollama"
base_model = "northwind-base"
class_ceiling = "internal"
facets = {{ accountable_owner = "it", custodian = "it" }}
"""


@contextmanager
def _served(program: str, home: Path, port: int) -> Iterator[None]:
    with (home / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [program, "serve"], env=_environment(home, port), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((home / "output.txt").read_text("utf-8", "replace")[-2000:])
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _environment(home: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "OLLAMA_MODELS": str(home / "models"),
        "OLLAMA_HOST": f"127.0.0.1:{port}",
    }

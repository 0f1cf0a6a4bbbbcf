"""The model in the gateway's own process: several callers at once, and one that leaves."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import OpenAI

from audit.entry import EntryType
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.conftest import Connect
from tests.scenarios.running import RunningGateway, kinds

_ASSET = "northwind-local"
_PATIENCE_S = 60
_LOCAL = f"""
[[backends]]
name = "local"
kind = "transformers_local"

[[assets]]
id = "{_ASSET}"
type = "endpoint"
backend = "local"
base_model = "northwind-base"
class_ceiling = "internal"
facets = {{ accountable_owner = "it", custodian = "it" }}
"""


@pytest.fixture(scope="module")
def local(capture_server: Capture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with the model that comes with it."""
    running = RunningGateway(tmp_path_factory.mktemp("local"), capture_server.url, Shape(more=_LOCAL))
    yield running.await_ready()
    running.close()


def test_several_streams_at_once(local: RunningGateway, connect: Connect) -> None:
    """Streams of one model go on side by side: each gets words before the first is done."""
    client = connect(local)
    with ThreadPoolExecutor(3) as callers:
        spans = list(callers.map(lambda number: _streamed(client, f"Tell story {number}."), range(3)))
    assert all(text for _, _, text in spans)
    assert max(first for first, _, _ in spans) < min(last for _, last, _ in spans)


def test_a_stream_that_is_left_ends_and_others_go_on(local: RunningGateway, connect: Connect) -> None:
    """A client that goes away frees its place in the batch; who stays is answered, and both are on record."""
    client = connect(local)
    left = client.chat.completions.create(
        model=_ASSET, messages=[{"role": "user", "content": "Count up."}], max_tokens=500, stream=True
    )
    next(iter(left))
    request_id = left.response.headers["x-request-id"]
    with ThreadPoolExecutor(1) as callers:
        staying = callers.submit(_streamed, client, "Tell a story.")
        left.close()
        assert staying.result(_PATIENCE_S)[2]
    deadline = time.monotonic() + _PATIENCE_S
    while len(local.entries(request_id)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    entries = local.entries(request_id)
    assert kinds(entries) == [EntryType.INTENT, EntryType.OUTCOME]
    outcome = entries[1].record.result
    assert outcome is not None
    assert outcome.code == "client_gone"
    assert outcome.chunks < 500


def test_a_plain_call_restores_what_the_caller_wrote(local: RunningGateway, connect: Connect) -> None:
    """The real model answers a redacted prompt; no whole placeholder reaches the caller."""
    answer = connect(local).chat.completions.create(
        model=_ASSET,
        messages=[{"role": "user", "content": "My e-mail is anna.kowalska@example.com. Repeat it."}],
        max_tokens=40,
        temperature=0,
    )
    assert answer.choices[0].message.content
    assert not re.search(r"\[EMAIL_ADDRESS_[0-9a-z]{10}\]", answer.choices[0].message.content)
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0


def _streamed(client: OpenAI, prompt: str) -> tuple[float, float, str]:
    """When the first and the last words of a stream came, and all of them."""
    stream = client.chat.completions.create(
        model=_ASSET,
        messages=[{"role": "user", "content": prompt}],
        max_tokens=16,
        stream=True,
        temperature=0,
    )
    came = [(time.monotonic(), chunk.choices[0].delta.content or "") for chunk in stream if chunk.choices]
    told = [(when, text) for when, text in came if text]
    return told[0][0], told[-1][0], "".join(text for _, text in told)

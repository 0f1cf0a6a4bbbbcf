"""Promise 9: what is kept of a person can be erased for good, and every proof stays valid."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import openai
import orjson
import pysqlite3.dbapi2
import pytest

from audit.entry import Entry, EntryType
from tests.scenarios import replies
from tests.scenarios.capture import Capture, Received, Reply
from tests.scenarios.configuration import Shape
from tests.scenarios.conftest import Connect
from tests.scenarios.conversation import user
from tests.scenarios.people import ANNA, traces
from tests.scenarios.running import RunningGateway, custody, kinds

_KEEPING = """
[[payloads.keys]]
department = "*"
kind = "local_file"
path = "kek.key"

[[grants]]
asset = "support-tone"
department = "retail"
class_ceiling = "confidential"
expires = "2100-01-01T00:00:00Z"
"""
_HEADERS = {"x-custody-class": "confidential", "x-custody-data-subject": "customer-4711"}


@pytest.fixture(scope="module")
def keeping_gateway(
    capture_server: Capture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway of which product wants granted confidential calls kept."""
    running = RunningGateway(tmp_path_factory.mktemp("keeping"), capture_server.url, Shape(more=_KEEPING))
    yield running.await_ready()
    running.close()


@pytest.fixture
def keeping(keeping_gateway: RunningGateway, capture: Capture) -> RunningGateway:
    """That gateway over a model server that has seen nothing yet."""
    capture.script = replies.echo
    return keeping_gateway


@contextmanager
def store_gone(gateway: RunningGateway) -> Iterator[None]:
    """The payload database without its table for a while."""
    _execute(gateway, "ALTER TABLE payload RENAME TO gone")
    try:
        yield
    finally:
        _execute(gateway, "ALTER TABLE gone RENAME TO payload")


def ask(gateway: RunningGateway, connect: Connect, *, stream: bool = False) -> str:
    """One kept call; the request id."""
    raw = connect(gateway).chat.completions.with_raw_response.create(
        model="support-tone", messages=[user(ANNA.letter)], extra_headers=_HEADERS, stream=stream
    )
    if stream:
        for _ in raw.parse():
            pass
    return str(raw.headers["x-request-id"])


def audit(gateway: RunningGateway, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A ``custody audit`` command beside the running gateway, by a principal where it needs one."""
    return custody("audit", *arguments, "--config", str(gateway.settings), "--as", "product-lead")


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_kept_disclosed_and_erased(keeping: RunningGateway, connect: Connect, stream: bool) -> None:
    """Kept payloads can be read by who gets their key, until they are erased; the log verifies throughout."""
    request_id = ask(keeping, connect, stream=stream)
    intent, outcome = keeping.entries(request_id)
    assert [payload.kind for payload in intent.record.payloads] == ["prompt"]
    assert [payload.kind for payload in outcome.record.payloads] == ["reply"]
    prompt = audit(keeping, "disclose", request_id, "--open")
    assert orjson.loads(prompt.stdout)["messages"][0]["role"] == "user"
    reply = audit(keeping, "disclose", request_id, "--kind", "reply", "--open")
    for told in (prompt, reply):
        assert told.returncode == 0, told.stderr
        # This gateway has no detector of names, so all other values are looked for.
        assert traces([v for v in ANNA.values if v != ANNA.name], told.stdout.encode()) == []
    erased = audit(keeping, "erase", "--department", "retail", "--subject", "customer-4711")
    assert erased.returncode == 0, erased.stderr
    assert audit(keeping, "disclose", request_id).returncode == 1
    assert kinds(keeping.entries())[-3:] == [
        EntryType.KEY_DISCLOSE,
        EntryType.KEY_DISCLOSE,
        EntryType.KEY_ERASE,
    ]
    verified = custody("audit", "verify", "--database", str(keeping.database))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert b"customer-4711" not in _everything(keeping.state)


def test_hold_wins_over_erasure(keeping: RunningGateway, connect: Connect) -> None:
    """What a legal hold covers stays readable, whoever asks for its erasure, until the hold is released."""
    request_id = ask(keeping, connect)
    placed = audit(keeping, "hold", "place", "docket-17", "--record", request_id)
    hold = placed.stdout.split()[1]
    erase = ("erase", "--department", "retail", "--subject", "customer-4711")
    refused = audit(keeping, *erase)
    assert refused.returncode == 1
    assert hold in refused.stderr
    assert audit(keeping, "disclose", request_id, "--open").returncode == 0
    listed = custody("audit", "hold", "list", "--json", "--config", str(keeping.settings))
    assert orjson.loads(listed.stdout)["matter"] == "docket-17"
    assert audit(keeping, "hold", "release", hold).returncode == 0
    assert audit(keeping, *erase).returncode == 0


def test_what_cannot_be_kept_is_not_forwarded(
    keeping: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """With the payload store gone a call that must be kept is refused, on record, and reaches no model."""
    with store_gone(keeping), pytest.raises(openai.InternalServerError) as refused:
        connect(keeping, max_retries=0).chat.completions.create(
            model="support-tone", messages=[user(ANNA.letter)], extra_headers=_HEADERS
        )
    assert refused.value.code == "retention_unavailable"
    assert capture.prompts == []
    (denied,) = keeping.entries(refused.value.request_id or "")
    assert _code(denied) == "retention_unavailable"


def test_reply_that_cannot_be_kept_does_not_complete(
    keeping: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """With the store gone after the prompt was kept, the answer is held back and the outcome says why."""

    def losing(request: Received) -> Reply:
        gone.enter_context(store_gone(keeping))
        return replies.echo(request)

    capture.script = losing
    with ExitStack() as gone, pytest.raises(openai.InternalServerError):
        connect(keeping, max_retries=0).chat.completions.create(
            model="support-tone", messages=[user(ANNA.letter)], extra_headers=_HEADERS
        )
    intent, outcome = keeping.entries()[-2:]
    assert len(intent.record.payloads) == 1
    assert _code(outcome) == "retention_unavailable"


@pytest.mark.parametrize("reference", ["Anna Kowalska", "a" * 200, "x@y", ""])
def test_reference_that_is_a_name_is_refused(
    keeping: RunningGateway, capture: Capture, connect: Connect, reference: str
) -> None:
    """The header takes references and no natural names, for it becomes a key of the key database."""
    with pytest.raises(openai.BadRequestError, match="x-custody-data-subject"):
        connect(keeping).chat.completions.create(
            model="support-tone",
            messages=[user("hello")],
            extra_headers={**_HEADERS, "x-custody-data-subject": reference},
        )
    assert capture.prompts == []


def test_unknown_principal_does_nothing(keeping: RunningGateway) -> None:
    """A deed needs somebody to be on record for it."""
    done = custody("audit", "prune", "--as", "nobody", "--config", str(keeping.settings))
    assert done.returncode == 2
    assert "nobody" in done.stderr


def _execute(gateway: RunningGateway, statement: str) -> None:
    with closing(pysqlite3.dbapi2.connect(str(gateway.state / "payloads.db"), timeout=10)) as database:
        database.execute(statement)


def _code(entry: Entry) -> str:
    assert entry.record.result is not None
    return entry.record.result.code


def _everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

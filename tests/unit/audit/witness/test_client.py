import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from audit import tlog
from audit.checkpoint import Checkpoint
from audit.cosignature import WitnessSigner
from audit.note import Signer
from audit.witness.client import Conflict, Cosigned, Failed, Outcome, Refused, WitnessClient
from audit.witness.policy import WitnessAddress
from audit.witness.wire import Submission

pytestmark = pytest.mark.enable_socket

LOG = Signer("northwind.example/audit", bytes(range(32)))
SIGNER = WitnessSigner("legal.example/witness", bytes(range(1, 33)))
TEXT = Checkpoint(LOG.verifier.name, 1, tlog.leaf_hash(b"")).text()
ASKED = Submission(0, (), LOG.sign_note(TEXT))
GOOD = str(SIGNER.cosign(TEXT, 5).line)

Answers = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def _server(answer: Answers) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/prefix/"
    finally:
        server.shutdown()
        server.server_close()


def _says(status: int, body: bytes) -> Answers:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def _outcome(answer: Answers, timeout_s: float = 5) -> Outcome:
    with _server(answer) as url:
        client = WitnessClient(WitnessAddress(url, SIGNER.witness), timeout_s)
        outcome = client.submit(ASKED)
        client.close()
    return outcome


def test_good_answers() -> None:
    """A cosignature, a known size and a refusal are told apart; lines of other keys are passed over."""
    stranger = str(WitnessSigner("other.example", bytes(32)).cosign(TEXT, 5).line)
    assert isinstance(_outcome(_says(200, (stranger + GOOD).encode())), Cosigned)
    assert _outcome(_says(409, b"17\n")) == Conflict(17)
    assert _outcome(_says(422, b"bad consistency proof\n")) == Refused(422, "422 bad consistency proof")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"\xff\xfe"),
        (200, GOOD.encode()[:-9]),
        (200, GOOD.encode() * 2000),
        (200, str(WitnessSigner("other.example", bytes(32)).cosign(TEXT, 5).line).encode()),
        (200, str(SIGNER.cosign(TEXT.replace("\n1\n", "\n2\n"), 5).line).encode()),
        (500, b"out of order"),
        (503, b"x" * 1_000_000),
    ],
)
def test_useless_answers_are_failures(status: int, body: bytes) -> None:
    """An answer that is no cosignature by that witness of that checkpoint counts as none, and is bounded."""
    outcome = _outcome(_says(status, body))
    assert isinstance(outcome, Failed)
    assert len(outcome.what) <= 300


@pytest.mark.parametrize("body", [b"", b"x\n", b"-1\n", b"9" * 30, "\u0661\n".encode()])
def test_conflict_without_a_size(body: bytes) -> None:
    """A conflict that names no size is a refusal and not a number."""
    assert isinstance(_outcome(_says(409, body)), Refused)


def test_nothing_listens_and_nothing_comes() -> None:
    """A server that hangs, hangs up or speaks no HTTP, and a port without a listener, are failures."""
    hanging = threading.Event()
    assert isinstance(_outcome(lambda _handler: hanging.wait(0.3) and None, timeout_s=0.1), Failed)
    assert isinstance(_outcome(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)), Failed)
    assert isinstance(_outcome(lambda handler: handler.wfile.write(b"?" * 70_000 + b"\r\n")), Failed)
    with _server(_says(200, b"")) as url:
        pass
    assert isinstance(WitnessClient(WitnessAddress(url, SIGNER.witness), 1).submit(ASKED), Failed)


def test_connection_is_kept_and_renewed() -> None:
    """One connection serves many requests, and a witness that hung up in between is called again."""
    seen = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.client_address)
        _says(200, GOOD.encode())(handler)
        handler.close_connection = len(seen) == 2

    with _server(answer) as url:
        client = WitnessClient(WitnessAddress(url, SIGNER.witness), 5)
        assert all(isinstance(client.submit(ASKED), Cosigned) for _ in range(3))
        client.close()
    assert seen[0] == seen[1] != seen[2]

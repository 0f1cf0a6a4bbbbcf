"""What every sink keeps to, against a real receiver; a file in audit/sinks without a case here fails."""

import http.server
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from audit.entry import Actor, Entry, EntryType, Record, Result, WriterPosition
from audit.errors import SinkUnavailable
from audit.ids import SystemClock, Uuid7
from audit.leaf import encode_entry
from audit.query import Located
from audit.sinks.base import Sink
from gateway import plugins
from gateway.settings import SettingsInvalid

Made = tuple[Sink, Callable[[], list[dict[str, Any]]]]
KINDS = ("http", "jsonl_file", "otlp", "syslog")


def located(index: int, request_id: str = "req", code: str = "") -> Located:
    """An entry at a place."""
    ids = Uuid7(SystemClock())
    record = Record(
        type=EntryType.DENIED,
        request_id=f"{request_id}-{index}",
        actor=Actor("s_1", "service", "rétail"),
        result=Result(403 if code else 200, code),
    )
    entry = Entry(ids(), WriterPosition(ids(), 0, ""), 1_790_000_000_000_000 + index, index, record)
    return Located(index, encode_entry(entry), entry)


ENTRIES = [located(index) for index in range(5)]


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes posts; answers with the status that the test set."""

    status = 200
    answer = b"{}"
    posts: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        """One post."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append((dict(self.headers), body))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Says nothing."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    """An HTTP server: its address, and the handler to set and read."""
    handler = type("Handler", (Receiver,), {"posts": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/logs", handler
        server.shutdown()


class Collector(socketserver.ThreadingTCPServer):
    """A syslog collector by TCP that keeps the bytes of each connection."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[bytearray] = []
        super().__init__(("127.0.0.1", 0), _Keeping)


class _Keeping(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        taken = bytearray()
        cast("Collector", self.server).received.append(taken)
        while piece := self.request.recv(65536):
            taken += piece


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that listens."""
    with Collector() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def load(kind: str, **options: object) -> Sink:
    """The sink that these options describe."""
    return cast("Sink", plugins.load("audit.sinks", kind, options, place="audit.sinks.0", production=True))


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Made]:
    """The sink of a kind, and what its receiver has got so far as JSON."""
    kind: str = request.param
    if kind == "jsonl_file":
        path = tmp_path / "deep" / "copy.jsonl"
        sink = load(kind, path=path)
        yield sink, lambda: [orjson.loads(each) for each in path.read_bytes().splitlines()]
    elif kind == "syslog":
        collector: Collector = request.getfixturevalue("collector")
        sink = load(kind, port=collector.server_address[1])
        yield sink, lambda: [orjson.loads(each[each.index(b"{") :]) for each in framed(collector)]
    else:
        url, handler = request.getfixturevalue("receiver")
        sink = load(kind, url=url)
        yield sink, lambda: [each for _, body in handler.posts for each in READERS[kind](body)]
    sink.close()


def framed(collector: Collector) -> list[bytes]:
    """The messages of all connections, by octet counting (RFC 6587 section 3.4.1)."""
    messages = []
    for taken in collector.received:
        rest = bytes(taken)
        while rest:
            count, _, rest = rest.partition(b" ")
            if len(rest) < int(count or 0):
                break  # the rest of it is still on its way
            messages.append(rest[: int(count)])
            rest = rest[int(count) :]
    return messages


def exported(body: bytes) -> list[dict[str, Any]]:
    """What an OTLP export holds, in the form of the other sinks."""
    found = []
    for resource in orjson.loads(body)["resourceLogs"]:
        for scope in resource["scopeLogs"]:
            for record in scope["logRecords"]:
                values = {each["key"]: each["value"] for each in record["attributes"]}
                found.append(
                    {
                        "index": int(values["custody.index"]["intValue"]),
                        "leaf_hash": values["custody.leaf_hash"]["stringValue"],
                        "entry": orjson.loads(record["body"]["stringValue"]),
                    }
                )
    return found


READERS: dict[str, Callable[[bytes], list[dict[str, Any]]]] = {
    "http": lambda body: [orjson.loads(each) for each in body.splitlines()],
    "otlp": exported,
}
each = pytest.mark.parametrize("made", KINDS, indirect=True)
pytestmark = pytest.mark.enable_socket


def test_each_kind_has_a_case() -> None:
    """No sink is without its contract."""
    assert set(plugins.kinds("audit.sinks")) == set(KINDS)


def expected(entries: Sequence[Located]) -> list[dict[str, Any]]:
    """What a receiver must have."""
    return [
        {"index": e.index, "leaf_hash": e.leaf_hash.hex(), "entry": orjson.loads(e.leaf)} for e in entries
    ]


@each
def test_brings_every_entry_whole(made: Made) -> None:
    """A receiver has each entry with its index and leaf hash, in order, batch after batch."""
    sink, received = made
    sink.deliver(ENTRIES[:3])
    sink.deliver(ENTRIES[3:])
    _until(lambda: len(received()) == len(ENTRIES))
    assert received() == expected(ENTRIES)


@each
def test_leaf_can_be_checked(made: Made) -> None:
    """What arrives hashes to the leaf hash of the log, so a copy can be held against it."""
    sink, received = made
    sink.deliver(ENTRIES)
    _until(lambda: len(received()) == len(ENTRIES))
    assert [each["leaf_hash"] for each in received()] == [e.leaf_hash.hex() for e in ENTRIES]


@pytest.mark.parametrize("kind", ["http", "otlp"])
@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
def test_refused_post_is_not_delivered(receiver: tuple[str, type[Receiver]], kind: str, status: int) -> None:
    """Any answer but 2xx means that the batch comes again; a redirect is not followed."""
    url, handler = receiver
    handler.status = status
    with pytest.raises(SinkUnavailable, match=str(status)):
        load(kind, url=url).deliver(ENTRIES)
    assert len(handler.posts) == 1


def test_partial_success_is_not_delivered(receiver: tuple[str, type[Receiver]]) -> None:
    """A collector that rejects some records has not taken the batch."""
    url, handler = receiver
    handler.answer = b'{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}'
    with pytest.raises(SinkUnavailable, match="rejected 2 of 5"):
        load("otlp", url=url).deliver(ENTRIES)


@pytest.mark.parametrize("answer", [b"", b"OK", b"[]", b'{"partialSuccess":{"rejectedLogRecords":"x"}}'])
def test_odd_answer_is_no_failure(receiver: tuple[str, type[Receiver]], answer: bytes) -> None:
    """A collector whose 2xx answer is no export response has taken the records."""
    url, handler = receiver
    handler.answer = answer
    load("otlp", url=url).deliver(ENTRIES)


def test_token_is_shown_to_the_endpoint_alone(receiver: tuple[str, type[Receiver]], tmp_path: Path) -> None:
    """The bearer token goes with each post, and into no error."""
    url, handler = receiver
    (tmp_path / "token").write_text("s3cr3t\n")
    sink = load("http", url=url, token_file=tmp_path / "token")
    sink.deliver(ENTRIES)
    assert handler.posts[0][0]["Authorization"] == "Bearer s3cr3t"
    handler.status = 403
    with pytest.raises(SinkUnavailable) as told:
        sink.deliver(ENTRIES)
    assert "s3cr3t" not in str(told.value)


@pytest.mark.parametrize("kind", ["http", "otlp", "syslog"])
def test_nobody_there_is_told(kind: str) -> None:
    """A receiver that is down is unavailable, not an error of another kind."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        options = {"port": port} if kind == "syslog" else {"url": f"http://127.0.0.1:{port}/"}
        with pytest.raises(SinkUnavailable):
            load(kind, **options).deliver(ENTRIES)


def test_syslog_survives_its_collector(collector: Collector) -> None:
    """A collector that closed the connection is connected to again, and gets the next batch."""
    sink = load("syslog", port=collector.server_address[1])
    sink.deliver(ENTRIES[:1])
    _until(lambda: len(framed(collector)) == 1)
    sink.close()
    sink.deliver(ENTRIES[1:])
    _until(lambda: len(framed(collector)) == len(ENTRIES))
    sink.close()


def test_syslog_by_datagrams(tmp_path: Path) -> None:
    """Over a Unix socket and UDP each entry is one datagram in RFC 5424's form."""
    for options, receiving in _datagram_cases(tmp_path):
        with closing(receiving):
            sink = load("syslog", hostname="gw-1", **options)
            sink.deliver(ENTRIES[:2])
            first, second = receiving.recv(65536), receiving.recv(65536)
            assert first.startswith(b"<109>1 2026-09-21T")
            assert first.split(b" ")[2:4] == [b"gw-1", b"custody"]
            assert orjson.loads(second[second.index(b"{") :])["index"] == 1
            sink.close()


def _datagram_cases(folder: Path) -> Iterator[tuple[dict[str, object], socket.socket]]:
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    unix.bind(str(folder / "log"))
    yield {"transport": "unix", "path": folder / "log"}, unix
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    yield {"transport": "udp", "port": udp.getsockname()[1]}, udp


def test_file_that_may_be_moved_away(tmp_path: Path) -> None:
    """A file that a shipper moved is begun anew with the next batch."""
    path = tmp_path / "copy.jsonl"
    sink = load("jsonl_file", path=path)
    sink.deliver(ENTRIES[:2])
    path.rename(tmp_path / "old.jsonl")
    sink.deliver(ENTRIES[2:])
    assert len(path.read_bytes().splitlines()) == 3


def test_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder in the file's place is unavailable, with the reason."""
    with pytest.raises(SinkUnavailable, match="directory"):
        load("jsonl_file", path=tmp_path).deliver(ENTRIES)


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("syslog", {"transport": "unix"}, "path"),
        ("syslog", {"path": "/dev/log"}, "path"),
        ("syslog", {"port": 0}, "port"),
        ("http", {"url": "ftp://example.com"}, "url"),
        ("http", {"url": "https://example.com", "token_env": "NO_SUCH_VARIABLE"}, "NO_SUCH_VARIABLE"),
        ("otlp", {}, "url"),
        ("jsonl_file", {}, "path"),
    ],
)
def test_options_that_cannot_be_are_named(kind: str, options: dict[str, object], told: str) -> None:
    """A setting that cannot work is refused before anything starts, by its name."""
    with pytest.raises(SettingsInvalid, match=told):
        load(kind, **options)


def _until(met: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(500):
        if met():
            return
        waited.wait(0.01)
    raise AssertionError("what the test waits for did not happen")

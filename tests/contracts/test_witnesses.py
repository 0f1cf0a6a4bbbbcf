"""What every C2SP tlog-witness answers: the same requests to ours and to litewitness."""

import base64
import http.client
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from audit import tlog
from audit.checkpoint import Checkpoint
from audit.cosignature import cosigned_by
from audit.note import Signer
from audit.witness.wire import Submission
from tests.witnesses import RunningWitness, lite_witness, our_witness

pytestmark = pytest.mark.enable_socket

LEAVES = [tlog.leaf_hash(b"entry %d" % number) for number in range(40)]
CASES = ("ours", "litewitness")
COUNT = itertools.count()

Make = Callable[[Path], RunningWitness]


@pytest.fixture(scope="module", params=CASES)
def witness(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningWitness]:
    """Each witness in turn."""
    folder = tmp_path_factory.mktemp(request.param)
    start = our_witness if request.param == "ours" else lite_witness
    with start(folder / "w") as running:
        yield running


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answered."""

    status: int
    kind: str
    body: bytes


class Conversation:
    """One log and a witness that watches it."""

    def __init__(self, witness: RunningWitness, origin: str) -> None:
        self.witness = witness
        self.log = Signer(origin, origin.encode().ljust(32, b".")[:32])
        witness.add_log(self.log.verifier)

    def note(self, size: int, root: bytes | None = None, signer: Signer | None = None) -> str:
        """The log's checkpoint of that size, or one with a root that it does not have, or of another key."""
        checkpoint = Checkpoint(self.log.verifier.name, size, root_of(size) if root is None else root)
        return (signer or self.log).sign_note(checkpoint.text())

    def submit(self, old: int, size: int, **changes: object) -> Reply:
        """The right request for that growth, but for the changes."""
        asked = {"old": old, "proof": proof(old, size), "note": self.note(size), **changes}
        return self.post(Submission(**asked).body())

    def post(self, body: bytes, method: str = "POST", path: str = "/add-checkpoint") -> Reply:
        """Whatever the witness says to these bytes."""
        parts = urlsplit(self.witness.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request(method, path, body)
        answer = connection.getresponse()
        reply = Reply(answer.status, answer.getheader("content-type", ""), answer.read())
        connection.close()
        return reply


def read(level: int, index: int) -> bytes:
    """A node of the log's tree."""
    return tlog.complete_root(LEAVES[index << level : (index + 1) << level])


def root_of(size: int) -> bytes:
    """The root of the log at that size."""
    return tlog.root_hash(size, read)


def proof(old: int, new: int) -> tuple[bytes, ...]:
    """The consistency proof that belongs into a request."""
    return tuple(tlog.prove_consistency(old, new, read)) if 0 < old < new else ()


@pytest.fixture
def talk(witness: RunningWitness) -> Conversation:
    """A log of this test's own that the witness has seen nothing of."""
    return Conversation(witness, f"log{next(COUNT)}.example")


def assert_cosigned(talk: Conversation, reply: Reply, size: int) -> None:
    """The reply is one good cosignature by the witness's key of the log's checkpoint."""
    assert reply.status == 200
    (found,) = cosigned_by(talk.note(size) + reply.body.decode(), [talk.witness.witness])
    assert found.time_s > 1_700_000_000


def assert_conflict(reply: Reply, size: int) -> None:
    """The reply names the size that the witness knows."""
    assert reply == Reply(409, "text/x.tlog.size", b"%d\n" % size)


def test_first_checkpoint_and_growth(talk: Conversation) -> None:
    """A first checkpoint needs no proof, the next ones a right one; each is cosigned."""
    for old, new in ((0, 5), (5, 8), (8, 9), (9, 40)):
        assert_cosigned(talk, talk.submit(old, new), new)


def test_replay(talk: Conversation) -> None:
    """A request that was good once gets the size that is known now, which the log can ask for again."""
    talk.submit(0, 5)
    talk.submit(5, 8)
    assert_conflict(talk.submit(0, 5), 8)
    assert_conflict(talk.submit(5, 8), 8)
    assert_cosigned(talk, talk.submit(8, 8), 8)


@pytest.mark.parametrize(("old", "size"), [(0, 12), (5, 12), (9, 12), (5, 5), (0, 0)])
def test_another_old_size(talk: Conversation, old: int, size: int) -> None:
    """A log that thinks that the witness knows less or more, or that was put back, learns what it knows."""
    talk.submit(0, 8)
    assert_conflict(talk.submit(old, size), 8)


def test_old_size_of_a_new_log(talk: Conversation) -> None:
    """A witness that has seen nothing says so."""
    assert_conflict(talk.submit(3, 5), 0)


def test_checkpoint_of_nothing(talk: Conversation) -> None:
    """A log may begin with a checkpoint of no entries; it tells a witness nothing that binds it."""
    assert_cosigned(talk, talk.submit(0, 0), 0)
    assert_cosigned(talk, talk.submit(0, 5), 5)


@pytest.mark.parametrize(
    "steps", [(), (bytes(32),), proof(5, 8)[:-1], (*proof(5, 8), bytes(32)), proof(5, 9)]
)
def test_wrong_proof(talk: Conversation, steps: tuple[bytes, ...]) -> None:
    """A missing, wrong, short or long proof is refused, and what is known stays."""
    talk.submit(0, 5)
    reply = Reply(422, "text/plain; charset=utf-8", b"bad consistency proof\n")
    assert talk.submit(5, 8, proof=steps) == reply
    assert_cosigned(talk, talk.submit(5, 8), 8)


def test_split_view(talk: Conversation) -> None:
    """Another root for a known size, or for a larger one, is refused whatever the proof."""
    talk.submit(0, 8)
    for size in (8, 12):
        reply = talk.submit(8, size, note=talk.note(size, root=bytes(32)))
        assert reply == Reply(422, "text/plain; charset=utf-8", b"bad consistency proof\n")
    assert_cosigned(talk, talk.submit(8, 12), 12)


def test_unknown_log(talk: Conversation) -> None:
    """A log that nobody told the witness of is not found."""
    stranger = Signer("unknown.example", bytes(32))
    note = stranger.sign_note(Checkpoint("unknown.example", 5, root_of(5)).text())
    assert talk.submit(0, 5, note=note) == Reply(404, "text/plain; charset=utf-8", b"unknown log\n")


def test_bad_signatures(talk: Conversation) -> None:
    """Another key under the log's name, a flipped signature, a signature of another text: forbidden."""
    other = Signer(talk.log.verifier.name, bytes(32))
    head, _, line = talk.note(5).rpartition(" ")
    raw = bytearray(base64.b64decode(line))
    raw[-1] ^= 1
    flipped = f"{head} {base64.b64encode(raw).decode()}\n"
    moved = talk.note(6).replace("\n6\n", "\n5\n")
    for note in (talk.note(5, signer=other), flipped, moved):
        reply = talk.submit(0, 5, note=note)
        assert reply == Reply(403, "text/plain; charset=utf-8", b"invalid signature\n")
    assert_cosigned(talk, talk.submit(0, 5), 5)


def test_signature_is_judged_first(talk: Conversation) -> None:
    """Who cannot sign for the log does not learn how far the witness has seen it."""
    talk.submit(0, 8)
    other = Signer(talk.log.verifier.name, bytes(32))
    for old, size in ((0, 12), (8, 8)):
        assert talk.submit(old, size, note=talk.note(size, signer=other)).status == 403


def test_lines_of_strangers_are_ignored(talk: Conversation) -> None:
    """Signatures by keys that the witness does not know neither help nor hurt."""
    others = "".join(
        Signer(f"other{number}.example", bytes([number]) * 32).sign_note("x\n").split("\n\n")[1]
        for number in range(10)
    )
    assert talk.submit(0, 5, note=talk.note(5) + others).status == 200


def test_extension_lines(talk: Conversation) -> None:
    """What a log adds to its checkpoints is cosigned with them."""
    text = Checkpoint(talk.log.verifier.name, 5, root_of(5)).text() + "an extension\n"
    note = talk.log.sign_note(text)
    reply = talk.submit(0, 5, note=note)
    assert len(cosigned_by(note + reply.body.decode(), [talk.witness.witness])) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda _good: b"",
        lambda _good: b"garbage",
        lambda good: good.replace(b"old 5", b"old -5"),
        lambda good: good.replace(b"old 5", b"old x"),
        lambda good: good.replace(b"old 5", b"old 99999999999999999999"),
        lambda good: good.replace(b"old 5", b"5"),
        lambda good: good.replace(b"old 5\n", b""),
        lambda good: good.replace(b"old 5\n", b"old 5\n!!!\n"),
        lambda good: good.replace(b"old 5\n", b"old 5\nAAAA\n"),
        lambda good: good.replace(b"old 5\n", b"old 5\n" + (base64.b64encode(bytes(32)) + b"\n") * 64),
        lambda good: good.replace(b"\n\n", b"\n", 1),
        lambda good: good.replace(b"\n", b"\r\n"),
        lambda good: good.replace(b"old 5", b"old 9"),
    ],
)
def test_malformed_requests(talk: Conversation, change: Callable[[bytes], bytes]) -> None:
    """What cannot be read, or asks for a log that shrinks, is a bad request; what is known stays."""
    talk.submit(0, 5)
    good = Submission(5, proof(5, 8), talk.note(8)).body()
    assert talk.post(change(good)) == Reply(400, "text/plain; charset=utf-8", b"invalid input\n")
    assert_cosigned(talk, talk.post(good), 8)


def test_other_methods_and_paths(talk: Conversation) -> None:
    """Only POST to add-checkpoint changes anything."""
    good = Submission(0, (), talk.note(5)).body()
    assert [talk.post(good, method=method).status for method in ("GET", "PUT")] == [405, 405]
    assert talk.post(good, path="/add").status == 404


# Where litewitness 0.9.0 and ours part: the statuses of both, and why ours keeps to the specification.
DIFFERENCES = {
    "a proof from nothing (it must be empty)": (lambda talk: talk.submit(0, 5, proof=(bytes(32),)), 200, 422),
    "leading zeroes (there must be none)": (
        lambda talk: talk.post(Submission(0, (), talk.note(5)).body().replace(b"old 0", b"old 00")),
        200,
        400,
    ),
    "a sign before the size (it is digits)": (
        lambda talk: talk.post(Submission(0, (), talk.note(5)).body().replace(b"old 0", b"old +0")),
        200,
        400,
    ),
    "no signature lines (no note: the caller's fault)": (
        lambda talk: talk.submit(0, 5, note=talk.note(5).split("\n\n")[0] + "\n"),
        500,
        400,
    ),
    "a size with leading zeroes (no checkpoint: the caller's fault)": (
        lambda talk: talk.submit(
            0,
            5,
            note=talk.log.sign_note(
                Checkpoint(talk.log.verifier.name, 5, root_of(5)).text().replace("\n5\n", "\n05\n")
            ),
        ),
        500,
        400,
    ),
    "70,000 bytes (too large: the caller's fault)": (
        lambda talk: talk.post(b"old 0\n\n" + b"A" * 70_000),
        500,
        413,
    ),
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_known_differences(talk: Conversation, what: str, request: pytest.FixtureRequest) -> None:
    """The two part in these cases alone, and neither remembers a checkpoint that it did not cosign."""
    ask, theirs, ours = DIFFERENCES[what]
    is_ours = request.node.callspec.params["witness"] == "ours"
    status = ask(talk).status
    assert status == (ours if is_ours else theirs)
    assert_conflict(talk.submit(40, 40), 5 if status == 200 else 0)

"""C2SP tlog-witness: what a log sends to a witness."""

import re
from dataclasses import dataclass

from audit.errors import InvalidNote, InvalidSubmission
from audit.note import decode_base64, encode_base64
from audit.tlog import HASH_SIZE

# C2SP tlog-witness: a client sends no more.
_MAX_PROOF = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
# Two hundred signature lines and a longest proof stay under it.
MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed checkpoint, and the proof that it only adds to the ``old`` entries that the witness knows."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def origin(self) -> str:
        """The log that the checkpoint claims to speak for; nothing is checked yet."""
        return self.note.partition("\n")[0]

    def body(self) -> bytes:
        """The body of a request to add-checkpoint."""
        lines = [f"old {self.old}", *map(encode_base64, self.proof), "", self.note]
        return "\n".join(lines).encode()


def parse_submission(body: bytes) -> Submission:
    """Read the body of a request to add-checkpoint; raises InvalidSubmission."""
    try:
        head, blank, note = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise InvalidSubmission("the request is not text") from error
    first, *steps = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None or not blank:
        raise InvalidSubmission("a request is an old size, proof lines, an empty line and a checkpoint")
    try:
        proof = tuple(decode_base64(step) for step in steps)
    except InvalidNote as error:
        raise InvalidSubmission(f"a proof line is not good: {error}") from error
    if len(proof) > _MAX_PROOF or any(len(step) != HASH_SIZE for step in proof):
        raise InvalidSubmission(f"a proof has at most {_MAX_PROOF} hashes of {HASH_SIZE} bytes")
    return Submission(int(old[1]), proof, note)

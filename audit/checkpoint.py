"""C2SP tlog-checkpoint: the state of a log, as the log signs it in a note."""

import re
from dataclasses import dataclass

from audit.errors import InvalidNote
from audit.note import Verifier, decode_base64, encode_base64, open_note
from audit.tlog import HASH_SIZE

# What databases and Go's tlog hold.
_MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its origin, how many entries, and their root (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The body of the note: origin, size in decimal, root in base64."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint body, extension lines allowed; raises InvalidNote."""
    match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n((?:[^\n]+\n)*)", text)
    if match is None:
        raise InvalidNote("a checkpoint is an origin, a size and a root, each on its line")
    root, size = decode_base64(match[3]), int(match[2])
    if len(root) != HASH_SIZE:
        raise InvalidNote("the root of a checkpoint has 32 bytes")
    if size > _MAX_SIZE:
        raise InvalidNote("the size of a checkpoint is beyond 2^63 - 1")
    return Checkpoint(match[1], size, root)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that the log of that name and key signed; raises InvalidNote."""
    checkpoint = parse_checkpoint(open_note(note, [verifier]))
    if checkpoint.origin != verifier.name:
        raise InvalidNote("the checkpoint speaks for another log than its signer")
    return checkpoint

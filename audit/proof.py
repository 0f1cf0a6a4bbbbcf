"""C2SP tlog-proof: a file that shows offline that an entry is in a log whose state was signed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.cosignature import Cosignature, Witness, require_quorum
from audit.errors import InvalidNote, InvalidProof
from audit.note import Verifier, decode_base64, encode_base64
from audit.tlog import HASH_SIZE, leaf_hash, verify_inclusion

_HEADER = "c2sp.org/tlog-proof@v1"
# A tree of 2^63 leaves has no longer path.
_MAX_PATH = 63
_FORM = re.compile(
    rf"{re.escape(_HEADER)}\n(?:extra ([^\n]*)\n)?index (0|[1-9][0-9]{{0,18}})\n((?:[^\n]+\n)*)\n(.+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Proof:
    """The way from entry ``index`` to the root in a signed checkpoint; nothing is checked yet.

    ``extra`` is what the application adds: Custody puts the entry's own bytes there.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """The file (C2SP tlog-proof)."""
        extra = [] if self.extra is None else [f"extra {encode_base64(self.extra)}"]
        lines = [_HEADER, *extra, f"index {self.index}", *map(encode_base64, self.path), "", self.checkpoint]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof shows: this entry stands at ``index`` of the log as signed, and who cosigned that."""

    entry: bytes
    index: int
    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def parse_proof(text: str) -> Proof:
    """Read a tlog-proof file; raises InvalidProof."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidProof("a tlog-proof is a header, an index, hashes, an empty line and a checkpoint")
    extra, index, steps, checkpoint = match.groups()
    try:
        path = tuple(decode_base64(step) for step in steps.split("\n")[:-1])
        found = None if extra is None else decode_base64(extra)
    except InvalidNote as error:
        raise InvalidProof(f"the tlog-proof is not good: {error}") from error
    if len(path) > _MAX_PATH or any(len(step) != HASH_SIZE for step in path):
        raise InvalidProof(f"a tlog-proof has at most {_MAX_PATH} hashes of {HASH_SIZE} bytes")
    return Proof(int(index), path, checkpoint, found)


def check_proof(file: bytes, log: Verifier, witnesses: Sequence[Witness] = (), quorum: int = 0) -> Shown:
    """What a proof that carries its entry in ``extra`` shows to one who trusts these keys and nothing else.

    Raises InvalidProof if the way does not lead from the entry to the root, InvalidNote if the log did not
    sign that root or fewer than ``quorum`` witnesses cosigned it.
    """
    try:
        proof = parse_proof(file.decode())
    except UnicodeDecodeError as error:
        raise InvalidProof("the tlog-proof is not text") from error
    if proof.extra is None:
        raise InvalidProof("the tlog-proof does not carry the entry that it is about")
    checkpoint = open_checkpoint(proof.checkpoint, log)
    found = require_quorum(proof.checkpoint, witnesses, quorum)
    leaf = leaf_hash(proof.extra)
    verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root)
    return Shown(proof.extra, proof.index, checkpoint, found)

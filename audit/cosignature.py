"""C2SP tlog-cosignature: what a witness says of a checkpoint, and how that is checked."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.errors import InvalidNote
from audit.note import (
    COSIGNATURE_V1,
    SignatureLine,
    check_key,
    format_key,
    good_signatures,
    key_id,
    parse_key,
    split_note,
    verify_ed25519,
)

_TIME = struct.Struct(">Q")
_SIGNED_SIZE = _TIME.size + 64
_MAX_TIME = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness saw this checkpoint, grown from all that it saw before, at ``time_s`` since 1970 UTC."""

    witness: str
    time_s: int
    line: SignatureLine


@dataclass(frozen=True, slots=True)
class Witness:
    """The name and key of a witness; checks its lines under a checkpoint."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        check_key(self.name, self.public_key)

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell which key a signature line means."""
        return key_id(self.name, self.public_key, COSIGNATURE_V1)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this witness cosigned the text of a checkpoint."""
        if len(signature) != _SIGNED_SIZE:
            return False
        (time_s,) = _TIME.unpack_from(signature)
        return time_s <= _MAX_TIME and verify_ed25519(
            self.public_key, _message(time_s, message), signature[_TIME.size :]
        )

    def __str__(self) -> str:
        return format_key(self.name, self.public_key, COSIGNATURE_V1)


class WitnessSigner:
    """Cosigns checkpoints under one name; the private key never shows in ``repr``."""

    def __init__(self, name: str, private_key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self.witness = Witness(name, self._key.public_key().public_bytes_raw())

    def cosign(self, text: str, time_s: int) -> Cosignature:
        """The cosignature of a checkpoint's text; whoever calls has checked that the log only grew."""
        signature = _TIME.pack(time_s) + self._key.sign(_message(time_s, text.encode()))
        name = self.witness.name
        return Cosignature(name, time_s, SignatureLine(name, self.witness.key_id, signature))


def parse_witness(text: str) -> Witness:
    """Read a witness's verifier key (algorithm 4); raises InvalidNote, also for weak keys."""
    return Witness(*parse_key(text, COSIGNATURE_V1))


def cosignatures(
    text: str, lines: Sequence[SignatureLine], witnesses: Sequence[Witness]
) -> tuple[Cosignature, ...]:
    """The good cosignatures of a checkpoint's text by these witnesses, the newest of each.

    Others are ignored; raises InvalidNote at one that claims to be of a known witness and is not good.
    """
    newest: dict[tuple[str, bytes], Cosignature] = {}
    for line in good_signatures(text, lines, witnesses):
        (time_s,) = _TIME.unpack_from(line.signature)
        before = newest.get((line.name, line.key_id))
        if before is None or before.time_s < time_s:
            newest[line.name, line.key_id] = Cosignature(line.name, time_s, line)
    return tuple(newest.values())


def cosigned_by(note: str, witnesses: Sequence[Witness]) -> tuple[Cosignature, ...]:
    """The good cosignatures that a checkpoint carries; raises InvalidNote as ``cosignatures`` does.

    Says nothing of the log's own signature.
    """
    return cosignatures(*split_note(note), witnesses)


def require_quorum(note: str, witnesses: Sequence[Witness], quorum: int) -> tuple[Cosignature, ...]:
    """The cosignatures of a checkpoint, once ``quorum`` of the witnesses gave theirs; raises InvalidNote."""
    found = cosigned_by(note, witnesses)
    if len(found) < quorum:
        raise InvalidNote(f"{len(found)} known witnesses cosigned the checkpoint, and {quorum} must")
    return found


def _message(time_s: int, text: bytes) -> bytes:
    """What is signed (C2SP tlog-cosignature, "Ed25519 signed message")."""
    return b"cosignature/v1\ntime %d\n" % time_s + text

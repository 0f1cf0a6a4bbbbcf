"""C2SP signed notes with Ed25519 keys, and the checkpoint that a log signs in one."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import InvalidNote
from audit.tlog import HASH_SIZE

ED25519 = b"\x01"
_KEY_ID_SIZE = 4
_SIGNATURE_LINE = "\u2014 "
_MAX_NOTE = 1_000_000
_MAX_SIGNATURES = 100
_FIELD_PRIME = 2**255 - 19
# The y coordinates of the eight points of small order (RFC 7748 section 6.1 asks to know them; these are the
# Edwards ones): 0, 1, -1 and the two of order 8. A signature by such a key holds for many messages.
_Y_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER_Y = frozenset({0, 1, _FIELD_PRIME - 1, _Y_ORDER_8, _FIELD_PRIME - _Y_ORDER_8})


def decode_base64(text: str) -> bytes:
    """Standard base64 in its one canonical spelling; raises InvalidNote."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidNote("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise InvalidNote("base64 with stray bits")
    return raw


def encode_base64(raw: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(raw).decode()


def key_id(name: str, public_key: bytes) -> bytes:
    """SHA-256(name || 0x0A || 0x01 || key)[:4], C2SP signed-note, section "Verifier keys"."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:_KEY_ID_SIZE]


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise InvalidNote("a key name may not be empty nor hold a space or a plus sign")


def _check_point(public_key: bytes) -> None:
    """Refuse keys under which one signature fits many messages, and second spellings of a key."""
    if len(public_key) != HASH_SIZE:
        raise InvalidNote("an Ed25519 public key has 32 bytes")
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= _FIELD_PRIME:
        raise InvalidNote("the Ed25519 public key is not in its canonical form (RFC 8032 section 5.1.3)")
    if y in _SMALL_ORDER_Y:
        raise InvalidNote("the Ed25519 public key has a small order, so it proves nothing")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A name and the Ed25519 key that speaks under it."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_point(self.public_key)

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell which key a signature line means."""
        return key_id(self.name, self.public_key)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(ED25519 + self.public_key)}"


def parse_verifier(text: str) -> Verifier:
    """Read ``name+hash+base64`` (C2SP signed-note); raises InvalidNote, also for weak keys."""
    match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", text)
    if match is None:
        raise InvalidNote("a verifier key reads name+hash+base64")
    name, claimed, encoded = match.groups()
    raw = decode_base64(encoded)
    if raw[:1] != ED25519:
        raise InvalidNote("only Ed25519 verifier keys (algorithm 1) are known")
    verifier = Verifier(name, raw[1:])
    if verifier.key_id.hex() != claimed:
        raise InvalidNote("the key hash does not belong to the name and key")
    return verifier


class Signer:
    """Signs notes and receipts under one name; the private key never shows in ``repr``."""

    def __init__(self, name: str, private_key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature (RFC 8032) over the message."""
        return self._key.sign(message)

    def sign_note(self, text: str) -> str:
        """The note with one signature line; the text must end in a newline."""
        _check_text(text)
        signature = encode_base64(self.verifier.key_id + self.sign(text.encode()))
        return f"{text}\n{_SIGNATURE_LINE}{self.verifier.name} {signature}\n"


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise InvalidNote("the text of a note ends in a newline")
    if any(character < " " and character != "\n" for character in text):
        raise InvalidNote("a note holds no control characters")


def open_note(note: str, trusted: Sequence[Verifier]) -> str:
    """The text of a note that at least one trusted key signed; raises InvalidNote.

    Signatures by unknown keys are ignored, a bad one by a trusted key is not (C2SP signed-note).
    """
    if len(note) > _MAX_NOTE:
        raise InvalidNote("the note is too long")
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise InvalidNote("a note is a text, an empty line and signature lines")
    text += "\n"
    _check_text(text)
    known = {(verifier.name, verifier.key_id): verifier for verifier in trusted}
    signed_by: set[tuple[str, bytes]] = set()
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise InvalidNote("the note has too many signatures")
    for line in lines:
        name, identifier, signature = _parse_signature(line)
        verifier = known.get((name, identifier))
        if verifier is None:
            continue
        if not verifier.verify(text.encode(), signature):
            raise InvalidNote(f"the signature of {name} is not good")
        signed_by.add((name, identifier))
    if not signed_by:
        raise InvalidNote("no trusted key signed the note")
    return text


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
    if not line.startswith(_SIGNATURE_LINE) or not space:
        raise InvalidNote("a signature line reads: dash, name, base64")
    _check_name(name)
    raw = decode_base64(encoded)
    if len(raw) <= _KEY_ID_SIZE:
        raise InvalidNote("a signature is shorter than its key hash")
    return name, raw[:_KEY_ID_SIZE], raw[_KEY_ID_SIZE:]


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
    root = decode_base64(match[3])
    if len(root) != HASH_SIZE:
        raise InvalidNote("the root of a checkpoint has 32 bytes")
    return Checkpoint(match[1], int(match[2]), root)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that the log of that name and key signed; raises InvalidNote."""
    checkpoint = parse_checkpoint(open_note(note, [verifier]))
    if checkpoint.origin != verifier.name:
        raise InvalidNote("the checkpoint speaks for another log than its signer")
    return checkpoint

"""C2SP signed notes with Ed25519 keys."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import InvalidNote
from audit.tlog import HASH_SIZE

ED25519 = b"\x01"
COSIGNATURE_V1 = b"\x04"
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


def key_id(name: str, public_key: bytes, algorithm: bytes = ED25519) -> bytes:
    """SHA-256(name || 0x0A || algorithm || key)[:4], C2SP signed-note, section "Signatures"."""
    return sha256(name.encode() + b"\n" + algorithm + public_key).digest()[:_KEY_ID_SIZE]


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


class NoteVerifier(Protocol):
    """Checks the signature lines of one key."""

    @property
    def name(self) -> str:
        """The name under which the key signs."""

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell which key a signature line means."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed the message."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A name and the Ed25519 key that speaks under it."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        check_key(self.name, self.public_key)

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell which key a signature line means."""
        return key_id(self.name, self.public_key)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed the message."""
        return verify_ed25519(self.public_key, message, signature)

    def __str__(self) -> str:
        return format_key(self.name, self.public_key, ED25519)


def check_key(name: str, public_key: bytes) -> None:
    """Refuse a name that cannot stand in a note, and a key that proves nothing; raises InvalidNote."""
    _check_name(name)
    _check_point(public_key)


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def format_key(name: str, public_key: bytes, algorithm: bytes) -> str:
    """A verifier key as text: ``name+hash+base64`` (C2SP signed-note)."""
    identifier = key_id(name, public_key, algorithm).hex()
    return f"{name}+{identifier}+{encode_base64(algorithm + public_key)}"


def parse_key(text: str, algorithm: bytes) -> tuple[str, bytes]:
    """Name and public key of ``name+hash+base64`` (C2SP signed-note); raises InvalidNote."""
    match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", text)
    if match is None:
        raise InvalidNote("a verifier key reads name+hash+base64")
    name, claimed, encoded = match.groups()
    raw = decode_base64(encoded)
    if raw[:1] != algorithm:
        raise InvalidNote(f"the verifier key is not one of algorithm {algorithm[0]}")
    if key_id(name, raw[1:], algorithm).hex() != claimed:
        raise InvalidNote("the key hash does not belong to the name and key")
    return name, raw[1:]


def parse_verifier(text: str) -> Verifier:
    """Read the verifier key of a log; raises InvalidNote, also for weak keys."""
    return Verifier(*parse_key(text, ED25519))


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
        line = SignatureLine(self.verifier.name, self.verifier.key_id, self.sign(text.encode()))
        return f"{text}\n{line}"


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise InvalidNote("the text of a note ends in a newline")
    if any(character < " " and character != "\n" for character in text):
        raise InvalidNote("a note holds no control characters")


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """Who claims to have signed a note, and how; nothing is checked yet."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_SIGNATURE_LINE}{self.name} {encode_base64(self.key_id + self.signature)}\n"


def split_note(note: str) -> tuple[str, list[SignatureLine]]:
    """The text of a note, and its signature lines, none of them checked; raises InvalidNote."""
    if len(note) > _MAX_NOTE:
        raise InvalidNote("the note is too long")
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise InvalidNote("a note is a text, an empty line and signature lines")
    text += "\n"
    _check_text(text)
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise InvalidNote("the note has too many signatures")
    return text, [parse_signature(line) for line in lines]


def open_note(note: str, trusted: Sequence[NoteVerifier]) -> str:
    """The text of a note that at least one trusted key signed; raises InvalidNote.

    Signatures by unknown keys are ignored, a bad one by a trusted key is not (C2SP signed-note).
    """
    text, lines = split_note(note)
    if not good_signatures(text, lines, trusted):
        raise InvalidNote("no trusted key signed the note")
    return text


def good_signatures(
    text: str, lines: Sequence[SignatureLine], trusted: Sequence[NoteVerifier]
) -> list[SignatureLine]:
    """Those lines that are good signatures of the text by trusted keys.

    Raises InvalidNote at one that claims to be and is not.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in trusted}
    good = []
    for line in lines:
        verifier = known.get((line.name, line.key_id))
        if verifier is None:
            continue
        if not verifier.verify(text.encode(), line.signature):
            raise InvalidNote(f"the signature of {line.name} is not good")
        good.append(line)
    return good


def parse_signature(line: str) -> SignatureLine:
    """Read one signature line without its newline; raises InvalidNote."""
    name, space, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
    if not line.startswith(_SIGNATURE_LINE) or not space:
        raise InvalidNote("a signature line reads: dash, name, base64")
    _check_name(name)
    raw = decode_base64(encoded)
    if len(raw) <= _KEY_ID_SIZE:
        raise InvalidNote("a signature is shorter than its key hash")
    return SignatureLine(name, raw[:_KEY_ID_SIZE], raw[_KEY_ID_SIZE:])

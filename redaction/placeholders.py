"""Placeholders: what stands for a value while the model works on the text.

``[PERSON_k7q2m9xcrt]``: the entity type, so that the model knows what it handles, and a keyed digest. Square
brackets are not escaped by JSON or HTML, and models copy them whole. The digest is written in Crockford's
base 32 (no i, l, o or u), starts with a letter, has two to six digits and never four in a row: it is neither
a word nor a number, and no card or IBAN is so short.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from redaction import person
from redaction.base import Finding
from redaction.spans import holds
from redaction.standin_book import StandIn, StandInBook

LITERAL = "LITERAL"  # the caller's own text that looks like a placeholder and must come back as it was

# Soft hyphen, zero-width characters, word joiner, byte order mark: nobody sees them, some put them in.
INVISIBLE = "\u00ad\u200b-\u200d\u2060\ufeff"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans("ilo", "110")  # Crockford: what models and people write for 1 and 0
SIZES = (10, 14, 18, 22, 26)  # 50 bits, and more where two values of one request would share a token
_DIGEST = re.compile(
    rf"(?=(?:[a-z]*[0-9]){{2}})(?!(?:[a-z]*[0-9]){{7}}[a-z]*$)(?!.*[0-9]{{4}})[a-z][{_ALPHABET}]+"
)
_TWO_CHARACTERS = [second + first for first in _ALPHABET for second in _ALPHABET]
_ODD = re.compile(r"[^A-Z0-9]+")
_UNSEEN = re.compile(f"[{INVISIBLE}]+")
# Small letters in the reading of ``canonical``, for bytes: one pass in C over a whole text.
_FOLDED = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZilo", b"abcdefgh1jk1mn0pqrstuvwxyz110")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_NO_MARK = re.compile(r"[^\w+]|_")
_FEW = 64  # up to so many tokens, looking for each costs less than looking for anything shaped like one

_NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP", "EMAIL_ADDRESS", "STREET_ADDRESS"})
_NUMBERS = frozenset(
    {"CREDIT_CARD", "IBAN_CODE", "PHONE_NUMBER", "US_SSN", "US_ITIN", "UK_NHS", "US_BANK_NUMBER"}
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Who may see tokens resolve: a department, and a conversation in it."""

    department: str
    conversation: bytes


@lru_cache(maxsize=1024)  # types come from detectors and policies, so they are few
def label(entity_type: str) -> str:
    """The entity type as it stands in a token: capitals, digits and single underscores."""
    return _ODD.sub("_", entity_type.upper()).strip("_") or "ENTITY"


def normalize(entity_type: str, value: str) -> str:
    """The value without what does not tell two of them apart.

    Case and spacing do not matter in names and addresses, separators do not in numbers that have them at
    will. Everything else stays exact, for a secret differs by case and a date by its separators.
    """
    if entity_type in _NAMES:
        return " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    if entity_type in _NUMBERS:
        folded = unicodedata.normalize("NFKC", value).casefold()
        return _NO_MARK.sub("", folded)
    return value


def canonical(digest: str) -> str | None:
    """The digest as we write it, from what a model or a caller wrote; None if it cannot be one of ours."""
    if not digest.isascii():
        digest = unicodedata.normalize("NFKC", _UNSEEN.sub("", digest))
    lowered = digest.lower().translate(_MISREAD)
    return lowered if _DIGEST.fullmatch(lowered) else None


def mark(digest: str) -> int:
    """A number for a digest or for what looks like one, which tells nothing outside this process."""
    return hash(digest)  # of text, Python's is keyed by a secret of the process


def _framed(*parts: bytes) -> bytes:
    """The parts, each with its length, so that no two lists of them are the same."""
    return b"".join([len(part).to_bytes(4) + part for part in parts])


def keyed_digest(key: bytes, message: bytes, size: int) -> str:
    """Keyed BLAKE2b over the message in the form tokens have; ``size`` is even."""
    bits = 5 * size
    for attempt in range(2**16):
        # Not HMAC: through OpenSSL it costs three times as much, and a prompt may hold hundreds of values.
        drawn = blake2b(attempt.to_bytes(2) + message, key=key, digest_size=32)
        number = int.from_bytes(drawn.digest())
        # About every second digest is ill-formed; the next one is as deterministic as the first.
        for start in range(0, 256 - bits, bits):
            digest = "".join([_TWO_CHARACTERS[number >> at & 1023] for at in range(start, start + bits, 10)])
            if _DIGEST.fullmatch(digest):
                return digest
    raise AssertionError("65,536 digests in a row were ill-formed")


def _name_forms(part: str) -> tuple[str, str]:
    folded = normalize("PERSON", part)
    return folded, f"{folded}s"


@dataclass(frozen=True, slots=True, repr=False)
class Original:
    """A value behind a token."""

    entity_type: str
    value: str

    @property
    def label(self) -> str:
        """The entity type as it stands in the token."""
        return label(self.entity_type)


class Vault:
    """Which token or stand-in stands for which value, in one request only; nothing else resolves either.

    The same value of the same scope gets the same token in every turn and process. Two values never share
    one here: the later is lengthened.
    """

    __slots__ = ("_begun", "_key", "_originals", "_own", "_own_values", "_scope", "_stand_ins", "_tokens")

    def __init__(self, key: bytes, scope: Scope) -> None:
        self._key = key
        self._scope = scope
        self._tokens: dict[tuple[str, str], str] = {}
        self._originals: dict[str, tuple[str, str]] = {}
        self._own: list[tuple[str, Sequence[Finding]]] = []
        self._own_values: frozenset[str] | None = None
        scoped = scope.department.encode(), scope.conversation
        self._begun = _framed(b"token", *scoped)
        self._stand_ins = StandInBook(key, _framed(b"stand-in", *scoped))

    def __len__(self) -> int:
        return len(self._originals)

    def __repr__(self) -> str:
        return f"Vault({len(self)} tokens)"

    def own(self, text: str, findings: Sequence[Finding]) -> None:
        """Notes a text of the caller's own, and what was found in it."""
        self._own.append((text, findings))
        self._own_values = None

    def owns(self, entity_type: str, value: str) -> bool:
        """Whether the caller's own text held this value, found there or not, or a name that it is part of."""
        if self._own_values is None:
            # Only now, for most replies hold nothing that anyone asks about.
            held = {
                (each.entity_type, text[each.start : each.end]) for text, found in self._own for each in found
            }
            known = {name for kind, own in held for name in (own, normalize(kind, own))}
            names = (part for kind, own in held if kind == "PERSON" for part in person.words(own))
            self._own_values = frozenset(known.union(*(_name_forms(part) for part in names)))
        if value in self._own_values or normalize(entity_type, value) in self._own_values:
            return True
        return any(holds(text, value) for text, _ in self._own)

    def token(self, entity_type: str, value: str) -> str:
        """The token for a value, which from now on resolves to it."""
        identity = (entity_type, normalize(entity_type, value))
        token = self._tokens.get(identity)
        if token is None:
            digest = self._free_digest(*identity)
            token = self._tokens[identity] = f"[{label(entity_type)}_{digest}]"
            self._originals.setdefault(digest, (entity_type, value))
        return token

    def digest_of(self, token: str) -> str:
        """The digest in a token of this vault; empty for any other text."""
        digest = token.rpartition("_")[2].removesuffix("]")
        return digest if digest in self._originals else ""

    def admit(self, entity_type: str, value: str, digest: str) -> bool:
        """Whether a digest that this scope has issued before resolves to the value, as from now on it may."""
        known = self._originals.setdefault(digest, (entity_type, value))
        return known == (entity_type, value) or self._stands_for(
            digest, entity_type, normalize(entity_type, value)
        )

    def issued(self) -> tuple[tuple[str, str], ...]:
        """Entity type and value behind each token, in the order in which an empty vault makes them again."""
        return tuple(self._originals.values())

    @property
    def stand_ins(self) -> StandInBook:
        """What stands for values in place of tokens, where the plan wants it to look real."""
        return self._stand_ins

    def know_stand_in(self, stand_in: StandIn) -> None:
        """Takes in a stand-in that a vault of the same key and scope issued."""
        self._stand_ins.know(stand_in, normalize(stand_in.entity_type, stand_in.value))

    def stand_in(self, entity_type: str, value: str, text: str) -> str:
        """The stand-in for a value of ``text``; its token where there is none of its kind."""
        issued = self._stand_ins.issue(entity_type, normalize(entity_type, value), value, text)
        return self.token(entity_type, value) if issued is None else issued

    def foreign(self, entity_type: str, value: str) -> str:
        """A token of the same form that resolves to nothing, for a value that is not the caller's."""
        digest = self._digest(SIZES[0], entity_type, normalize(entity_type, value))
        return f"[{label(entity_type)}_{digest}]"

    def hashed(self, entity_type: str, value: str) -> str:
        """A keyed digest that is the same in every conversation of the department and resolves to nothing."""
        parts = ("hash", self._scope.department, entity_type, normalize(entity_type, value))
        return keyed_digest(self._key, _framed(*[part.encode("utf-8", "replace") for part in parts]), 16)

    def may_resolve(self, text: str) -> bool:
        """Whether the text may hold one of the vault's digests, however it is written; no is certain."""
        if len(self._originals) > _FEW:
            return True
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        folded = text.encode("ascii", "ignore").translate(_FOLDED, _NO_LETTERS).decode()
        return any(digest in folded for digest in self._originals)

    def marks(self) -> set[int]:
        """The marks of all digests that resolve."""
        return set(map(mark, self._originals))

    def original(self, digest: str) -> Original | None:
        """What stands behind a digest in canonical form."""
        known = self._originals.get(digest)
        return None if known is None else Original(*known)

    def _stands_for(self, digest: str, entity_type: str, normalized: str) -> bool:
        """Whether a digest is free, or resolves to this value already."""
        known = self._originals.get(digest)
        return known is None or (known[0] == entity_type and normalize(*known) == normalized)

    def _free_digest(self, entity_type: str, normalized: str) -> str:
        """The shortest digest of a value that stands for no other."""
        for size in SIZES:
            digest = self._digest(size, entity_type, normalized)
            if self._stands_for(digest, entity_type, normalized):
                return digest
        raise AssertionError("two values share 130 bits")

    def _digest(self, size: int, entity_type: str, normalized: str) -> str:
        own = _framed(entity_type.encode(), normalized.encode("utf-8", "surrogatepass"))
        return keyed_digest(self._key, self._begun + own, size)

"""Payloads under keys of their own: AES-256-GCM (NIST SP 800-38D), keys by HKDF-SHA-256 (RFC 5869).

From a data key and a random salt comes one record key, which opens one payload and no other: it can be
disclosed. From the record key come the cipher's key and nonce, and the key of the commitment. AES-GCM does
not commit to its key, so an entry holds both the hash of the ciphertext and a keyed digest of the plaintext.
Everything here is pure but for the salt.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from audit.entry import PayloadCommitment
from audit.errors import PayloadTampered

KEY_BYTES = 32
_SALT_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"
_HEAD = len(_FORMAT) + _SALT_BYTES


@dataclass(frozen=True, slots=True)
class About:
    """What a payload belongs to, authenticated with it: it opens in no other place."""

    request_id: str
    kind: str
    key_id: str

    def octets(self) -> bytes:
        """Each part with its length, so that no two differ in meaning and agree in bytes."""
        parts = [part.encode() for part in (self.request_id, self.kind, self.key_id)]
        return b"custody payload v1" + b"".join(len(part).to_bytes(4) + part for part in parts)


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """Stored bytes (format, salt, ciphertext and tag), and what an entry says of them."""

    octets: bytes
    commitment: PayloadCommitment


def seal(plaintext: bytes, data_key: bytes, about: About) -> Sealed:
    """The payload under a record key of its own."""
    head = _FORMAT + secrets.token_bytes(_SALT_BYTES)
    keys = _keys(record_key(data_key, head))
    octets = head + AESGCM(keys.cipher).encrypt(keys.nonce, plaintext, about.octets() + head)
    digest = hmac.digest(keys.commitment, plaintext, "sha256")
    commitment = PayloadCommitment(
        about.kind, about.key_id, sha256(octets).hexdigest(), digest.hex(), len(octets)
    )
    return Sealed(octets, commitment)


def record_key(data_key: bytes, octets: bytes) -> bytes:
    """The key (32 bytes) that opens the stored payload ``octets`` and nothing else."""
    salt = octets[len(_FORMAT) : _HEAD]
    return HKDF(SHA256(), KEY_BYTES, salt, b"custody record key v1").derive(data_key)


def unseal(octets: bytes, key: bytes, about: About, commitment: PayloadCommitment) -> bytes:
    """The plaintext behind a commitment, by its record key; raises ``PayloadTampered``."""
    if sha256(octets).hexdigest() != commitment.ciphertext_sha256:
        raise PayloadTampered("the stored payload is not the one that its entry committed to")
    if octets[: len(_FORMAT)] != _FORMAT or len(octets) < _HEAD:
        raise PayloadTampered("the stored payload is in no form that this release knows")
    keys = _keys(key)
    try:
        plaintext = AESGCM(keys.cipher).decrypt(keys.nonce, octets[_HEAD:], about.octets() + octets[:_HEAD])
    except InvalidTag:
        raise PayloadTampered("the key does not open the payload, or it belongs to another record") from None
    digest = hmac.digest(keys.commitment, plaintext, "sha256").hex()
    if not hmac.compare_digest(digest, commitment.plaintext_hmac):
        raise PayloadTampered("the payload opens to something else than its entry committed to")
    return plaintext


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    cipher: bytes
    nonce: bytes
    commitment: bytes


def _keys(key: bytes) -> _Keys:
    # A record key serves one payload, so a nonce derived from it is never used twice.
    def derived(use: bytes, size: int) -> bytes:
        return HKDFExpand(SHA256(), size, b"custody payload v1 " + use).derive(key)

    return _Keys(derived(b"cipher", KEY_BYTES), derived(b"nonce", _NONCE_BYTES), derived(b"hmac", KEY_BYTES))

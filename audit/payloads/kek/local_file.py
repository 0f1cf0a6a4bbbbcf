"""A key-encryption key in a file of this machine: for trying out, and for who has nothing better."""

import os
import secrets
import warnings
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, Field

from audit.errors import PayloadUnavailable

_KEY_BYTES = 32
_NONCE_BYTES = 12
_OPEN_TO_OTHERS = 0o077


class LocalKeyWarning(UserWarning):
    """Whoever reads this machine's disk can read the payloads."""


class Options(BaseModel):
    """Where the key lies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="File of the key; made on first use, readable by its owner alone.")


def build(options: Options) -> "LocalFileKey":
    """The key in the file, made if it is not there; warns, and raises ``PayloadUnavailable``."""
    warnings.warn(
        f"Payload keys are wrapped by the file {options.path}: whoever can read this disk can read payloads."
        f" Use aws_kms, gcp_kms, hashicorp_vault or pkcs11 where that matters.",
        LocalKeyWarning,
        stacklevel=2,
    )
    return LocalFileKey(_load_or_create(options.path))


class LocalFileKey:
    """AES-256-GCM under 32 bytes from a file, a fresh random nonce before each wrapped key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._name = f"local_file:{sha256(b'custody kek name v1' + key).hexdigest()[:16]}"

    @property
    def name(self) -> str:
        """A digest of the key, so that another key in the same place is noticed."""
        return self._name

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key again; raises ``PayloadUnavailable`` for a key that this one did not wrap."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as error:
            raise PayloadUnavailable("the file's key did not wrap this data key") from error


def _load_or_create(path: Path) -> bytes:
    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & _OPEN_TO_OTHERS:
            raise PayloadUnavailable(f"the key {path} is open to other users: chmod 600 it")
        key = path.read_bytes()
    except OSError as error:
        raise PayloadUnavailable(f"the key {path} cannot be read ({error.strerror})") from error
    if len(key) != _KEY_BYTES:
        raise PayloadUnavailable(f"the key {path} is damaged: restore its {_KEY_BYTES} bytes from a backup")
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Linked into place whole: of two processes that start at once one wins, and both read the same bytes.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()

"""A key in a hardware security module, through PKCS#11 (extra ``pkcs11``)."""

import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass
from pydantic import BaseModel, ConfigDict, Field, FilePath, model_validator

from audit.errors import PayloadUnavailable

_NONCE_BYTES = 12
_TAG_BITS = 128

# The library's own types do not say that a secret key encrypts.
_Key: TypeAlias = Any
_Call: TypeAlias = Callable[[_Key], bytes]


class Options(BaseModel):
    """Which key on which token, and how to log in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    library: FilePath = Field(description="The module's PKCS#11 library.")
    token: str = Field(description="Label of the token.")
    key: str = Field(description="Label of the AES-256 key on it.")
    create: bool = Field(default=False, description="Make the key if the token does not hold it.")
    pin_env: str = Field("", description="Variable that holds the user PIN.")
    pin_file: Path | None = Field(None, description="File that holds the user PIN, read at start.")

    @model_validator(mode="after")
    def _one_pin(self) -> "Options":
        if bool(self.pin_env) == (self.pin_file is not None):
            raise ValueError("give pin_env or pin_file, one of them")
        if self.pin_env and self.pin_env not in os.environ:
            raise ValueError(f"the variable {self.pin_env} (pin_env) is not set")
        return self

    def pin(self) -> str:
        """The PIN in clear."""
        return self.pin_file.read_text().strip() if self.pin_file else os.environ[self.pin_env]


def build(options: Options) -> "TokenKey":
    """The key on its token; raises ``PayloadUnavailable`` when either is not there."""
    return TokenKey(options)


class TokenKey:
    """AES-256-GCM inside the module: neither this process nor the disk ever holds the key.

    A session belongs to one caller at a time, so calls take turns; one that fails gets a new session once,
    for modules drop sessions when they are reset.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._turn = threading.Lock()
        self._key: _Key | None = None
        self._with_key(lambda _key: b"")

    @property
    def name(self) -> str:
        """Token and key by their labels."""
        return f"pkcs11:{self._options.token}/{self._options.key}"

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        parameters = GCMParams(nonce, context, _TAG_BITS)
        return nonce + self._with_key(
            lambda wrapping: bytes(
                wrapping.encrypt(key, mechanism=Mechanism.AES_GCM, mechanism_param=parameters)
            )
        )

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key again."""
        parameters = GCMParams(wrapped[:_NONCE_BYTES], context, _TAG_BITS)
        return self._with_key(
            lambda wrapping: bytes(
                wrapping.decrypt(
                    wrapped[_NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=parameters
                )
            )
        )

    def _with_key(self, call: _Call) -> bytes:
        with self._turn:
            try:
                if self._key is not None:
                    try:
                        return call(self._key)
                    except (pkcs11.SessionHandleInvalid, pkcs11.SessionClosed, pkcs11.ObjectHandleInvalid):
                        self._key = None
                self._key = self._logged_in()
                return call(self._key)
            except pkcs11.PKCS11Error as error:
                raise PayloadUnavailable(
                    f"the module did not serve {self.name}: {type(error).__name__}"
                ) from None

    def _logged_in(self) -> _Key:
        options = self._options
        token = pkcs11.lib(str(options.library)).get_token(token_label=options.token)
        try:
            session = token.open(user_pin=options.pin(), rw=options.create)
        except pkcs11.UserAlreadyLoggedIn:
            # A program logs in to a token once; keys of other departments on it share that.
            session = token.open(rw=options.create)
        try:
            return session.get_key(object_class=ObjectClass.SECRET_KEY, label=options.key)
        except pkcs11.NoSuchKey:
            if not options.create:
                raise
            secrecy = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
            return session.generate_key(KeyType.AES, 256, label=options.key, store=True, template=secrecy)

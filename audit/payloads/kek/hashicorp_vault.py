"""A key in HashiCorp Vault's transit engine, through Tink (extra ``vault``)."""

import hmac
import os
from hashlib import sha256
from pathlib import Path

import hvac
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator
from tink.integration import hcvault

from audit.errors import PayloadUnavailable
from audit.payloads.kek._tink import TinkKey

_KEY_BYTES = 32


class Options(BaseModel):
    """Which key, and how to reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: HttpUrl = Field(description="Address of Vault, such as `https://vault.example:8200`.")
    key: str = Field(
        pattern=r"^[^/]+(/[^/]+)*/keys/[^/]+$", description="Path of the key, such as `transit/keys/retail`."
    )
    token_env: str = Field("", description="Variable that holds Vault's token.")
    token_file: Path | None = Field(None, description="File that holds Vault's token, read at start.")
    ca_file: Path | None = Field(None, description="PEM file of the authorities to trust.")
    timeout_s: float = Field(2, gt=0, description="Longest wait for an answer, in seconds.")

    @model_validator(mode="after")
    def _one_token(self) -> "Options":
        if bool(self.token_env) == (self.token_file is not None):
            raise ValueError("give token_env or token_file, one of them")
        if self.token_env and self.token_env not in os.environ:
            raise ValueError(f"the variable {self.token_env} (token_env) is not set")
        return self

    def token(self) -> str:
        """The token in clear."""
        return self.token_file.read_text().strip() if self.token_file else os.environ[self.token_env]


def build(options: Options) -> "VaultKey":
    """The key; nothing is asked of Vault yet."""
    client = hvac.Client(
        url=str(options.url).rstrip("/"),
        token=options.token(),
        timeout=options.timeout_s,
        verify=str(options.ca_file) if options.ca_file else True,
    )
    uri = f"hcvault://{options.url.host}/{options.key}"
    return VaultKey(TinkKey("hashicorp_vault", uri, lambda _: hcvault.new_aead(options.key, client)))


class VaultKey:
    """Vault's transit engine takes no associated data through hvac, so the context travels inside."""

    def __init__(self, key: TinkKey) -> None:
        self._key = key

    @property
    def name(self) -> str:
        """The key's address at Vault."""
        return self._key.name

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """The key and a digest of its context, as Vault encrypted them."""
        return self._key.wrap(key + sha256(context).digest(), b"")

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key again; raises ``PayloadUnavailable`` for one that was wrapped with another context."""
        opened = self._key.unwrap(wrapped, b"")
        key, digest = opened[:_KEY_BYTES], opened[_KEY_BYTES:]
        if not hmac.compare_digest(digest, sha256(context).digest()):
            raise PayloadUnavailable("the wrapped key belongs to another context")
        return key

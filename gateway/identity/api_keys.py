import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretBytes, model_validator

from gateway.domain import DataClass, Subject
from gateway.errors import Unauthenticated
from gateway.identity.base import Defaults, Identity
from gateway.identity.keys import is_well_formed, key_digest, subject_id

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class KeyOptions(BaseModel):
    """One key of a principal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="What `custody keys new` printed for the key.")
    expires: AwareDatetime | None = Field(None, description="When it stops working (with a time zone).")


class PrincipalOptions(BaseModel):
    """A person or service that may call, and what holds for its calls unless a header says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name = Field(description="Name of the principal; policies and the log see an opaque id instead.")
    kind: Literal["person", "service"] = Field("service", description="Whether a person or a service.")
    department: Name = Field(description="The department that it belongs to.")
    groups: tuple[str, ...] = Field((), description="Groups, for policies.")
    roles: tuple[str, ...] = Field((), description="Roles, for policies.")
    use_case: str = Field("", description="Use case of its calls.")
    purpose: str = Field("", description="Purpose of its calls.")
    declared_class: DataClass = Field(DataClass.INTERNAL, description="Class of the data it sends.")
    keys: tuple[KeyOptions, ...] = Field(
        (), max_length=2, description="Live keys, two at most, so that one can replace the other."
    )

    def subject(self, pepper: bytes) -> Subject:
        """The principal as policies and the log know it."""
        return Subject(
            id=subject_id(self.id, pepper),
            kind=self.kind,
            department=self.department,
            groups=self.groups,
            roles=self.roles,
        )


class Options(BaseModel):
    """API keys that stand, as digests, in the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pepper: SecretBytes = Field(
        description="Secret that the digests were made with; the gateway fills it in."
    )
    principals: tuple[PrincipalOptions, ...] = Field(min_length=1, description="Who may call.")

    @model_validator(mode="after")
    def _no_doubles(self) -> "Options":
        names = [principal.id for principal in self.principals]
        digests = [key.digest for principal in self.principals for key in principal.keys]
        if len(set(names)) < len(names) or len(set(digests)) < len(digests):
            raise ValueError("a principal or a key digest stands twice")
        return self


@dataclass(frozen=True, slots=True)
class _Entry:
    identity: Identity
    expires: datetime | None


class ApiKeyAuthenticator:
    """Knows callers by bearer keys (RFC 6750 section 2.1); every failure gives the same answer."""

    def __init__(self, options: Options, *, now: Callable[[], datetime]) -> None:
        self._pepper = options.pepper.get_secret_value()
        self._now = now
        self._entries = {
            key.digest: _Entry(_identity(principal, self._pepper), key.expires)
            for principal in options.principals
            for key in principal.keys
        }
        # Good keys come again and again, and HMAC through OpenSSL costs many times this digest. Its key is of
        # this process alone, and only keys found to be good are kept, so there are never more than entries.
        self._quick_key = secrets.token_bytes(32)
        self._known: dict[bytes, _Entry] = {}

    async def authenticate(self, headers: Mapping[str, str]) -> Identity:
        """The identity behind ``Authorization: Bearer`` or, for Anthropic's clients, ``x-api-key``."""
        unverified_key = _presented(headers)
        quick = blake2b(unverified_key.encode(), key=self._quick_key).digest()
        entry = self._known.get(quick)
        if entry is None:
            entry = self._known[quick] = self._looked_up(unverified_key)
        if entry.expires is not None and entry.expires <= self._now():
            raise _refusal("expired key")
        return entry.identity

    def _looked_up(self, unverified_key: str) -> _Entry:
        if not is_well_formed(unverified_key):
            raise _refusal("malformed or missing key")
        entry = self._entries.get(key_digest(unverified_key, self._pepper))
        if entry is None:
            raise _refusal("unknown key")
        return entry


def build(options: Options) -> ApiKeyAuthenticator:
    """The authenticator over these principals, on the system's clock."""
    return ApiKeyAuthenticator(options, now=lambda: datetime.now(UTC))


def _presented(headers: Mapping[str, str]) -> str:
    scheme, _, credential = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credential.strip()
    return headers.get("x-api-key", "")


def _refusal(reason_admin: str) -> Unauthenticated:
    return Unauthenticated(
        "The API key is missing or not valid. Send it as 'Authorization: Bearer cus_...'; "
        "your department's Custody contact issues keys.",
        reason_admin=reason_admin,
    )


def _identity(principal: PrincipalOptions, pepper: bytes) -> Identity:
    defaults = Defaults(principal.use_case, principal.purpose, principal.declared_class)
    return Identity(principal.subject(pepper), defaults)

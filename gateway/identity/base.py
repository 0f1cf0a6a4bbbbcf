from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.domain import DataClass, Subject


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for a caller's calls unless a header of the call says otherwise."""

    use_case: str
    purpose: str
    declared_class: DataClass


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated caller."""

    subject: Subject
    defaults: Defaults


class Authenticator(Protocol):
    """Turns a credential into an identity.

    Raises ``Unauthenticated`` when it is not good and ``IdentityUnavailable`` when it cannot tell.
    """

    async def authenticate(self, headers: Mapping[str, str]) -> Identity:
        """The identity behind these (lower-case, single-valued) request headers."""

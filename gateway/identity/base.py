from collections.abc import Mapping
from typing import Protocol

from gateway.domain import Subject


class Authenticator(Protocol):
    """Turns a credential into a subject.

    Raises ``Unauthenticated`` when it is not good and ``IdentityUnavailable`` when it cannot tell.
    """

    async def authenticate(self, headers: Mapping[str, str]) -> Subject:
        """The subject behind these (lower-case, single-valued) request headers."""

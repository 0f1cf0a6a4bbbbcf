"""What the key services behind Tink have in common; the only file that imports tink itself."""

from collections.abc import Callable
from typing import Any

import tink
from tink import aead

from audit.errors import PayloadUnavailable


class TinkKey:
    """A key of a key service, through Tink's AEAD: the service encrypts, the key never leaves it.

    ``failures`` are what the service's client library raises beside Tink's own error.
    """

    def __init__(
        self,
        kind: str,
        uri: str,
        get_aead: Callable[[str], aead.Aead],
        failures: tuple[type[Exception], ...] = (),
    ) -> None:
        self._kind = kind
        self._uri = uri
        self._failures = (tink.TinkError, *failures)
        self._aead = self._asked(lambda: get_aead(uri))

    @property
    def name(self) -> str:
        """The key's address at its service."""
        return self._uri

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """The key as the service encrypted it."""
        return bytes(self._asked(lambda: self._aead.encrypt(key, context)))

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key as the service decrypted it."""
        return bytes(self._asked(lambda: self._aead.decrypt(wrapped, context)))

    def _asked(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - Tink publishes no types
        try:
            return call()
        except self._failures as error:
            # Only the kind: a service's message may repeat what it was sent.
            raise PayloadUnavailable(
                f"{self._kind} did not serve {self._uri}: {type(error).__name__}"
            ) from None

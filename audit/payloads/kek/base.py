"""A key that wraps other keys, and never leaves where it lives."""

from typing import Protocol


class KeyEncryptionKey(Protocol):
    """Wraps data keys of one department. Thread-safe; both calls may take a network round trip.

    ``context`` is authenticated and not secret: a wrapped key opens only with the context that it was wrapped
    with. Both raise ``PayloadUnavailable`` when the key cannot be used.
    """

    @property
    def name(self) -> str:
        """Which key this is, for the key database: never secret, and the same after a restart."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """The key (32 bytes), encrypted and authenticated."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key again."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

Category = Literal["personal", "secret", "corpus"]


class Finding(NamedTuple):
    """A span of text that must not leave as it is; a tuple, for a request makes dozens.

    ``start`` and ``end`` are code point offsets, half open. ``entity_type`` is Presidio's name for it.
    ``category`` tells the policy whether it is personal data, a secret, or text of a registered corpus.
    ``score`` lies in 0..1; ``validated`` says that a checksum or a grammar confirmed the value.
    """

    entity_type: str
    start: int
    end: int
    score: float
    detector: str
    category: Category = "personal"
    validated: bool = False


class Detector(Protocol):
    """Finds sensitive spans. Detectors are thread-safe, keep no text, and raise when they cannot work."""

    @property
    def name(self) -> str:
        """The plug-in kind, as recorded in findings and in the engine's digest."""

    @property
    def digest(self) -> str:
        """Hex SHA-256 over all that decides what is found: rules, model weights, options."""

    @property
    def heavy(self) -> bool:
        """Whether a call is worth a worker thread even for a short text."""

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The findings of each text, in the order given."""

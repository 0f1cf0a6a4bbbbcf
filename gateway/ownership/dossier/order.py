"""What a dossier is asked for by, and what is told of one that was made."""

from dataclasses import dataclass
from pathlib import Path

from gateway.ownership.evidence.prices import Prices


@dataclass(frozen=True, slots=True)
class Order:
    """Which dossier.

    ``first`` is the first entry to count, ``policies`` folders with texts beside the stored ones, ``note``
    the signed note to build on; empty: the newest.
    """

    dispute: str
    first: int = 0
    prices: Prices | None = None
    policies: tuple[Path, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A dossier that was written: its files, which entry seals it, its SHA-256, and the rest in words."""

    files: int
    seal: int
    sha256: str
    told: str

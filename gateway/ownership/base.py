from dataclasses import dataclass
from typing import Protocol

from gateway.domain import Grant, Resource


@dataclass(frozen=True, slots=True)
class Asset:
    """A resource and where it runs: the backend's name, and the model's name there."""

    resource: Resource
    backend: str
    model: str


class AssetDirectory(Protocol):
    """What can be asked for, and which rights owners gave on it."""

    def find(self, asset_id: str) -> Asset | None:
        """The asset of this id."""

    def grants(self, asset_id: str, department: str) -> tuple[Grant, ...]:
        """The grants that matter when ``department`` asks for the asset; expired ones included."""

    def all(self) -> tuple[Asset, ...]:
        """Every asset, by id."""

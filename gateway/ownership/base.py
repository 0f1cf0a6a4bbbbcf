from dataclasses import dataclass
from typing import Protocol

from gateway.domain import DataClass, Grant, Resource


@dataclass(frozen=True, slots=True)
class Asset:
    """A resource and where it runs: the backend's name, and the model's name there."""

    resource: Resource
    backend: str
    model: str


# Asked for in place of what does not exist, so that its refusal takes the steps and the time of a forbidden
# asset's. No department can have its owner's name, so no package speaks for it, and no backend has its name.
NO_ASSET = Asset(
    Resource(
        id="-",
        type="endpoint",
        base_model="-",
        adapter="",
        facets={"accountable_owner": "-"},
        class_ceiling=DataClass.INTERNAL,
    ),
    backend="-",
    model="-",
)


class AssetDirectory(Protocol):
    """What can be asked for, and which rights owners gave on it."""

    def find(self, asset_id: str) -> Asset | None:
        """The asset of this id."""

    def grants(self, asset_id: str, department: str) -> tuple[Grant, ...]:
        """The grants that matter when ``department`` asks for the asset; expired ones included."""

    def all(self) -> tuple[Asset, ...]:
        """Every asset, by id."""

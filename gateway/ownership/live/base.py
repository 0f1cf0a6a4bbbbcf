from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain import DataClass, Grant, Resource, Rights


@dataclass(frozen=True, slots=True)
class Asset:
    """A resource, where it runs (the backend's name, and the model's name there), and the rights on it.

    ``grants`` are those on the asset by department, ``base_model_grants`` those on the base model below it.
    """

    resource: Resource
    backend: str
    model: str
    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    base_model_grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Resolved:
    """What was asked for, as it was believed at a revision."""

    asset: Asset
    revision: int

    def rights(self, department: str) -> Rights:
        """The grants that matter when ``department`` asks for it; two look-ups, whatever there is."""
        asset = self.asset
        return Rights(
            asset.grants.get(department, ()), asset.base_model_grants.get(department, ()), self.revision
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is believed at one revision of what can be asked for; it never changes."""

    revision: int
    assets: Mapping[str, Asset]

    def resolve(self, wanted: object) -> Resolved:
        """The asset of this id, or ``NO_ASSET`` for whatever is none's; one look-up."""
        asset = self.assets.get(wanted) if isinstance(wanted, str) else None
        return Resolved(asset or NO_ASSET, self.revision)

    def all(self) -> tuple[Resolved, ...]:
        """Every asset, by id."""
        return tuple(Resolved(asset, self.revision) for _, asset in sorted(self.assets.items()))


class AssetDirectory(Protocol):
    """What can be asked for, whose it is, and which rights owners gave on it."""

    def snapshot(self) -> Snapshot:
        """What is believed now; raises ``GovernanceUnavailable`` when that cannot be said."""

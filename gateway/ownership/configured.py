from collections import defaultdict
from collections.abc import Iterable

from gateway.domain import Grant, Resource
from gateway.ownership.base import Asset
from gateway.settings import AssetSettings, GrantSettings


class ConfiguredDirectory:
    """Assets and grants as the settings name them; look-ups cost the same at any number of assets."""

    def __init__(self, assets: Iterable[AssetSettings], grants: Iterable[GrantSettings]) -> None:
        settings = {asset.id: asset for asset in assets}
        self._assets = {
            asset.id: _asset(asset, settings[asset.base_model])
            for asset in sorted(settings.values(), key=lambda asset: asset.id)
        }
        self._grants: defaultdict[tuple[str, str], list[Grant]] = defaultdict(list)
        for grant in grants:
            self._grants[grant.asset, grant.department].append(_grant(grant))

    def find(self, asset_id: str) -> Asset | None:
        """The asset of this id."""
        return self._assets.get(asset_id)

    def grants(self, asset_id: str, department: str) -> tuple[Grant, ...]:
        """The grants on the asset to the department, in the order of the settings."""
        return tuple(self._grants.get((asset_id, department), ()))

    def all(self) -> tuple[Asset, ...]:
        """Every asset, by id."""
        return tuple(self._assets.values())


def _asset(asset: AssetSettings, base: AssetSettings) -> Asset:
    resource = Resource(
        id=asset.id,
        type=asset.type,
        base_model=asset.base_model,
        adapter=asset.adapter,
        facets=dict(asset.facets),
        class_ceiling=asset.class_ceiling,
        self_hosted=asset.self_hosted,
        region=asset.region,
        weight_hash=asset.weight_hash,
        base_model_owner=base.facets["accountable_owner"],
    )
    return Asset(resource, asset.backend, asset.model or asset.id)


def _grant(grant: GrantSettings) -> Grant:
    return Grant(grant.department, grant.action, grant.class_ceiling, grant.expires, grant.use_case)

from collections import defaultdict
from collections.abc import Iterable

from gateway.domain import Grant, Resource, Right
from gateway.ownership.base import Asset, Snapshot
from gateway.settings import AssetSettings, GrantSettings


class ConfiguredDirectory:
    """Assets and grants as the settings name them; look-ups cost the same at any number of assets."""

    def __init__(self, assets: Iterable[AssetSettings], grants: Iterable[GrantSettings]) -> None:
        settings = {asset.id: asset for asset in assets}
        given: defaultdict[str, defaultdict[str, tuple[Grant, ...]]] = defaultdict(lambda: defaultdict(tuple))
        for grant in grants:
            given[grant.asset][grant.department] += (_grant(grant),)
        self._snapshot = Snapshot(
            0,
            {
                asset.id: Asset(
                    _resource(asset, settings[asset.base_model]),
                    asset.backend,
                    asset.model or asset.id,
                    dict(given.get(asset.id, {})),
                    dict(given.get(asset.base_model, {})) if asset.base_model != asset.id else {},
                )
                for asset in settings.values()
            },
        )

    def snapshot(self) -> Snapshot:
        """What the settings say."""
        return self._snapshot


def _resource(asset: AssetSettings, base: AssetSettings) -> Resource:
    return Resource(
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


def _grant(grant: GrantSettings) -> Grant:
    return Grant(
        grant.department, Right(grant.action.value), grant.class_ceiling, grant.expires, grant.use_case
    )

import pytest

from gateway.domain import DataClass, Right, Rights
from gateway.ownership.base import NO_ASSET
from gateway.ownership.configured import ConfiguredDirectory
from gateway.settings import AssetSettings, GrantSettings


def directory() -> ConfiguredDirectory:
    """The base model of it, product's adapter on it, and one grant of product's to retail."""
    base = AssetSettings(
        id="northwind-base",
        type="base_model",
        backend="local",
        base_model="northwind-base",
        facets={"accountable_owner": "it"},
        class_ceiling=DataClass.INTERNAL,
    )
    adapter = base.model_copy(
        update={"id": "support-tone", "adapter": "support-tone", "facets": {"accountable_owner": "product"}}
    )
    grant = GrantSettings(
        asset="support-tone",
        department="retail",
        class_ceiling=DataClass.CONFIDENTIAL,
        expires="2027-01-01T00:00:00Z",
    )
    return ConfiguredDirectory([adapter, base], [grant])


def test_asset_knows_both_owners() -> None:
    """An adapter is resolved with its own owner and that of the model it stands on."""
    asset = directory().snapshot().resolve("support-tone").asset
    assert (asset.resource.owner, asset.resource.base_model_owner) == ("product", "it")
    assert asset.model == "support-tone"


@pytest.mark.parametrize("wanted", ["gpt-4", "", None, 7, ["support-tone"]])
def test_unknown_asset_is_none(wanted: object) -> None:
    """What no asset has as its name finds the asset that nobody has, and no backend."""
    resolved = directory().snapshot().resolve(wanted)
    assert resolved.asset is NO_ASSET
    assert resolved.rights("retail").grants == ()


def test_assets_stand_in_order() -> None:
    """The list of assets does not depend on the order of the settings."""
    assert [each.asset.resource.id for each in directory().snapshot().all()] == [
        "northwind-base",
        "support-tone",
    ]


def test_grants_are_found_by_asset_and_department() -> None:
    """A department sees its own grants on an asset and nobody else's."""
    believed = directory().snapshot()
    (grant,) = believed.resolve("support-tone").rights("retail").grants
    assert (grant.action, grant.class_ceiling) == (Right.CHAT, DataClass.CONFIDENTIAL)
    assert believed.resolve("support-tone").rights("legal") == Rights()
    assert believed.resolve("northwind-base").rights("retail") == Rights()

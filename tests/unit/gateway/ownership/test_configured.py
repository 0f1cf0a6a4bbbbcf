from gateway.domain import Action, DataClass
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
    asset = directory().find("support-tone")
    assert asset is not None
    assert (asset.resource.owner, asset.resource.base_model_owner) == ("product", "it")
    assert asset.model == "support-tone"


def test_unknown_asset_is_none() -> None:
    """A name that no asset has finds nothing, not a default."""
    assert directory().find("gpt-4") is None
    assert directory().find("") is None


def test_assets_stand_in_order() -> None:
    """The list of assets does not depend on the order of the settings."""
    assert [asset.resource.id for asset in directory().all()] == ["northwind-base", "support-tone"]


def test_grants_are_found_by_asset_and_department() -> None:
    """A department sees its own grants on an asset and nobody else's."""
    (grant,) = directory().grants("support-tone", "retail")
    assert (grant.action, grant.class_ceiling) == (Action.CHAT, DataClass.CONFIDENTIAL)
    assert directory().grants("support-tone", "legal") == ()
    assert directory().grants("northwind-base", "retail") == ()

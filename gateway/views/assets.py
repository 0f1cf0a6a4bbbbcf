from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field
from sqlalchemy import Connection

from gateway.ownership.registry import assets, links
from gateway.ownership.registry.assets import AssetRow
from gateway.ownership.registry.beliefs import Held, load_beliefs
from gateway.ownership.registry.facets import AssetType, Basis, Facet, LinkKind
from gateway.ownership.registry.links import Link
from gateway.views.base import Audience, End, Moment, Query, Shelf, Told, View, end, moment


class HeldView(Told):
    """Who holds a facet, and on which ground."""

    holder: str = Field(examples=["product"])
    basis: Basis
    standing: Literal["asserted", "default"] = Field(description="Said of this asset, or what follows.")
    via: str = Field(description="The asset that it follows from; empty if it was said of this one.")
    valid_from: Moment
    valid_to: End
    revision: int


class LinkView(Told):
    """What an asset is part of or derived from."""

    kind: LinkKind
    parent: str


class AssetView(View):
    """Something that can be owned, with who is believed to hold what of it now."""

    id: str = Field(examples=["support-tone"])
    type: AssetType
    weight_hash: str = Field(description="SHA-256 of its weights; empty for what has none.")
    registered: Moment
    retired: End
    revision: int = Field(description="The last change to the asset itself.")
    links: list[LinkView]
    facets: dict[Facet, HeldView]

    @property
    def audience(self) -> Audience:
        """Whoever may discover it."""
        return "discoverers"

    @property
    def key(self) -> str:
        """Its id."""
        return self.id

    @property
    def about(self) -> str:
        """Itself."""
        return self.id

    @property
    def concerned(self) -> frozenset[str]:
        """Whoever holds a facet of it."""
        return frozenset(held.holder for held in self.facets.values())

    @property
    def roles(self) -> frozenset[str]:
        """Who registers assets and corrects what is said of them."""
        return frozenset({"governance-admin"})


class AssetQuery(Query):
    """Which assets."""

    type: AssetType | None = Field(None, description="Only of this type.")


def find(connection: Connection, name: str, now_us: int) -> AssetView:
    """The asset of this id; raises ``UnknownAsset``."""
    return _views(connection, [assets.require_asset(connection, name)], now_us)[0]


def some(
    connection: Connection, query: AssetQuery, after: str, limit: int, now_us: int
) -> Sequence[AssetView]:
    """Assets by id."""
    return _views(connection, assets.assets(connection, after, limit, query.type), now_us)


SHELF = Shelf("asset", "assets", AssetView, AssetQuery, find, some)


def held_views(facets: Mapping[Facet, Held]) -> dict[Facet, HeldView]:
    """Who holds what, in the order of facets."""
    return {facet: held_view(facets[facet]) for facet in Facet if facet in facets}


def held_view(held: Held) -> HeldView:
    """Who holds a facet."""
    return HeldView(
        holder=held.holder,
        basis=held.assertion.basis,
        standing=held.standing,
        via=held.via,
        valid_from=moment(held.assertion.valid_from_us),
        valid_to=end(held.assertion.valid_to_us),
        revision=held.assertion.revision,
    )


def _views(connection: Connection, found: Sequence[AssetRow], now_us: int) -> list[AssetView]:
    names = [each.id for each in found]
    beliefs = load_beliefs(connection, names)
    above: dict[str, list[Link]] = {}
    for link in links.ancestry(connection, names):
        above.setdefault(link.child, []).append(link)
    return [_view(each, above.get(each.id, []), beliefs.facets(each.id, now_us)) for each in found]


def _view(asset: AssetRow, above: Sequence[Link], facets: Mapping[Facet, Held]) -> AssetView:
    return AssetView(
        id=asset.id,
        type=asset.type,
        weight_hash=asset.weight_hash,
        registered=moment(asset.registered_us),
        retired=end(asset.retired_us),
        revision=max(asset.revision, asset.retired_revision),
        links=[LinkView(kind=each.kind, parent=each.parent) for each in above],
        facets=held_views(facets),
    )

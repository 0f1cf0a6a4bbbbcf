"""Assets enter the registry with an owner, and leave use without losing one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import insert, update

from audit.entry import EntryType, Facts
from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.errors import Conflict
from gateway.ownership.registry.assertions import Claim, require_interval, resource_ref, until, write_claim
from gateway.ownership.registry.assets import asset, assets_of, require_asset
from gateway.ownership.registry.errors import AlreadyRegistered, StillNeeded, UnfitAsset
from gateway.ownership.registry.facets import WEIGHTED, AssetType, Basis, Facet, LinkKind
from gateway.ownership.registry.links import add_link, children
from gateway.ownership.registry.tables import ASSET


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsset:
    """An asset as it is registered; ``facets`` names who else holds what, beside the accountable owner."""

    id: str
    type: AssetType
    owner: str
    basis: Basis
    registered_us: int
    weight_hash: str = ""
    facets: Mapping[Facet, str] = field(default_factory=dict)
    part_of: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    reference: str = ""


def register_asset(change: Change, new: NewAsset) -> None:
    """Registers an asset with its owner from ``registered_us`` on, and records it.

    Raises ``AlreadyRegistered``, ``UnfitAsset``, and what ``assert_facet`` and ``link`` raise.
    """
    add_asset(change, new)
    change.record(EntryType.OWNERSHIP_ASSET, asset_facts(new), resource_ref(change, new.id))


def add_asset(change: Change, new: NewAsset) -> None:
    """``register_asset`` for those who record it themselves."""
    _require_new(change, new)
    require_interval(change, new.registered_us)
    change.connection.execute(
        insert(ASSET).values(
            id=new.id,
            type=new.type.value,
            weight_hash=new.weight_hash,
            registered_us=new.registered_us,
            recorded_us=change.at_us,
            revision=change.revision,
            retired_us=FOREVER,
            retired_revision=0,
        )
    )
    for kind, names in ((LinkKind.PART_OF, new.part_of), (LinkKind.DERIVED_FROM, new.derived_from)):
        for parent in names:
            add_link(change, new.id, parent, kind)
    for facet, holder in holders(new).items():
        write_claim(change, _claim(new, facet, holder))


def holders(new: NewAsset) -> dict[Facet, str]:
    """Who holds what of a new asset, its owner included."""
    return {**new.facets, Facet.ACCOUNTABLE_OWNER: new.owner}


def asset_facts(new: NewAsset) -> dict[str, Facts]:
    """What a record says of a new asset."""
    return {
        "asset": new.id,
        "asset_type": new.type.value,
        "facets": {facet.value: holder for facet, holder in sorted(holders(new).items())},
        "basis": new.basis.value,
        "reference": new.reference,
        "registered_us": until(new.registered_us),
        "weight_hash": new.weight_hash,
        "part_of": list(new.part_of),
        "derived_from": list(new.derived_from),
    }


def retire_asset(change: Change, name: str, retired_us: int) -> None:
    """Ends the use of an asset and records it; who owns it goes on answering for it.

    Raises ``UnknownAsset``, ``Conflict`` for one that is retired, or ``StillNeeded`` while an asset that is
    in use stands on it.
    """
    connection = change.connection
    found = require_asset(connection, name)
    if found.retired_us != FOREVER:
        raise Conflict(f"{name!r} is retired already.")
    require_interval(change, found.registered_us, retired_us)
    below = assets_of(connection, [each.child for each in children(connection, name)])
    in_use = sorted(each.id for each in below.values() if each.retired_us > retired_us)
    if in_use:
        raise StillNeeded(f"{', '.join(in_use)} stand on {name!r}; retire them first.")
    ends = update(ASSET).where(ASSET.c.id == name)
    connection.execute(ends.values(retired_us=retired_us, retired_revision=change.revision))
    change.record(
        EntryType.OWNERSHIP_RETIRED, {"asset": name, "retired_us": retired_us}, resource_ref(change, name)
    )


def _require_new(change: Change, new: NewAsset) -> None:
    if asset(change.connection, new.id) is not None:
        raise AlreadyRegistered(f"There is an asset {new.id!r} already; ids are never given twice.")
    if new.weight_hash and new.type not in WEIGHTED:
        raise UnfitAsset(f"A {new.type.value} has no weights, so it cannot have their hash.")
    if Facet.ACCOUNTABLE_OWNER in new.facets:
        raise UnfitAsset("The accountable owner is given as such, not among the other facets.")


def _claim(new: NewAsset, facet: Facet, holder: str) -> Claim:
    return Claim(
        asset=new.id,
        facet=facet,
        holder=holder,
        basis=new.basis,
        valid_from_us=new.registered_us,
        reference=new.reference,
    )

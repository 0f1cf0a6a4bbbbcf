"""The settings' assets enter the registry once; after that the registry says who holds what of them.

An asset or department that the registry does not know is registered at the next start, at any time; what it
knows is left as it is there, whatever the settings say by then. So removing an asset from the settings ends
nothing, and naming another holder there changes nothing: that is done with ``custody owner``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import zip_longest
from typing import TypeVar

from sqlalchemy import Connection, select

from audit.entry import Actor, EntryType, Facts
from gateway.control.changes import Change, Control
from gateway.control.schema import CONTROL_HEAD
from gateway.ownership.registry.assets import assets_of
from gateway.ownership.registry.errors import CyclicLink, UnfitAsset
from gateway.ownership.registry.facets import AssetType, Basis, Facet, PartyKind
from gateway.ownership.registry.history import asserted
from gateway.ownership.registry.parties import add_party, party
from gateway.ownership.registry.registration import NewAsset, add_asset, asset_facts
from gateway.settings import AssetSettings, Settings

_T = TypeVar("_T")

# The operator's settings speak, and no person.
SETTINGS_ACTOR = Actor("settings", "service", "-")
_REFERENCE = "settings"
# Assets and parties that one record names; a record takes 65,535 bytes.
_ASSETS_IN_ONE, _PARTIES_IN_ONE = 25, 300


@dataclass(frozen=True, slots=True)
class Difference:
    """Settings and registry name different holders of a facet; the registry's counts."""

    asset: str
    facet: Facet
    settings: str
    registry: str


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a start brought into the registry, and where the settings say otherwise than it."""

    assets: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()


class _KnownAlready(Exception):
    """No error: it undoes a change that would say nothing."""


async def seed_registry(control: Control, settings: Settings, departments: Iterable[str] = ()) -> Seeded:
    """Registers what the settings name and the registry does not know, in one recorded change.

    ``departments`` are those of the people who may call; those that hold facets or grants are known from the
    settings. Nothing is changed, and no revision used, where the registry knows everything. Raises
    ``Impossible`` or ``Conflict`` where the settings contradict themselves or the registry, and what
    ``Control.change`` raises.
    """
    units = tuple(sorted({*departments, *_departments(settings)}))
    wanted = _in_order(settings.assets)
    seeded = Seeded()
    if any(await control.read(lambda connection: _unknown(connection, wanted, units))):
        try:
            seeded = await control.change(SETTINGS_ACTOR, lambda change: _seed(change, wanted, units))
        except _KnownAlready:  # another gateway of this database was faster
            seeded = Seeded()
    found = await control.read(lambda connection: differences(connection, settings.assets))
    return Seeded(seeded.assets, seeded.parties, found)


def differences(connection: Connection, assets: Iterable[AssetSettings]) -> tuple[Difference, ...]:
    """Where the registry names another holder now than the settings do; nothing is done about it."""
    now_us = connection.execute(select(CONTROL_HEAD.c.at_us)).scalar_one()
    return tuple(
        Difference(each.id, facet, holder, said.holder)
        for each in assets
        for facet, holder in sorted(_facets(each).items())
        if (said := asserted(connection, each.id, facet, now_us)) and said.holder != holder
    )


def _seed(change: Change, wanted: Sequence[AssetSettings], units: Sequence[str]) -> Seeded:
    assets, parties = _unknown(change.connection, wanted, units)
    if not assets and not parties:
        raise _KnownAlready
    for name in parties:
        add_party(change, name, PartyKind.ORG_UNIT)
    added = [_new(change, each) for each in wanted if each.id in assets]
    for each in added:
        add_asset(change, each)
    _record(change, added, parties)
    return Seeded(tuple(each.id for each in added), tuple(parties))


def _unknown(
    connection: Connection, wanted: Sequence[AssetSettings], units: Sequence[str]
) -> tuple[frozenset[str], list[str]]:
    names = {each.id for each in wanted}
    assets = names - assets_of(connection, names).keys()
    return frozenset(assets), [name for name in units if party(connection, name) is None]


def _new(change: Change, asset: AssetSettings) -> NewAsset:
    facets = _facets(asset)
    return NewAsset(
        id=asset.id,
        type=AssetType(asset.type),
        owner=facets.pop(Facet.ACCOUNTABLE_OWNER),
        basis=Basis.CHARTER,
        registered_us=change.at_us,
        weight_hash=asset.weight_hash,
        facets=facets,
        derived_from=_base(asset),
        reference=_REFERENCE,
    )


def _facets(asset: AssetSettings) -> dict[Facet, str]:
    unknown = sorted(name for name in asset.facets if name not in list(Facet))
    if unknown:
        raise UnfitAsset(
            f"Asset {asset.id!r} names facets that there are not: {', '.join(unknown)}. There are"
            f" {', '.join(Facet)}."
        )
    return {Facet(name): holder for name, holder in asset.facets.items()}


def _base(asset: AssetSettings) -> tuple[str, ...]:
    return (asset.base_model,) if asset.base_model != asset.id else ()


def _departments(settings: Settings) -> set[str]:
    holders = {holder for each in settings.assets for holder in each.facets.values()}
    return holders | {grant.department for grant in settings.grants}


def _in_order(assets: Iterable[AssetSettings]) -> tuple[AssetSettings, ...]:
    """What others stand on comes first."""
    named = {each.id: each for each in assets}
    try:
        order = [*TopologicalSorter({name: _base(each) for name, each in named.items()}).static_order()]
    except CycleError as error:
        raise CyclicLink(f"Base models of the settings go round: {', '.join(error.args[1])}.") from error
    return tuple(named[name] for name in order)


def _record(change: Change, assets: Sequence[NewAsset], parties: Sequence[str]) -> None:
    for some, named in zip_longest(
        _parts(assets, _ASSETS_IN_ONE), _parts(parties, _PARTIES_IN_ONE), fillvalue=()
    ):
        said: list[Facts] = [{**asset_facts(each)} for each in some]
        change.record(EntryType.OWNERSHIP_SEEDED, {"assets": said, "parties": [*named]})


def _parts(whole: Sequence[_T], size: int) -> list[Sequence[_T]]:
    return [whole[start : start + size] for start in range(0, len(whole), size)]

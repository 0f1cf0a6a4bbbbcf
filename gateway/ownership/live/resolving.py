"""What the registry believes now of assets that run somewhere, as calls are decided on it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.control.schema import FOREVER
from gateway.domain import Grant, Resource
from gateway.ownership.disputes.measures import disputed_by, suspended
from gateway.ownership.live.base import Asset
from gateway.ownership.registry.assets import AssetRow, assets_of
from gateway.ownership.registry.beliefs import Beliefs, load_beliefs
from gateway.ownership.registry.facets import Facet, PartyKind
from gateway.ownership.registry.history import LATEST
from gateway.ownership.registry.tables import PARTY
from gateway.ownership.registry.times import rfc3339
from gateway.ownership.rights.grants import GrantBelief, grants_at, grants_to_come
from gateway.settings import AssetSettings

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Measures:
    """What binds disputed assets now: whose denials count, and under which dispute nobody may use them."""

    disputed_by: Mapping[str, tuple[str, ...]]
    suspended: Mapping[str, str]

    def differing(self, other: "Measures") -> set[str]:
        """The assets that are bound otherwise than by the other."""
        names = {*self.disputed_by, *self.suspended, *other.disputed_by, *other.suspended}
        return {name for name in names if self.on(name) != other.on(name)}

    def on(self, asset: str) -> tuple[tuple[str, ...], str]:
        """What binds one asset."""
        return self.disputed_by.get(asset, ()), self.suspended.get(asset, "")


def read_measures(connection: Connection, now_us: int) -> Measures:
    """The measures in force."""
    return Measures(disputed_by(connection, now_us), suspended(connection, now_us))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of some assets at a moment: those that can be called, and when each turns by itself."""

    assets: Mapping[str, Asset]
    turns: Mapping[str, int]


def read_assets(
    connection: Connection,
    places: Mapping[str, AssetSettings],
    wanted: Collection[str],
    measures: Measures,
    now_us: int,
) -> Reading:
    """Reads those of ``places`` that are ``wanted``.

    An asset that the registry does not know, that has retired, that nobody is accountable for, or that does
    not stand on the base model that the settings run it on, is not among those that can be called.
    """
    needed = {*wanted, *(places[name].base_model for name in wanted)}
    beliefs = load_beliefs(connection, needed)
    facts = _Facts(
        assets_of(connection, needed),
        beliefs,
        _by_asset(_grants(connection, sorted(needed), now_us)),
        measures,
        _units(connection, beliefs),
        now_us,
    )
    resolved = {name: facts.resolve(places[name]) for name in wanted}
    return Reading(
        {name: asset for name, asset in resolved.items() if asset is not None},
        {name: facts.turn(places[name]) for name in wanted},
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    rows: Mapping[str, AssetRow]
    beliefs: Beliefs
    grants: Mapping[str, list[GrantBelief]]
    measures: Measures
    units: Mapping[str, str]
    now_us: int

    def resolve(self, place: AssetSettings) -> Asset | None:
        """The asset as calls see it; None if it cannot be called."""
        row, facets = self._life(place.id), self._facets(place.id)
        below = self._facets(place.base_model)
        accountable = Facet.ACCOUNTABLE_OWNER.value
        if row is None or self._life(place.base_model) is None or not self._stands_on_its_base(place):
            return None
        if accountable not in facets or accountable not in below:
            return None
        resource = Resource(
            id=place.id,
            type=row.type.value,
            base_model=place.base_model,
            adapter=place.adapter,
            facets=facets,
            class_ceiling=place.class_ceiling,
            self_hosted=place.self_hosted,
            region=place.region,
            weight_hash=row.weight_hash,
            base_model_owner=below[accountable],
            disputed_by=self._disputed_by(place),
            suspended_by=self._suspended_by(place),
        )
        on_base = self._held(place.base_model) if place.base_model != place.id else {}
        return Asset(resource, place.backend, place.model or place.id, self._held(place.id), on_base)

    def turn(self, place: AssetSettings) -> int:
        """When something of this asset next becomes or ceases to be true without a change."""
        turns = (turn for name in self._lineage(place) for turn in self._turns(name))
        return min((turn for turn in turns if turn > self.now_us), default=FOREVER)

    def _life(self, name: str) -> AssetRow | None:
        row = self.rows.get(name)
        return row if row is not None and row.retired_us > self.now_us else None

    def _facets(self, name: str) -> dict[str, str]:
        held = self.beliefs.facets(name, self.now_us)
        stated = {facet.value: each.holder for facet, each in held.items()}
        # The policy of a department speaks for the asset, also where one of its people answers for it.
        owner = stated.get(Facet.ACCOUNTABLE_OWNER.value)
        if owner is not None:
            stated[Facet.ACCOUNTABLE_OWNER.value] = self.units.get(owner, owner)
        return stated

    def _stands_on_its_base(self, place: AssetSettings) -> bool:
        return place.base_model == place.id or place.base_model in self._lineage(place, base=False)

    def _disputed_by(self, place: AssetSettings) -> tuple[str, ...]:
        found = self.measures.disputed_by
        return tuple(sorted({*found.get(place.id, ()), *found.get(place.base_model, ())}))

    def _suspended_by(self, place: AssetSettings) -> str:
        found = self.measures.suspended
        return found.get(place.id) or found.get(place.base_model, "")

    def _held(self, name: str) -> dict[str, tuple[Grant, ...]]:
        held: defaultdict[str, tuple[Grant, ...]] = defaultdict(tuple)
        for each in self.grants.get(name, ()):
            if each.terms.from_us <= self.now_us:
                held[each.terms.department] += (_grant(each),)
        return dict(held)

    def _lineage(self, place: AssetSettings, *, base: bool = True) -> set[str]:
        """The asset, all that it stands on, and the base model that it runs on."""
        found: set[str] = set()
        asked = [place.id, *([place.base_model] if base else [])]
        while asked:
            name = asked.pop()
            if name not in found:
                found.add(name)
                asked += self.beliefs.parents.get(name, ())
        return found

    def _turns(self, name: str) -> Iterator[int]:
        for said in self.beliefs.assertions.get(name, ()):
            yield said.valid_from_us
            yield said.valid_to_us
        for grant in self.grants.get(name, ()):
            yield grant.terms.from_us
            yield grant.terms.to_us
        row = self.rows.get(name)
        if row is not None:
            yield row.retired_us


def _grant(belief: GrantBelief) -> Grant:
    terms = belief.terms
    return Grant(
        terms.department, terms.action, terms.class_ceiling, rfc3339(terms.to_us), terms.use_case, belief.id
    )


def grants_on(connection: Connection, asset: str, department: str, now_us: int) -> tuple[Grant, ...]:
    """The grants that a department holds now on an asset, served or not, as policies see them."""
    found = grants_at(connection, now_us, LATEST, asset=asset, department=department)
    return tuple(_grant(each) for each in found)


def _grants(connection: Connection, assets: list[str], now_us: int) -> Iterator[GrantBelief]:
    for start in range(0, len(assets), _AT_ONCE):
        yield from grants_to_come(connection, assets[start : start + _AT_ONCE], now_us)


def _by_asset(grants: Iterable[GrantBelief]) -> dict[str, list[GrantBelief]]:
    found: defaultdict[str, list[GrantBelief]] = defaultdict(list)
    for each in grants:
        found[each.terms.asset].append(each)
    return found


def _units(connection: Connection, beliefs: Beliefs) -> dict[str, str]:
    """The org units of those who hold something and are none themselves."""
    query = select(PARTY.c.id, PARTY.c.belongs_to).where(PARTY.c.kind != PartyKind.ORG_UNIT.value)
    holders = {each.holder for assertions in beliefs.assertions.values() for each in assertions}
    found: dict[str, str] = {}
    ordered = sorted(holders)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        found |= {row.id: row.belongs_to for row in connection.execute(query.where(PARTY.c.id.in_(some)))}
    return found

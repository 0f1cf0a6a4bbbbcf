"""Who holds what, with what holds by default: an asset's own word, else that of what it stands on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from gateway.control.schema import FOREVER
from gateway.ownership.registry.facets import Basis, Facet
from gateway.ownership.registry.history import LATEST, Assertion, asserted, believed_of
from gateway.ownership.registry.links import ancestry

# Somebody says for each asset who answers for it, so that never follows from another.
INHERITED = tuple(facet for facet in Facet if facet is not Facet.ACCOUNTABLE_OWNER)


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a facet at one time, and why we believe so.

    ``standing`` is ``asserted`` only where somebody said so of this very asset. It is ``default`` where it
    follows from an asset that this one stands on (``via``), or where the assertion itself has that basis.
    """

    assertion: Assertion
    via: str

    @property
    def holder(self) -> str:
        """The party."""
        return self.assertion.holder

    @property
    def standing(self) -> Literal["asserted", "default"]:
        """Whether it was said, or is what holds unless something is said."""
        said = self.assertion.basis is not Basis.DEFAULT and self.via == ""
        return "asserted" if said else "default"


@dataclass(frozen=True, slots=True)
class Beliefs:
    """All that was believed at one time about some assets and what they stand on, for any valid time."""

    assertions: Mapping[str, tuple[Assertion, ...]]
    parents: Mapping[str, tuple[str, ...]]

    def facets(self, asset: str, valid_at_us: int) -> dict[Facet, Held]:
        """Who holds what of an asset at a time; a facet that nobody holds is left out."""
        found = self._said(asset, valid_at_us)
        held = {facet: Held(assertion, "") for facet, assertion in found.items()}
        missing: set[Facet] = {facet for facet in INHERITED if facet not in held}
        return held | self._inherited(asset, valid_at_us, missing)

    def next_turn(self, after_us: int) -> int:
        """When something of this next becomes or ceases to be true, without a change; ``FOREVER``: never."""
        said = (each for assertions in self.assertions.values() for each in assertions)
        turns = (turn for each in said for turn in (each.valid_from_us, each.valid_to_us))
        return min((turn for turn in turns if turn > after_us), default=FOREVER)

    def _inherited(self, asset: str, valid_at_us: int, missing: set[Facet]) -> dict[Facet, Held]:
        """What the nearest assets above say; where those of one distance differ, nothing follows."""
        held: dict[Facet, Held] = {}
        seen = {asset}
        level = self.parents.get(asset, ())
        while missing and level:
            said = [(above, self._said(above, valid_at_us)) for above in level]
            for facet in sorted(missing):
                given = [Held(each[facet], above) for above, each in said if facet in each]
                if given:
                    missing = missing - {facet}
                if len({each.holder for each in given}) == 1:
                    held[facet] = given[0]
            seen.update(level)
            higher = (above for each in level for above in self.parents.get(each, ()))
            level = tuple(dict.fromkeys(above for above in higher if above not in seen))
        return held

    def _said(self, asset: str, valid_at_us: int) -> dict[Facet, Assertion]:
        return {
            each.facet: each
            for each in self.assertions.get(asset, ())
            if each.valid_from_us <= valid_at_us < each.valid_to_us
        }


def load_beliefs(connection: Connection, assets: Iterable[str], known_at_us: int = LATEST) -> Beliefs:
    """What was believed about these assets, and about all that they stand on."""
    asked = tuple(dict.fromkeys(assets))
    parents: dict[str, tuple[str, ...]] = {}
    for each in ancestry(connection, asked, known_at_us):
        above = parents.get(each.child, ())
        parents[each.child] = above if each.parent in above else (*above, each.parent)
    everything = {*asked, *(parent for above in parents.values() for parent in above)}
    assertions: dict[str, tuple[Assertion, ...]] = {}
    for assertion in believed_of(connection, sorted(everything), known_at_us):
        assertions[assertion.asset] = (*assertions.get(assertion.asset, ()), assertion)
    return Beliefs(assertions, parents)


def owner(
    connection: Connection, asset: str, facet: Facet, valid_at_us: int, known_at_us: int = LATEST
) -> Held | None:
    """Who held a facet of an asset at ``valid_at_us``, as known at ``known_at_us``.

    One look-up by index answers it for what somebody said of the asset; only where nobody did is asked what
    follows from the assets that it stands on.
    """
    said = asserted(connection, asset, facet, valid_at_us, known_at_us)
    if said is not None:
        return Held(said, "")
    if facet is Facet.ACCOUNTABLE_OWNER:
        return None
    return facets_of(connection, asset, valid_at_us, known_at_us).get(facet)


def facets_of(
    connection: Connection, asset: str, valid_at_us: int, known_at_us: int = LATEST
) -> dict[Facet, Held]:
    """Who held what of an asset at ``valid_at_us``, as known at ``known_at_us``, defaults included."""
    return load_beliefs(connection, [asset], known_at_us).facets(asset, valid_at_us)

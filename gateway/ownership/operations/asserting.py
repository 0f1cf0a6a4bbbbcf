"""Saying who holds what of an asset, from now on or in hindsight."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.control.schema import FOREVER
from gateway.errors import NotPermitted
from gateway.ownership.disputes.measures import require_unfrozen
from gateway.ownership.operations.registering import ADMIN_ROLE, OWNERS_OR_ADMINS, Ground, Reference
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.errors import AnotherHolder, BadInterval
from gateway.ownership.registry.facets import Basis, Facet
from gateway.ownership.registry.history import asserted, held_between
from gateway.ownership.registry.parties import require_party, successors
from gateway.ownership.registry.times import microseconds
from gateway.ownership.rights.authority import speaks_for
from gateway.settings import Name

# Clocks differ: a time that lies in the past by less than this was meant as now.
_SKEW_US = 300_000_000
# Only these take something from whoever has it; on another ground one files a dispute.
_STRONG = frozenset({Basis.LAW, Basis.CONTRACT, Basis.CHARTER})


class _Assertion(Operation):
    parties: ClassVar[tuple[str, ...]] = ("holder", "replaces")

    asset: Name = Field(description="The asset.", examples=["support-tone"])
    facet: Facet = Field(description="What is held of it.")
    holder: Name = Field(description="The party that holds it.")
    basis: Ground = Field(description="The ground on which they hold it.")
    until: AwareDatetime | None = Field(None, description="Until when; without end, if left out.")
    replaces: Name | Literal[""] | None = Field(
        None, description="Who you believe holds it at that time, empty for nobody; refused if another does."
    )
    reference: Reference = Field(description="What it rests on.", examples=["contract-7"])

    def _assert(self, change: Change, from_us: int) -> Outcome:
        until_us = FOREVER if self.until is None else microseconds(self.until)
        require_unfrozen(change.connection, self.asset, self.facet, change.at_us)
        self._require_expected(change, from_us)
        self._require_strong(change, from_us, until_us)
        done = assert_facet(
            change,
            asset=self.asset,
            facet=self.facet,
            holder=self.holder,
            basis=self.basis,
            valid_from_us=from_us,
            valid_to_us=until_us,
            reference=self.reference,
        )
        return {"assertion": done.assertion.id, "replaced": [each.id for each in done.replaced]}

    def _require_expected(self, change: Change, from_us: int) -> None:
        """Of two who write at once, the second does not undo what it has not seen."""
        if self.replaces is None:
            return
        said = asserted(change.connection, self.asset, self.facet, from_us)
        holder = said.holder if said else ""
        if holder != self.replaces:
            raise AnotherHolder(
                f"{self.facet.value} of {self.asset} is held by {holder or 'nobody'} at that time, not by"
                f" {self.replaces or 'nobody'}; look again."
            )

    def _require_strong(self, change: Change, from_us: int, until_us: int) -> None:
        held = held_between(change.connection, self.asset, self.facet, from_us, until_us)
        others = sorted({each.holder for each in held if each.basis is not Basis.DEFAULT} - {self.holder})
        if others and self.basis not in _STRONG:
            raise NotPermitted(
                f"{', '.join(others)} hold {self.facet.value} of {self.asset}; on the ground of"
                f" {self.basis.value} that is for a transfer or a dispute."
            )


class AssertOwner(_Assertion):
    """Says who holds a facet of an asset from now on, or from a later time."""

    kind: ClassVar[str] = "owner.assert"
    changes_rights: ClassVar[bool] = True
    since: AwareDatetime | None = Field(None, description="From when on; now, if left out.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins; an owner may name its own people where no other department is touched."""
        self._require_right(change, acting)
        asked_us = change.at_us if self.since is None else microseconds(self.since)
        if asked_us < change.at_us - _SKEW_US:
            raise BadInterval("That time is past; what was believed of it is changed with owner.correct.")
        return self._assert(change, max(asked_us, change.at_us))

    def _require_right(self, change: Change, acting: Acting) -> None:
        if acting.has(ADMIN_ROLE):
            return
        require_asset(change.connection, self.asset)
        accountable = asserted(change.connection, self.asset, Facet.ACCOUNTABLE_OWNER, change.at_us)
        department = accountable.holder if accountable else ""
        if not department or not speaks_for(acting, department):
            raise NotPermitted(OWNERS_OR_ADMINS)
        held = held_between(change.connection, self.asset, self.facet, change.at_us, FOREVER)
        touched = {self.holder, *(each.holder for each in held)}
        units = {unit for each in touched for unit in _units(change, each)}
        if self.facet is Facet.ACCOUNTABLE_OWNER or units != {department}:
            raise NotPermitted(
                "What touches another department is for a transfer, or for a governance admin."
            )


class CorrectOwner(_Assertion):
    """Says in hindsight who held a facet of an asset; what was known before stays on record."""

    kind: ClassVar[str] = "owner.correct"
    changes_rights: ClassVar[bool] = True
    since: AwareDatetime = Field(description="From when on they held it; a time that is past.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """For governance admins: history is not a party's to correct."""
        acting.require(ADMIN_ROLE)
        from_us = microseconds(self.since)
        if from_us >= change.at_us:
            raise BadInterval("That time is not past on this server's clock; use owner.assert.")
        return self._assert(change, from_us)


def _units(change: Change, party: str) -> tuple[str, ...]:
    """The org unit of a party, or what stands in its place by now."""
    unit = require_party(change.connection, party).unit
    return successors(change.connection, unit, change.at_us)


OPERATIONS: tuple[type[Operation], ...] = (AssertOwner, CorrectOwner)

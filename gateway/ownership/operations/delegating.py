"""What people do with delegations: give, pass on, revoke, give up."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from audit.entry import ResourceRef
from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.domain import DataClass
from gateway.errors import Conflict, Impossible, NotPermitted
from gateway.ownership.registry.assertions import resource_ref
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.parties import require_party
from gateway.ownership.registry.times import span
from gateway.ownership.rights.authority import (
    ANY_ASSET,
    OWNER_ROLE,
    Power,
    holder_of,
    require_speaker,
    speaks_for,
)
from gateway.ownership.rights.delegations import (
    DelegationBelief,
    Link,
    Scope,
    chain,
    delegate,
    end_delegations,
    find_delegation,
    in_force,
)
from gateway.ownership.rights.grants import end_grants
from gateway.ownership.rights.tables import DELEGATION, GRANT

MOST_LINKS = 8


class GiveDelegation(Operation):
    """Let another party use the owner's powers over an asset, or over all that the owner owns.

    The owner may; and who holds a delegation with depth left may pass on what lies within it.
    """

    kind: ClassVar[str] = "delegation.give"
    parties: ClassVar[tuple[str, ...]] = ("delegate",)
    changes_rights: ClassVar[bool] = True

    delegate: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        description="Who may act: a department (through its owners), or a person's or service's subject id.",
        examples=["it"],
    )
    asset: Annotated[str, Field(pattern=r"^(\*|[a-z0-9][a-z0-9._-]{0,63})$")] = Field(
        description="Id of the asset; `*`: all that the owner owns.", examples=["support-tone"]
    )
    powers: Annotated[frozenset[Power], Field(min_length=1)] = Field(
        frozenset({Power.GRANT}), description="What the delegate may do: grant (and revoke), transfer."
    )
    class_ceiling: DataClass = Field(description="Highest class of data that may be granted.")
    depth: Annotated[int, Field(ge=0, le=MOST_LINKS)] = Field(
        0, description="How many times it may be passed on."
    )
    expires: AwareDatetime = Field(description="When it ends.", examples=["2027-01-01T00:00:00Z"])
    starts: AwareDatetime | None = Field(None, description="When it begins; now without it.")
    under: str = Field("", description="Id of the delegation that is passed on; empty for the owner's own.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Gives the delegation; raises ``NotPermitted``, ``NotFound``, ``Conflict`` or ``Impossible``."""
        require_party(change.connection, self.delegate, change.at_us)
        starts, expires = span(self.starts, self.expires, change.at_us)
        scope = Scope(self.asset, self.powers, self.class_ceiling, self.depth, starts, expires)
        link = self._passed_on(change, acting, scope) if self.under else self._own(change, acting)
        return {"delegation": delegate(change, scope, link, self._about(change))}

    def _about(self, change: Change) -> ResourceRef | None:
        return None if self.asset == ANY_ASSET else resource_ref(change, self.asset)

    def _own(self, change: Change, acting: Acting) -> Link:
        if self.asset == ANY_ASSET:
            acting.require(OWNER_ROLE)
            party = acting.subject.department
        else:
            party = holder_of(change, self.asset, Facet.ACCOUNTABLE_OWNER)
            require_speaker(acting, party)
        if self.delegate == party:
            raise Impossible(f"{party} needs no delegation of its own powers.", param="delegate")
        return Link(party, party, self.delegate, acting.subject.id)

    def _passed_on(self, change: Change, acting: Acting, scope: Scope) -> Link:
        held = find_delegation(change.connection, self.under)
        require_speaker(acting, held.link.delegate)
        if not held.scope.from_us <= change.at_us < held.scope.to_us:
            raise Conflict(f"The delegation {self.under} is not in force now.", param="under")
        if held.scope.depth == 0:
            raise NotPermitted(
                f"The delegation {self.under} is not for passing on; ask {held.link.delegator}."
            )
        if not scope.within(held.scope):
            raise Impossible(
                f"That is more than the delegation {self.under} allows: no other asset, no further power, no"
                " higher class, less depth, and no later end.",
                param="under",
            )
        links = chain(change.connection, held)
        if self.delegate in {party for each in links for party in (each.link.delegator, each.link.delegate)}:
            raise Impossible(f"{self.delegate} stands in this chain already: a cycle.", param="delegate")
        return Link(held.link.root, held.link.delegate, self.delegate, acting.subject.id, self.under)


class RevokeDelegation(Operation):
    """End a delegation now, with all that were passed on under it.

    Whoever gave it may, everybody before them in its chain, and the delegate. Grants given by it are the
    owner's and stay, unless they are to end too.
    """

    kind: ClassVar[str] = "delegation.revoke"
    changes_rights: ClassVar[bool] = True

    delegation: str = Field(description="Id of the delegation.", examples=["delegation-9"])
    end_grants: bool = Field(default=False, description="End the grants that were given by it, too.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Ends the delegation; raises ``NotPermitted``, ``NotFound`` or ``Conflict``."""
        held = find_delegation(change.connection, self.delegation)
        if not in_force(change, DELEGATION.c.id == self.delegation):
            raise Conflict(f"The delegation {self.delegation} has ended already.", param="delegation")
        _require_revoker(change, acting, held, end_grants=self.end_grants)
        ended = end_delegations(change, self.delegation)
        grants = self._grants(change, ended) if self.end_grants else []
        return {"ended": list(ended), "grants": list(grants)}

    def _grants(self, change: Change, delegations: list[str]) -> list[str]:
        return end_grants(change, GRANT.c.delegation.in_(delegations), self.delegation)


def _require_revoker(change: Change, acting: Acting, held: DelegationBelief, *, end_grants: bool) -> None:
    before = {each.link.delegator for each in chain(change.connection, held)}
    # Who gives a delegation up may not take the owner's grants along.
    allowed = before if end_grants else {*before, held.link.delegate}
    if not any(speaks_for(acting, party) for party in allowed):
        raise NotPermitted(f"This is for {held.link.delegator}, who gave it, or for {held.link.root}.")


OPERATIONS: tuple[type[Operation], ...] = (GiveDelegation, RevokeDelegation)

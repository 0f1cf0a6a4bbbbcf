"""What people do with grants: give, give on, revoke, renounce."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.domain import DataClass, Right
from gateway.errors import Conflict, Impossible, NotPermitted
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.parties import require_party
from gateway.ownership.registry.times import span
from gateway.ownership.rights.authority import (
    Power,
    authority_over,
    holder_of,
    require_authority,
    require_speaker,
    speaks_for,
)
from gateway.ownership.rights.grants import GrantBelief, Source, Terms, end_grants, find_grant, give
from gateway.ownership.rights.tables import GRANT

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class GiveGrant(Operation):
    """Give a department a right on an asset until a date.

    The asset's owner may, a delegate of the owner, and under a grant with grant option whoever holds it; the
    latter may give no more than they hold.
    """

    kind: ClassVar[str] = "grant.give"
    parties: ClassVar[tuple[str, ...]] = ("department",)
    changes_rights: ClassVar[bool] = True

    asset: Name = Field(description="Id of the asset.", examples=["support-tone"])
    department: Name = Field(description="Who receives the right.", examples=["retail"])
    action: Right = Field(Right.CHAT, description="What it lets them do; invoke: chat, complete and embed.")
    class_ceiling: DataClass = Field(description="Highest class of data that it covers.")
    expires: AwareDatetime = Field(description="When it ends.", examples=["2027-01-01T00:00:00Z"])
    starts: AwareDatetime | None = Field(None, description="When it begins; now without it.")
    use_case: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?$")] = Field(
        "", description="The one use case that it covers; empty: any.", examples=["complaint-triage"]
    )
    grant_option: bool = Field(default=False, description="Whether they may give it on.")
    under: str = Field("", description="Id of the grant that is given on; empty for the owner's own.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Gives the grant; raises ``NotPermitted``, ``NotFound``, ``Conflict`` or ``Impossible``."""
        require_party(change.connection, self.department, change.at_us)
        starts, expires = span(self.starts, self.expires, change.at_us)
        terms = Terms(
            self.asset,
            self.department,
            self.action,
            self.class_ceiling,
            self.use_case,
            self.grant_option,
            starts,
            expires,
        )
        require_asset(change.connection, self.asset)
        source = self._given_on(change, acting, terms) if self.under else self._own(change, acting)
        return {"grant": give(change, terms, source)}

    def _own(self, change: Change, acting: Acting) -> Source:
        party = holder_of(change, self.asset, Facet.ACCOUNTABLE_OWNER)
        found = require_authority(change, acting, self.asset, party, Power.GRANT)
        if not self.class_ceiling.within(found.class_ceiling):
            raise NotPermitted(
                f"The delegation goes up to class {found.class_ceiling.value}; {party} may give more.",
                reason_admin=f"beyond delegation {found.delegation}",
            )
        return Source(party, acting.subject.id, delegation=found.delegation)

    def _given_on(self, change: Change, acting: Acting, terms: Terms) -> Source:
        held = find_grant(change.connection, self.under)
        require_speaker(acting, held.terms.department)
        if not held.terms.option:
            raise NotPermitted(f"The grant {self.under} may not be given on; ask {held.source.grantor}.")
        if not held.terms.from_us <= change.at_us < held.terms.to_us:
            raise Conflict(f"The grant {self.under} is not in force now.", param="under")
        if terms.department == held.terms.department:
            raise Impossible(f"{terms.department} holds that right already.", param="department")
        if not terms.within(held.terms):
            raise Impossible(
                f"That is more than the grant {self.under} gives: same asset, no wider right, class or use,"
                " and no later end.",
                param="under",
            )
        return Source(held.terms.department, acting.subject.id, under=self.under)


class RevokeGrant(Operation):
    """End a grant now, with all that was given on under it.

    The asset's owner may, a delegate of the owner, who gave it, and who holds it.
    """

    kind: ClassVar[str] = "grant.revoke"
    changes_rights: ClassVar[bool] = True

    grant: str = Field(description="Id of the grant.", examples=["grant-12"])

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Ends the grant; raises ``NotPermitted``, ``NotFound`` or ``Conflict``."""
        held = find_grant(change.connection, self.grant)
        if held.terms.to_us <= change.at_us:
            raise Conflict(f"The grant {self.grant} has ended already.", param="grant")
        _require_revoker(change, acting, held)
        return {"ended": list(end_grants(change, GRANT.c.id == self.grant, self.grant))}


def _require_revoker(change: Change, acting: Acting, held: GrantBelief) -> None:
    if any(speaks_for(acting, party) for party in (held.source.grantor, held.terms.department)):
        return
    asset = held.terms.asset
    party = holder_of(change, asset, Facet.ACCOUNTABLE_OWNER)
    if authority_over(change, acting, asset, party, Power.GRANT) is None:
        raise NotPermitted(f"This is for {party}, who owns {asset}, or for who gave or holds the grant.")


OPERATIONS: tuple[type[Operation], ...] = (GiveGrant, RevokeGrant)

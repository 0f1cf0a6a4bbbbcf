"""What people do with transfers: propose, accept, decline, take back, say that one has expired."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import Conflict, Impossible
from gateway.ownership.disputes.measures import require_unfrozen
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.facets import Basis, Facet
from gateway.ownership.registry.parties import heir, require_party, successors
from gateway.ownership.registry.times import span
from gateway.ownership.rights.authority import (
    Power,
    authority_over,
    holder_of,
    require_authority,
    require_speaker,
    speaks_for,
)
from gateway.ownership.rights.transfers import (
    Offer,
    State,
    Transfer,
    find_transfer,
    finish,
    propose,
    still_theirs,
)

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class ProposeTransfer(Operation):
    """Offer a facet of an asset to another party, until a date.

    Whoever holds the facet may, or a delegate who may transfer. Nothing passes before it is accepted.
    """

    kind: ClassVar[str] = "transfer.propose"
    changes_rights: ClassVar[bool] = True
    parties: ClassVar[tuple[str, ...]] = ("to",)

    asset: Name = Field(description="Id of the asset.", examples=["support-tone"])
    facet: Facet = Field(Facet.ACCOUNTABLE_OWNER, description="Which facet is to pass.")
    to: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        description="Who is to hold it.", examples=["retail"]
    )
    expires: AwareDatetime = Field(
        description="Until when it may be accepted.", examples=["2027-01-01T00:00:00Z"]
    )
    reference: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._:/-]{0,127})?$")] = Field(
        "", description="What it rests on, such as a contract's number; never a name.", examples=["2026-17"]
    )

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Makes the offer; raises ``NotPermitted``, ``NotFound``, ``Conflict`` or ``Impossible``."""
        party = holder_of(change, self.asset, self.facet)
        found = require_authority(change, acting, self.asset, party, Power.TRANSFER)
        require_unfrozen(change.connection, self.asset, self.facet, change.at_us)
        require_party(change.connection, self.to, change.at_us)
        if self.to == party:
            raise Impossible(f"{party} holds it already.", param="to")
        _, expires = span(None, self.expires, change.at_us)
        offer = Offer(self.asset, self.facet, party, self.to, expires, self.reference, found.delegation)
        return {"transfer": propose(change, offer)}


class _Ending(Operation):
    """Something that ends a transfer."""

    changes_rights: ClassVar[bool] = True

    transfer: str = Field(description="Id of the transfer.", examples=["transfer-31"])

    def _open(self, change: Change) -> Transfer:
        found = find_transfer(change.connection, self.transfer)
        if found.state is not State.PROPOSED:
            raise Conflict(f"The transfer {found.id} was {found.state.value} already.", param="transfer")
        if not found.open_at(change.at_us):
            raise Conflict(f"The transfer {found.id} was not accepted in time.", param="transfer")
        return found

    @staticmethod
    def _standing(change: Change, party: str) -> tuple[str, ...]:
        """Who stands in the place of a party of the offer now."""
        return successors(change.connection, party, change.at_us) or (party,)

    def _require_offered(self, change: Change, acting: Acting, offer: Offer) -> None:
        """Raises ``NotPermitted`` unless who acts speaks for the party that it is offered to."""
        standing = self._standing(change, offer.to_party)
        if not any(speaks_for(acting, each) for each in standing):
            require_speaker(acting, standing[0])


class AcceptTransfer(_Ending):
    """Accept a transfer: the facet passes now.

    The party that it is offered to may, under whatever name it goes by then.
    """

    kind: ClassVar[str] = "transfer.accept"

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Passes the facet on; raises ``NotPermitted``, ``NotFound`` or ``Conflict``."""
        found = self._open(change)
        offer = found.offer
        self._require_offered(change, acting, offer)
        receiver = heir(change.connection, offer.to_party, change.at_us)
        holder = holder_of(change, offer.asset, offer.facet)
        if not still_theirs(change.connection, found, holder, change.at_us):
            raise Conflict(
                f"{offer.facet.value} of {offer.asset} is {holder}'s by now, not {offer.from_party}'s."
            )
        if holder == receiver:
            raise Conflict(f"Both sides are {holder} by now, so there is nothing to pass on.")
        require_unfrozen(change.connection, offer.asset, offer.facet, change.at_us)
        finish(change, found, State.ACCEPTED)
        assert_facet(
            change,
            asset=offer.asset,
            facet=offer.facet,
            holder=receiver,
            basis=Basis.TRANSFER,
            valid_from_us=change.at_us,
            reference=found.id,
        )
        return {"transfer": found.id, "state": State.ACCEPTED.value, "holder": receiver}


class DeclineTransfer(_Ending):
    """Decline a transfer: everything stays as it is.

    The party that it is offered to may.
    """

    kind: ClassVar[str] = "transfer.decline"
    changes_rights: ClassVar[bool] = False

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Ends the offer; raises ``NotPermitted``, ``NotFound`` or ``Conflict``."""
        found = self._open(change)
        self._require_offered(change, acting, found.offer)
        finish(change, found, State.DECLINED)
        return {"transfer": found.id, "state": State.DECLINED.value}


class RevokeTransfer(_Ending):
    """Take a transfer back before it is accepted.

    The party that offered it may, or a delegate with the power to transfer.
    """

    kind: ClassVar[str] = "transfer.revoke"
    changes_rights: ClassVar[bool] = False

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Ends the offer; raises ``NotPermitted``, ``NotFound`` or ``Conflict``."""
        found = self._open(change)
        offer = found.offer
        standing = self._standing(change, offer.from_party)
        if not any(authority_over(change, acting, offer.asset, each, Power.TRANSFER) for each in standing):
            require_authority(change, acting, offer.asset, standing[0], Power.TRANSFER)
        finish(change, found, State.REVOKED)
        return {"transfer": found.id, "state": State.REVOKED.value}


class ExpireTransfer(_Ending):
    """Say on record that a transfer was not accepted in time.

    Anybody may; it could not be accepted any more in any case.
    """

    kind: ClassVar[str] = "transfer.expire"
    changes_rights: ClassVar[bool] = False

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Ends the offer; raises ``NotFound`` or ``Conflict``."""
        del acting
        found = find_transfer(change.connection, self.transfer)
        if found.state is not State.PROPOSED:
            raise Conflict(f"The transfer {found.id} was {found.state.value} already.", param="transfer")
        if found.open_at(change.at_us):
            raise Conflict(f"The transfer {found.id} can still be accepted.", param="transfer")
        finish(change, found, State.EXPIRED)
        return {"transfer": found.id, "state": State.EXPIRED.value}


OPERATIONS: tuple[type[Operation], ...] = (
    ProposeTransfer,
    AcceptTransfer,
    DeclineTransfer,
    RevokeTransfer,
    ExpireTransfer,
)

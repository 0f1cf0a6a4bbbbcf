from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import Connection

from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.parties import successors
from gateway.ownership.rights import transfers
from gateway.ownership.rights.transfers import State, Transfer
from gateway.views.base import End, Moment, Narrow, Query, Shelf, View, moment


class TransferView(View):
    """A facet on its way from one party to another."""

    id: str
    asset: str
    facet: Facet
    from_party: str
    to_party: str
    from_now: list[str] = Field(description="Who stands in the place of the one side now.")
    to_now: list[str] = Field(description="And of the other.")
    state: State
    proposer: str = Field(description="Opaque id of who proposed it.")
    proposed: Moment
    expires: Moment = Field(description="Until when it can be accepted.")
    ended: End
    reference: str
    delegation: str

    @property
    def key(self) -> str:
        """Its id."""
        return self.id

    @property
    def about(self) -> str:
        """The asset."""
        return self.asset

    @property
    def concerned(self) -> frozenset[str]:
        """Both sides, and whoever stands in their place."""
        return frozenset({self.from_party, self.to_party, *self.from_now, *self.to_now})


class TransferQuery(Query):
    """Which transfers."""

    asset: Narrow = Field("", description="Only of this asset.")
    party: Narrow = Field("", description="Only from or to this party.")
    open: bool = Field(default=False, description="Only those that have not ended.")


def find(connection: Connection, name: str, now_us: int) -> TransferView:
    """The transfer of this id; raises ``NotFound``."""
    return _view(connection, transfers.find_transfer(connection, name), now_us)


def some(
    connection: Connection, query: TransferQuery, after: str, limit: int, now_us: int
) -> Sequence[TransferView]:
    """Transfers by id."""
    found = transfers.transfers(
        connection,
        asset=query.asset,
        party=query.party,
        open_only=query.open,
        after=after,
        limit=limit,
    )
    return [_view(connection, each, now_us) for each in found]


SHELF = Shelf("transfer", "transfers", TransferView, TransferQuery, find, some)


def _view(connection: Connection, found: Transfer, now_us: int) -> TransferView:
    offer = found.offer
    sides = [successors(connection, name, now_us) for name in (offer.from_party, offer.to_party)]
    return TransferView(
        id=found.id,
        asset=offer.asset,
        facet=offer.facet,
        from_party=offer.from_party,
        to_party=offer.to_party,
        from_now=[*sides[0]],
        to_now=[*sides[1]],
        state=found.state,
        proposer=found.proposer,
        proposed=moment(found.proposed_us),
        expires=moment(offer.expires_us),
        ended=moment(found.ended_us) if found.ended_us else None,
        reference=offer.reference,
        delegation=offer.delegation,
    )

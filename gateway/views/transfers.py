from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import Connection

from gateway.ownership.registry.facets import Facet
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
        """Both sides."""
        return frozenset({self.from_party, self.to_party})


class TransferQuery(Query):
    """Which transfers."""

    asset: Narrow = Field("", description="Only of this asset.")
    party: Narrow = Field("", description="Only from or to this party.")
    open: bool = Field(default=False, description="Only those that have not ended.")


def find(connection: Connection, name: str, now_us: int) -> TransferView:
    """The transfer of this id; raises ``NotFound``."""
    del now_us
    return _view(transfers.find_transfer(connection, name))


def some(
    connection: Connection, query: TransferQuery, after: str, limit: int, now_us: int
) -> Sequence[TransferView]:
    """Transfers by id."""
    del now_us
    found = transfers.transfers(
        connection,
        asset=query.asset,
        party=query.party,
        open_only=query.open,
        after=after,
        limit=limit,
    )
    return [_view(each) for each in found]


SHELF = Shelf("transfer", "transfers", TransferView, TransferQuery, find, some)


def _view(found: Transfer) -> TransferView:
    offer = found.offer
    return TransferView(
        id=found.id,
        asset=offer.asset,
        facet=offer.facet,
        from_party=offer.from_party,
        to_party=offer.to_party,
        state=found.state,
        proposer=found.proposer,
        proposed=moment(found.proposed_us),
        expires=moment(offer.expires_us),
        ended=moment(found.ended_us) if found.ended_us else None,
        reference=offer.reference,
        delegation=offer.delegation,
    )

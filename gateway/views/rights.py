"""Grants, delegations and transfers, as they are told."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection

from gateway.domain import DataClass, Right
from gateway.ownership import delegations, grants, transfers
from gateway.ownership.authority import Power
from gateway.ownership.delegations import DelegationBelief
from gateway.ownership.facets import Facet
from gateway.ownership.grants import GrantBelief
from gateway.ownership.history import LATEST
from gateway.ownership.transfers import State, Transfer
from gateway.views.base import End, Moment, Narrow, Query, Shelf, View, micros, moment


class GrantView(View):
    """A right that an owner gave to a department."""

    id: str
    asset: str
    department: str = Field(description="Who holds it.")
    action: Right
    class_ceiling: DataClass
    use_case: str = Field(description="The one use case that it covers; empty: any.")
    grant_option: bool = Field(description="Whether the holder may pass it on.")
    valid_from: Moment
    expires: Moment
    grantor: str = Field(description="The department that gave it.")
    giver: str = Field(description="Opaque id of who did so.")
    under: str = Field(description="The grant that it was passed on from; empty if it is the owner's own.")
    delegation: str = Field(description="The delegation by which it was given; empty if by none.")
    recorded: Moment
    revision: int

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
        """Who gave and who holds it."""
        return frozenset({self.department, self.grantor})


class DelegationView(View):
    """Powers that an owner lets another party use."""

    id: str
    asset: str = Field(description="Which asset; `*`: all that the owner has.")
    powers: list[Power]
    class_ceiling: DataClass
    depth: int = Field(description="How many further links a chain may have.")
    valid_from: Moment
    expires: Moment
    root: str = Field(description="The owner in whose name the chain acts.")
    delegator: str
    delegate: str
    giver: str = Field(description="Opaque id of who gave it.")
    under: str
    recorded: Moment
    revision: int

    @property
    def key(self) -> str:
        """Its id."""
        return self.id

    @property
    def about(self) -> str:
        """The asset, if it is about one."""
        return "" if self.asset == "*" else self.asset

    @property
    def concerned(self) -> frozenset[str]:
        """All who stand in it."""
        return frozenset({self.root, self.delegator, self.delegate})


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


class _AsOf(Query):
    valid_at: AwareDatetime | None = Field(None, description="Those in force then; by default now.")
    known_at: AwareDatetime | None = Field(None, description="As known then; by default as known now.")


class GrantQuery(_AsOf):
    """Which grants."""

    asset: Narrow = Field("", description="Only on this asset.")
    department: Narrow = Field("", description="Only those that this department holds.")


class DelegationQuery(_AsOf):
    """Which delegations."""

    root: Narrow = Field("", description="Only in the name of this owner.")
    delegate: Narrow = Field("", description="Only to this party.")


class TransferQuery(Query):
    """Which transfers."""

    asset: Narrow = Field("", description="Only of this asset.")
    party: Narrow = Field("", description="Only from or to this party.")
    open: bool = Field(default=False, description="Only those that have not ended.")


def find_grant(connection: Connection, name: str, now_us: int) -> GrantView:
    """The grant of this id as it is believed now, ended or not; raises ``NotFound``."""
    del now_us
    return _grant(grants.find_grant(connection, name))


def some_grants(
    connection: Connection, query: GrantQuery, after: str, limit: int, now_us: int
) -> Sequence[GrantView]:
    """Grants by id."""
    found = grants.grants_at(
        connection,
        _or(query.valid_at, now_us),
        _or(query.known_at, LATEST),
        asset=query.asset,
        department=query.department,
        after=after,
        limit=limit,
    )
    return [_grant(each) for each in found]


def find_delegation(connection: Connection, name: str, now_us: int) -> DelegationView:
    """The delegation of this id as it is believed now; raises ``NotFound``."""
    del now_us
    return _delegation(delegations.find_delegation(connection, name))


def some_delegations(
    connection: Connection, query: DelegationQuery, after: str, limit: int, now_us: int
) -> Sequence[DelegationView]:
    """Delegations by id."""
    found = delegations.delegations_at(
        connection,
        _or(query.valid_at, now_us),
        _or(query.known_at, LATEST),
        root=query.root,
        delegate=query.delegate,
        after=after,
        limit=limit,
    )
    return [_delegation(each) for each in found]


def find_transfer(connection: Connection, name: str, now_us: int) -> TransferView:
    """The transfer of this id; raises ``NotFound``."""
    del now_us
    return _transfer(transfers.find_transfer(connection, name))


def some_transfers(
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
    return [_transfer(each) for each in found]


GRANTS = Shelf("grant", "grants", GrantView, GrantQuery, find_grant, some_grants)
DELEGATIONS = Shelf(
    "delegation", "delegations", DelegationView, DelegationQuery, find_delegation, some_delegations
)
TRANSFERS = Shelf("transfer", "transfers", TransferView, TransferQuery, find_transfer, some_transfers)


def _or(at: datetime | None, default_us: int) -> int:
    return default_us if at is None else micros(at)


def _grant(found: GrantBelief) -> GrantView:
    terms, source = found.terms, found.source
    return GrantView(
        id=found.id,
        asset=terms.asset,
        department=terms.department,
        action=terms.action,
        class_ceiling=terms.class_ceiling,
        use_case=terms.use_case,
        grant_option=terms.option,
        valid_from=moment(terms.from_us),
        expires=moment(terms.to_us),
        grantor=source.grantor,
        giver=source.giver,
        under=source.under,
        delegation=source.delegation,
        recorded=moment(found.recorded_from_us),
        revision=found.revision,
    )


def _delegation(found: DelegationBelief) -> DelegationView:
    scope, link = found.scope, found.link
    return DelegationView(
        id=found.id,
        asset=scope.asset,
        powers=sorted(scope.powers),
        class_ceiling=scope.class_ceiling,
        depth=scope.depth,
        valid_from=moment(scope.from_us),
        expires=moment(scope.to_us),
        root=link.root,
        delegator=link.delegator,
        delegate=link.delegate,
        giver=link.giver,
        under=link.under,
        recorded=moment(found.recorded_from_us),
        revision=found.revision,
    )


def _transfer(found: Transfer) -> TransferView:
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

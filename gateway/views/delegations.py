from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import Connection

from gateway.domain import DataClass
from gateway.ownership.registry.history import LATEST
from gateway.ownership.rights import delegations
from gateway.ownership.rights.authority import Power
from gateway.ownership.rights.delegations import DelegationBelief
from gateway.views.as_of import AsOfQuery, or_default
from gateway.views.base import Moment, Narrow, Shelf, View, moment


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


class DelegationQuery(AsOfQuery):
    """Which delegations."""

    root: Narrow = Field("", description="Only in the name of this owner.")
    delegate: Narrow = Field("", description="Only to this party.")


def find(connection: Connection, name: str, now_us: int) -> DelegationView:
    """The delegation of this id as it is believed now; raises ``NotFound``."""
    del now_us
    return _view(delegations.find_delegation(connection, name))


def some(
    connection: Connection, query: DelegationQuery, after: str, limit: int, now_us: int
) -> Sequence[DelegationView]:
    """Delegations by id."""
    found = delegations.delegations_at(
        connection,
        or_default(query.valid_at, now_us),
        or_default(query.known_at, LATEST),
        root=query.root,
        delegate=query.delegate,
        after=after,
        limit=limit,
    )
    return [_view(each) for each in found]


SHELF = Shelf("delegation", "delegations", DelegationView, DelegationQuery, find, some)


def _view(found: DelegationBelief) -> DelegationView:
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

from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import Connection

from gateway.errors import NotFound
from gateway.ownership.disputes import precedents
from gateway.ownership.disputes.precedents import Precedent
from gateway.views.base import Audience, End, Moment, Narrow, Query, Shelf, View, end, moment


class PrecedentView(View):
    """How one claim came out."""

    number: int
    dispute: str
    asset: str
    asset_type: str
    facet: str
    party: str
    basis: str
    holder: str = Field(description="Who was given the facet; empty: it stayed where it was.")
    granted: bool
    outcome: str
    valid_from: Moment
    valid_to: End
    decided: Moment
    revision: int

    @property
    def audience(self) -> Audience:
        """Whoever may discover the asset."""
        return "discoverers"

    @property
    def key(self) -> str:
        """Its number."""
        return str(self.number)

    @property
    def about(self) -> str:
        """The asset."""
        return self.asset

    @property
    def concerned(self) -> frozenset[str]:
        """Who claimed and who was given."""
        return frozenset({self.party, self.holder})

    @property
    def roles(self) -> frozenset[str]:
        """Those who rule on like matters, and who admits them."""
        return frozenset({"adjudicator", "clerk"})


class PrecedentQuery(Query):
    """Which precedents."""

    facet: Narrow = Field("", description="Only about this facet.")
    asset_type: Narrow = Field("", description="Only about assets of this type.")
    basis: Narrow = Field("", description="Only on this ground.")
    outcome: Narrow = Field("", description="Only with this outcome.")


def find(connection: Connection, name: str, now_us: int) -> PrecedentView:
    """The precedent of this number; raises ``NotFound``."""
    del now_us
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < len(str(2**53)) else 0
    found = precedents.search(connection, after=number - 1, limit=1) if number else ()
    if not found or found[0].number != number:
        raise NotFound("There is no such precedent.")
    return _view(found[0])


def some(
    connection: Connection, query: PrecedentQuery, after: str, limit: int, now_us: int
) -> Sequence[PrecedentView]:
    """Precedents in the order in which they were made."""
    del now_us
    found = precedents.search(
        connection,
        facet=query.facet,
        asset_type=query.asset_type,
        basis=query.basis,
        outcome=query.outcome,
        after=int(after or 0),
        limit=limit,
    )
    return [_view(each) for each in found]


SHELF = Shelf("precedent", "precedents", PrecedentView, PrecedentQuery, find, some)


def _view(found: Precedent) -> PrecedentView:
    return PrecedentView(
        number=found.number,
        dispute=found.dispute,
        asset=found.asset,
        asset_type=found.asset_type,
        facet=found.facet,
        party=found.party,
        basis=found.basis,
        holder=found.holder,
        granted=found.granted,
        outcome=found.outcome,
        valid_from=moment(found.valid_from_us),
        valid_to=end(found.valid_to_us),
        decided=moment(found.decided_us),
        revision=found.revision,
    )

from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import Connection

from gateway.domain import DataClass, Right
from gateway.ownership.registry.history import LATEST
from gateway.ownership.rights import grants
from gateway.ownership.rights.grants import GrantBelief
from gateway.views.as_of import AsOfQuery, or_default
from gateway.views.base import Moment, Narrow, Shelf, View, moment


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


class GrantQuery(AsOfQuery):
    """Which grants."""

    asset: Narrow = Field("", description="Only on this asset.")
    department: Narrow = Field("", description="Only those that this department holds.")


def find(connection: Connection, name: str, now_us: int) -> GrantView:
    """The grant of this id as it is believed now, ended or not; raises ``NotFound``."""
    del now_us
    return _view(grants.find_grant(connection, name))


def some(
    connection: Connection, query: GrantQuery, after: str, limit: int, now_us: int
) -> Sequence[GrantView]:
    """Grants by id."""
    found = grants.grants_at(
        connection,
        or_default(query.valid_at, now_us),
        or_default(query.known_at, LATEST),
        asset=query.asset,
        department=query.department,
        after=after,
        limit=limit,
    )
    return [_view(each) for each in found]


SHELF = Shelf("grant", "grants", GrantView, GrantQuery, find, some)


def _view(found: GrantBelief) -> GrantView:
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

from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import Connection

from gateway.ownership.registry import parties
from gateway.ownership.registry.facets import PartyKind
from gateway.ownership.registry.parties import Party, Succession
from gateway.views.base import Audience, End, Moment, Query, Shelf, Told, View, end, moment


class SuccessionView(Told):
    """Who stands in whose place."""

    predecessor: str
    successor: str
    kind: str = Field(description="How it came to be: a split, a merger, a new name.")
    effective: Moment


class PartyView(View):
    """An org unit, person, group or service that can hold something."""

    id: str = Field(examples=["retail"])
    kind: PartyKind
    belongs_to: str = Field(description="The org unit of anybody who is none.")
    recorded: Moment
    ended: End
    revision: int
    successions: list[SuccessionView] = Field(description="Where it came from and what became of it.")

    @property
    def audience(self) -> Audience:
        """Who there is in the company is no secret to its departments."""
        return "everybody"

    @property
    def key(self) -> str:
        """Its name."""
        return self.id


class PartyQuery(Query):
    """Which parties."""


def find(connection: Connection, name: str, now_us: int) -> PartyView:
    """The party of this name; raises ``UnknownParty``."""
    del now_us
    return _view(connection, parties.require_party(connection, name))


def some(
    connection: Connection, query: PartyQuery, after: str, limit: int, now_us: int
) -> Sequence[PartyView]:
    """Parties by name."""
    del query, now_us
    return [_view(connection, each) for each in parties.parties(connection, after, limit)]


SHELF = Shelf("party", "parties", PartyView, PartyQuery, find, some)


def _view(connection: Connection, party: Party) -> PartyView:
    return PartyView(
        id=party.id,
        kind=party.kind,
        belongs_to=party.belongs_to,
        recorded=moment(party.recorded_us),
        ended=end(party.ended_us),
        revision=max(party.revision, party.ended_revision),
        successions=[_succession(each) for each in parties.successions(connection, party.id)],
    )


def _succession(found: Succession) -> SuccessionView:
    return SuccessionView(
        predecessor=found.predecessor,
        successor=found.successor,
        kind=found.kind,
        effective=moment(found.effective_us),
    )

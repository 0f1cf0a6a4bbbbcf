from collections.abc import Mapping, Sequence

import orjson
from pydantic import Field, JsonValue
from sqlalchemy import Connection

from gateway.control import proposals
from gateway.control.proposals import Proposal, State
from gateway.ownership.registry.parties import party, successors
from gateway.views.base import Moment, Query, Shelf, Told, View, moment


class AnswerView(Told):
    """What became of a proposal."""

    subject: str = Field(description="Opaque id of who answered.")
    department: str
    reason: str
    at: Moment


class ProposalView(View):
    """An operation that waits, or waited, for a second person."""

    id: str
    kind: str = Field(examples=["grant.give"])
    operation: dict[str, JsonValue]
    asset: str
    proposer: str = Field(description="Opaque id of who proposed it.")
    department: str
    now: dict[str, list[str]] = Field(
        description="Who stands in the place of those of its parties that have ended."
    )
    state: State
    proposed: Moment
    expires: Moment
    answer: AnswerView | None

    @property
    def key(self) -> str:
        """Its id, which is by time."""
        return self.id

    @property
    def about(self) -> str:
        """The asset that the operation is about."""
        return self.asset

    @property
    def concerned(self) -> frozenset[str]:
        """The department of who proposed it; a second person is found there as a rule."""
        return frozenset({self.department, *self.now.get(self.department, ())})


class ProposalQuery(Query):
    """Which proposals."""

    state: State | None = Field(None, description="Only those that stand there.")


def find(connection: Connection, name: str, now_us: int) -> ProposalView:
    """The proposal of this id; raises ``NotFound``."""
    return _view(connection, proposals.find(connection, name), now_us)


def some(
    connection: Connection, query: ProposalQuery, after: str, limit: int, now_us: int
) -> Sequence[ProposalView]:
    """Proposals by time."""
    found: list[ProposalView] = []
    while rows := proposals.listing(connection, after=after, limit=limit):
        views = [_view(connection, each, now_us) for each in rows]
        found += [each for each in views if query.state in {None, each.state}]
        if len(found) >= limit:
            break
        after = rows[-1].id
    return found[:limit]


SHELF = Shelf("proposal", "proposals", ProposalView, ProposalQuery, find, some)


def _stand_ins(
    connection: Connection, operation: Mapping[str, JsonValue], department: str, now_us: int
) -> dict[str, list[str]]:
    held = [department, *operation.values()]
    told = (name for each in held for name in (each.values() if isinstance(each, dict) else [each]))
    found = (party(connection, name) for name in sorted({name for name in told if isinstance(name, str)}))
    ended = [each.id for each in found if each is not None and each.ended_us <= now_us]
    return {name: [*successors(connection, name, now_us)] for name in ended}


def _view(connection: Connection, proposal: Proposal, now_us: int) -> ProposalView:
    answer, operation = proposal.answer, orjson.loads(proposal.text)
    return ProposalView(
        id=proposal.id,
        kind=proposal.kind,
        operation=operation,
        now=_stand_ins(connection, operation, proposal.department, now_us),
        asset=proposal.asset,
        proposer=proposal.proposer,
        department=proposal.department,
        state=proposal.state(now_us),
        proposed=moment(proposal.proposed_us),
        expires=moment(proposal.expires_us),
        answer=None
        if answer is None
        else AnswerView(
            subject=answer.subject,
            department=answer.department,
            reason=answer.reason,
            at=moment(answer.answered_us),
        ),
    )

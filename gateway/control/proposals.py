"""Operations that wait for a second person."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import orjson
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Row,
    Select,
    Table,
    Text,
    insert,
    select,
)

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.control.schema import METADATA, WIDE
from gateway.errors import Conflict, NotFound

Verdict: TypeAlias = Literal["consented", "declined", "withdrawn"]
State: TypeAlias = Literal["open", "consented", "declined", "withdrawn", "expired"]

PROPOSAL = Table(
    "operation_proposal",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("proposer", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("proposed_us", WIDE, nullable=False),
    Column("expires_us", WIDE, nullable=False),
    sqlite_strict=True,
)

# Its key lets a proposal be answered once; silence until ``expires_us`` needs no row.
ANSWER = Table(
    "operation_answer",
    METADATA,
    Column("proposal", Text, ForeignKey("operation_proposal.id"), primary_key=True),
    Column(
        "verdict", Text, CheckConstraint("verdict IN ('consented', 'declined', 'withdrawn')"), nullable=False
    ),
    Column("subject", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("answered_us", WIDE, nullable=False),
    sqlite_strict=True,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a proposal: who answered it (an opaque subject id), how and when."""

    verdict: Verdict
    subject: str
    department: str
    reason: str
    outcome: Outcome
    answered_us: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """An operation as somebody proposed it; ``text`` is the operation, ``digest`` names it on record."""

    id: str
    kind: str
    text: str
    digest: str
    asset: str
    proposer: str
    department: str
    proposed_us: int
    expires_us: int
    answer: Answer | None

    def state(self, now_us: int) -> State:
        """Where it stands; one that nobody answered in time is expired."""
        if self.answer is not None:
            return self.answer.verdict
        return "open" if now_us < self.expires_us else "expired"


def propose(change: Change, acting: Acting, operation: Operation, lasting_us: int) -> Proposal:
    """Keeps an operation for a second person; the change's id becomes the proposal's."""
    proposal = Proposal(
        id=change.id,
        kind=operation.kind,
        text=operation.as_json(),
        digest=operation.fingerprint(),
        asset=operation.about,
        proposer=acting.subject.id,
        department=acting.subject.department,
        proposed_us=change.at_us,
        expires_us=change.at_us + lasting_us,
        answer=None,
    )
    change.connection.execute(
        insert(PROPOSAL).values(
            id=proposal.id,
            kind=proposal.kind,
            operation=proposal.text,
            digest=proposal.digest,
            asset=proposal.asset,
            proposer=proposal.proposer,
            department=proposal.department,
            proposed_us=proposal.proposed_us,
            expires_us=proposal.expires_us,
        )
    )
    return proposal


def answer(  # noqa: PLR0913, PLR0917 - the columns of one row
    change: Change, proposal: Proposal, acting: Acting, verdict: Verdict, reason: str, outcome: Outcome
) -> None:
    """Keeps what became of a proposal."""
    change.connection.execute(
        insert(ANSWER).values(
            proposal=proposal.id,
            verdict=verdict,
            subject=acting.subject.id,
            department=acting.subject.department,
            reason=reason,
            outcome=orjson.dumps(outcome).decode(),
            answered_us=change.at_us,
        )
    )


def find(connection: Connection, proposal: str) -> Proposal:
    """The proposal of this id; raises ``NotFound``."""
    row = connection.execute(_SELECTED.where(PROPOSAL.c.id == proposal)).one_or_none()
    if row is None:
        raise NotFound("There is no such proposal. `custody proposal list` shows those that there are.")
    return _proposal(row)


def unanswered(connection: Connection, proposal: str, now_us: int) -> Proposal:
    """The same if it can still be answered; raises ``NotFound`` or ``Conflict``."""
    found = find(connection, proposal)
    state = found.state(now_us)
    if state != "open":
        raise Conflict(f"The proposal is {state}; propose the operation anew if it is still wanted.")
    return found


def listing(connection: Connection, *, after: str = "", limit: int = 100) -> list[Proposal]:
    """Proposals by id, which is by time, from the one after ``after``."""
    rows = connection.execute(_SELECTED.where(PROPOSAL.c.id > after).order_by(PROPOSAL.c.id).limit(limit))
    return [_proposal(row) for row in rows]


_SELECTED: Select[tuple[object, ...]] = select(
    PROPOSAL,
    ANSWER.c.verdict,
    ANSWER.c.subject,
    ANSWER.c.department.label("answered_for"),
    ANSWER.c.reason,
    ANSWER.c.outcome,
    ANSWER.c.answered_us,
).select_from(PROPOSAL.outerjoin(ANSWER))


def _proposal(row: Row[tuple[object, ...]]) -> Proposal:
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for a row by column
    return Proposal(
        id=found["id"],
        kind=found["kind"],
        text=found["operation"],
        digest=found["digest"],
        asset=found["asset"],
        proposer=found["proposer"],
        department=found["department"],
        proposed_us=found["proposed_us"],
        expires_us=found["expires_us"],
        answer=None
        if found["verdict"] is None
        else Answer(
            verdict=found["verdict"],
            subject=found["subject"],
            department=found["answered_for"],
            reason=found["reason"],
            outcome=orjson.loads(found["outcome"]),
            answered_us=found["answered_us"],
        ),
    )

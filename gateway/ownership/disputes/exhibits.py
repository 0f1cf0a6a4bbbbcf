"""Exhibits: questions to the audit log, frozen with their answer and what proves it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row, insert, select

from audit.filters import Filter
from audit.note import Verifier
from audit.query import LogReader
from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import AuditUnavailable, Conflict, Impossible
from gateway.ownership.disputes.asked import DisputeId
from gateway.ownership.disputes.hearing import Hearing
from gateway.ownership.disputes.states import Step
from gateway.ownership.disputes.tables import DISPUTE_EXHIBIT

# More than people read, and as many as one row of the database holds with ease.
MOST_ENTRIES = 10_000
_MOST_EXHIBITS = 200

Term = Annotated[str, Field(max_length=128)]
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00\n]*$",
        description="What it shows, in a line without names.",
    ),
]


class QueryWords(BaseModel):
    """Which entries of the log; the words are those of ``custody audit search``, and empty means any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Term = Field("", description="Type of record, such as access.denied.")
    request_id: Term = Field("", description="One request.")
    actor: Term = Field("", description="Opaque id of who asked.")
    department: Term = Field("", description="Department of who asked.")
    action: Term = Field("", description="What was asked to do.")
    resource: Term = Field("", description="Id of the asset.")
    owner: Term = Field("", description="Its accountable owner at that time.")
    effect: Term = Field("", description="allow or deny.")
    code: Term = Field("", description="Error code.")
    rule: Term = Field("", description="Deciding rule.")
    entity: Term = Field("", description="Type of entity that was found.")


class Query(QueryWords):
    """The same within a time."""

    since_us: int = Field(0, ge=0, description="First microsecond that is in; 0: from the beginning.")
    until_us: int = Field(0, ge=0, description="First microsecond that is out; 0: to the end.")

    def filter(self) -> Filter:
        """The same for the log."""
        return Filter(**self.model_dump())


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a query found in a signed state of the log.

    ``note`` is the checkpoint, ``root`` its root in hex. ``result_sha256`` is SHA-256 over a line
    ``index leafhash`` for each entry, in order.
    """

    query: dict[str, Any]
    tree_size: int
    root: str
    note: str
    indexes: tuple[int, ...]
    leaf_hashes: tuple[str, ...]

    @property
    def result_sha256(self) -> str:
        """The digest that stands in the log."""
        return result_digest(self.indexes, self.leaf_hashes)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A frozen query as a party filed it; ``number`` counts those of the dispute."""

    dispute: str
    number: int
    party: str
    name: str
    frozen: Frozen
    revision: int


class FileExhibit(Operation):
    """File an exhibit that the gateway froze; ``Desk.exhibit`` freezes it and asks for this."""

    kind: ClassVar[str] = "dispute.exhibit"

    dispute: DisputeId
    name: Name
    frozen: Frozen = Field(description="The query with its answer.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Only while the evidence is open, and by a party."""
        hearing = Hearing(change, acting, self.dispute)
        party, number = hearing.party(Step.EXHIBITED), hearing.case.exhibits + 1
        if number > _MOST_EXHIBITS:
            raise Conflict(f"A dispute has {_MOST_EXHIBITS} exhibits at most.")
        name = hearing.keep(self.name)
        hearing.take(Step.EXHIBITED, {"exhibit": number, "name": name, **_facts(self.frozen)})
        change.connection.execute(
            insert(DISPUTE_EXHIBIT).values(
                dispute=self.dispute,
                place=number,
                party=party,
                name=self.name,
                query=orjson.dumps(self.frozen.query, option=orjson.OPT_SORT_KEYS).decode(),
                tree_size=self.frozen.tree_size,
                root=self.frozen.root,
                note=self.frozen.note,
                entries=orjson.dumps([self.frozen.indexes, self.frozen.leaf_hashes]).decode(),
                result_sha256=self.frozen.result_sha256,
                revision=change.revision,
            )
        )
        return hearing.outcome(exhibit=number, result_sha256=self.frozen.result_sha256)


def freeze(reader: LogReader, verifier: Verifier, query: Query) -> Frozen:
    """Asks the log, and proves each entry under its newest checkpoint before it counts.

    Raises ``Impossible`` for a query without an answer, or with too long a one, ``AuditUnavailable`` where
    nothing is signed yet, and an ``AuditError`` where the log does not prove it.
    """
    signed = reader.checkpoint(verifier)
    if signed is None:
        raise AuditUnavailable("The log has signed nothing yet; try again shortly.")
    checkpoint, note = signed
    found = _entries(reader, query, checkpoint.size)
    if not found:
        raise Impossible("The log holds nothing of the kind, so there is nothing to show.")
    with reader.prover(checkpoint) as prover:
        for index, leaf in found:
            prover.prove(index, leaf)
    asked = {name: value for name, value in query.model_dump().items() if value}
    return Frozen(asked, checkpoint.size, checkpoint.root.hex(), note, *_split(found))


def verify(reader: LogReader, verifier: Verifier, exhibit: Exhibit) -> bool:
    """Whether the log still gives what the exhibit says, under the checkpoint that it names."""
    frozen = exhibit.frozen
    signed = reader.checkpoint(verifier, frozen.tree_size)
    if signed is None or signed[0].root.hex() != frozen.root:
        return False
    found = _entries(reader, Query(**frozen.query), frozen.tree_size)
    return _split(found) == (frozen.indexes, frozen.leaf_hashes)


def of_dispute(connection: Connection, dispute: str) -> tuple[Exhibit, ...]:
    """The exhibits of a dispute, in the order in which they were filed."""
    query = select(DISPUTE_EXHIBIT).where(DISPUTE_EXHIBIT.c.dispute == dispute)
    return tuple(_exhibit(row) for row in connection.execute(query.order_by(DISPUTE_EXHIBIT.c.place)))


def result_digest(indexes: Iterable[int], leaf_hashes: Iterable[str]) -> str:
    """SHA-256 over one line for each entry, its index and its leaf hash, in hex."""
    lines = (f"{index} {leaf}\n" for index, leaf in zip(indexes, leaf_hashes, strict=True))
    return sha256("".join(lines).encode()).hexdigest()


def _entries(reader: LogReader, query: Query, size: int) -> list[tuple[int, bytes]]:
    found = []
    for located in reader.scan(query.filter(), 0, size):
        found.append((located.index, located.leaf_hash))
        if len(found) > MOST_ENTRIES:
            raise Impossible(f"More than {MOST_ENTRIES} entries fit: narrow the query.")
    return found


def _split(found: list[tuple[int, bytes]]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    return tuple(index for index, _ in found), tuple(leaf.hex() for _, leaf in found)


def _facts(frozen: Frozen) -> dict[str, Any]:
    return {
        "query": frozen.query,
        "tree_size": frozen.tree_size,
        "root": frozen.root,
        "entries": len(frozen.indexes),
        "result_sha256": frozen.result_sha256,
    }


def _exhibit(row: Row[Any]) -> Exhibit:
    indexes, leaf_hashes = orjson.loads(row.entries)
    frozen = Frozen(
        orjson.loads(row.query), row.tree_size, row.root, row.note, tuple(indexes), tuple(leaf_hashes)
    )
    return Exhibit(row.dispute, row.place, row.party, row.name, frozen, row.revision)

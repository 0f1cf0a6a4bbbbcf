"""Grants: a right that an owner gave to a department on one asset, and what was believed of it when."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, select

from audit.entry import EntryType, Facts
from gateway.control.changes import Change
from gateway.domain import DataClass, Right
from gateway.errors import Conflict, NotFound
from gateway.ownership.registry.assertions import resource_ref
from gateway.ownership.rights.believed import as_of, believe, believed_now, end, fresh_id
from gateway.ownership.rights.tables import GRANT

# Grants that matter to a call are in its record, and a record has a limit.
MOST_GRANTS = 50

_Row = Row[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is granted: to whom, what for, up to which class, from when to when (half-open, microseconds)."""

    asset: str
    department: str
    action: Right
    class_ceiling: DataClass
    use_case: str
    option: bool
    from_us: int
    to_us: int

    def within(self, other: "Terms") -> bool:
        """Whether this gives nobody more, for longer, than the other."""
        return (
            self.asset == other.asset
            and other.action.covers(self.action)
            and self.class_ceiling.within(other.class_ceiling)
            and other.use_case in {"", self.use_case}
            and other.from_us <= self.from_us
            and self.to_us <= other.to_us
        )


@dataclass(frozen=True, slots=True)
class Source:
    """In whose name a grant is given: its owner, the holder of another grant, or by a delegation."""

    grantor: str
    giver: str
    under: str = ""
    delegation: str = ""


@dataclass(frozen=True, slots=True)
class GrantBelief:
    """A grant as it is believed from ``recorded_from_us`` to ``recorded_to_us``."""

    id: str
    terms: Terms
    source: Source
    recorded_from_us: int
    recorded_to_us: int
    revision: int


def grants_at(  # noqa: PLR0913 - filters by keyword
    connection: Connection,
    valid_us: int,
    known_us: int,
    *,
    asset: str = "",
    department: str = "",
    after: str = "",
    limit: int = 1000,
) -> tuple[GrantBelief, ...]:
    """Grants that held at one time as believed at another, by id; empty names mean any."""
    where = [as_of(GRANT, valid_us, known_us), GRANT.c.id > after]
    where += [GRANT.c.asset == asset] if asset else []
    where += [GRANT.c.department == department] if department else []
    query = select(GRANT).where(*where).order_by(GRANT.c.id).limit(limit)
    return tuple(_belief(row) for row in connection.execute(query))


def grant_history(connection: Connection, grant: str) -> tuple[GrantBelief, ...]:
    """All that was ever believed of a grant, in the order in which it was."""
    query = select(GRANT).where(GRANT.c.id == grant).order_by(GRANT.c.number)
    return tuple(_belief(row) for row in connection.execute(query))


def find_grant(connection: Connection, grant: str) -> GrantBelief:
    """The grant as it is believed now; raises ``NotFound``."""
    query = select(GRANT).where(GRANT.c.id == grant, believed_now(GRANT))
    row = connection.execute(query.order_by(GRANT.c.valid_from_us.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound(f"There is no grant {grant}.", param="grant")
    return _belief(row)


def grants_to_come(connection: Connection, assets: Sequence[str], at_us: int) -> list[GrantBelief]:
    """The believed grants on these assets that hold at ``at_us`` or will, in the order in which they came."""
    where = (believed_now(GRANT), GRANT.c.asset.in_(assets), GRANT.c.valid_to_us > at_us)
    return [_belief(row) for row in connection.execute(select(GRANT).where(*where).order_by(GRANT.c.number))]


def give(change: Change, terms: Terms, source: Source) -> str:
    """Gives a grant, whoever may; its id. Raises ``Conflict`` where there is as much already, or too much."""
    _require_new(change, terms)
    grant = fresh_id(change, GRANT, "grant")
    believe(change, GRANT, {"id": grant, **_terms_row(terms), **_source_row(source)})
    resource = resource_ref(change, terms.asset)
    change.record(EntryType.GRANT_GIVEN, _told(grant, terms, source), resource)
    return grant


def end_grants(change: Change, where: ColumnElement[bool], cause: str) -> list[str]:
    """Ends the grants that are still in force and all that were given on under them; their ids.

    ``cause`` is the id of what they end for, on record with each.
    """
    ended: list[str] = []
    rows = in_force(change, where)
    while rows:
        for row in rows:
            end(change, GRANT, row)
            detail: dict[str, Facts] = {"grant": row.id, "department": row.department, "cause": cause}
            change.record(EntryType.GRANT_REVOKED, detail, resource_ref(change, row.asset))
            ended.append(row.id)
        rows = in_force(change, GRANT.c.under.in_([row.id for row in rows]))
    return ended


def in_force(change: Change, where: ColumnElement[bool]) -> Sequence[_Row]:
    """The believed rows that hold now or will."""
    query = select(GRANT).where(where, believed_now(GRANT), GRANT.c.valid_to_us > change.at_us)
    return change.connection.execute(query.order_by(GRANT.c.number)).all()


def _require_new(change: Change, terms: Terms) -> None:
    held = [
        _belief(row).terms
        for row in in_force(change, (GRANT.c.asset == terms.asset) & (GRANT.c.department == terms.department))
    ]
    if any(terms.within(each) and each.option >= terms.option for each in held):
        raise Conflict(f"{terms.department} holds a grant on {terms.asset} already that covers this.")
    if len(held) >= MOST_GRANTS:
        raise Conflict(
            f"{terms.department} holds {MOST_GRANTS} grants on {terms.asset}, which is the most;"
            " revoke some, or give one that covers more uses."
        )


def _told(grant: str, terms: Terms, source: Source) -> dict[str, Facts]:
    return {"grant": grant, **_terms_row(terms), **_source_row(source)}


def _terms_row(terms: Terms) -> dict[str, str | int]:
    return {
        "asset": terms.asset,
        "department": terms.department,
        "action": terms.action.value,
        "class_ceiling": terms.class_ceiling.value,
        "use_case": terms.use_case,
        "option": int(terms.option),
        "valid_from_us": terms.from_us,
        "valid_to_us": terms.to_us,
    }


def _source_row(source: Source) -> dict[str, str | int]:
    return {
        "grantor": source.grantor,
        "giver": source.giver,
        "under": source.under,
        "delegation": source.delegation,
    }


def _belief(row: _Row) -> GrantBelief:
    terms = Terms(
        row.asset,
        row.department,
        Right(row.action),
        DataClass(row.class_ceiling),
        row.use_case,
        bool(row.option),
        row.valid_from_us,
        row.valid_to_us,
    )
    source = Source(row.grantor, row.giver, row.under, row.delegation)
    return GrantBelief(row.id, terms, source, row.recorded_from_us, row.recorded_to_us, row.revision)

"""Delegations: an owner lets another party use its powers, within a scope, to a depth, until a date."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, select

from audit.entry import EntryType, Facts, ResourceRef
from gateway.control.changes import Change
from gateway.domain import DataClass
from gateway.errors import NotFound
from gateway.ownership.rights.authority import ANY_ASSET, Power
from gateway.ownership.rights.believed import as_of, believe, believed_now, end, fresh_id
from gateway.ownership.rights.tables import DELEGATION

_Row = Row[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be done over which asset (``*``: all that the owner owns), and how far it may be passed on.

    ``depth`` counts the further links that a chain of delegations may have; times are half-open microseconds.
    """

    asset: str
    powers: frozenset[Power]
    class_ceiling: DataClass
    depth: int
    from_us: int
    to_us: int

    def within(self, other: "Scope") -> bool:
        """Whether this may be passed on by whoever has the other."""
        return (
            other.asset in {ANY_ASSET, self.asset}
            and self.powers <= other.powers
            and self.class_ceiling.within(other.class_ceiling)
            and self.depth < other.depth
            and other.from_us <= self.from_us
            and self.to_us <= other.to_us
        )


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain: who lets whom act, for the owner ``root`` at the chain's head."""

    root: str
    delegator: str
    delegate: str
    giver: str
    under: str = ""


@dataclass(frozen=True, slots=True)
class DelegationBelief:
    """A delegation as it is believed from ``recorded_from_us`` to ``recorded_to_us``."""

    id: str
    scope: Scope
    link: Link
    recorded_from_us: int
    recorded_to_us: int
    revision: int


def delegations_at(  # noqa: PLR0913 - filters by keyword
    connection: Connection,
    valid_us: int,
    known_us: int,
    *,
    root: str = "",
    delegate: str = "",
    after: str = "",
    limit: int = 1000,
) -> tuple[DelegationBelief, ...]:
    """Delegations that held at one time as believed at another, by id; empty names mean any."""
    where = [as_of(DELEGATION, valid_us, known_us), DELEGATION.c.id > after]
    where += [DELEGATION.c.root == root] if root else []
    where += [DELEGATION.c.delegate == delegate] if delegate else []
    query = select(DELEGATION).where(*where).order_by(DELEGATION.c.id).limit(limit)
    return tuple(_belief(row) for row in connection.execute(query))


def find_delegation(connection: Connection, delegation: str) -> DelegationBelief:
    """The delegation as it is believed now; raises ``NotFound``."""
    where = (DELEGATION.c.id == delegation, believed_now(DELEGATION))
    query = select(DELEGATION).where(*where).order_by(DELEGATION.c.valid_from_us.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no delegation {delegation}.", param="delegation")
    return _belief(row)


def chain(connection: Connection, delegation: DelegationBelief) -> tuple[DelegationBelief, ...]:
    """The delegation and those that it stands under, up to the owner's own."""
    links = [delegation]
    while links[-1].link.under:
        links.append(find_delegation(connection, links[-1].link.under))
    return tuple(links)


def delegate(change: Change, scope: Scope, link: Link, resource: ResourceRef | None) -> str:
    """Adds a link, whoever may; its id."""
    delegation = fresh_id(change, DELEGATION, "delegation")
    values: dict[str, str | int] = {
        "asset": scope.asset,
        "root": link.root,
        "delegator": link.delegator,
        "delegate": link.delegate,
        "may_grant": int(Power.GRANT in scope.powers),
        "may_transfer": int(Power.TRANSFER in scope.powers),
        "class_ceiling": scope.class_ceiling.value,
        "depth": scope.depth,
        "under": link.under,
        "giver": link.giver,
        "valid_from_us": scope.from_us,
        "valid_to_us": scope.to_us,
    }
    believe(change, DELEGATION, {"id": delegation, **values})
    change.record(EntryType.DELEGATION_GIVEN, {"delegation": delegation, **values}, resource)
    return delegation


def end_delegations(change: Change, delegation: str) -> list[str]:
    """Ends a delegation that is in force and all that were given under it; their ids."""
    ended: list[str] = []
    rows = in_force(change, DELEGATION.c.id == delegation)
    while rows:
        for row in rows:
            end(change, DELEGATION, row)
            detail: dict[str, Facts] = {
                "delegation": row.id,
                "delegate": row.delegate,
                "asset": row.asset,
                "cause": delegation,
            }
            change.record(EntryType.DELEGATION_REVOKED, detail)
            ended.append(row.id)
        rows = in_force(change, DELEGATION.c.under.in_([row.id for row in rows]))
    return ended


def in_force(change: Change, where: ColumnElement[bool]) -> Sequence[_Row]:
    """The believed rows that hold now or will."""
    query = select(DELEGATION).where(where, believed_now(DELEGATION), DELEGATION.c.valid_to_us > change.at_us)
    return change.connection.execute(query.order_by(DELEGATION.c.number)).all()


def _belief(row: _Row) -> DelegationBelief:
    powers = {Power.GRANT: row.may_grant, Power.TRANSFER: row.may_transfer}
    scope = Scope(
        row.asset,
        frozenset(power for power, given in powers.items() if given),
        DataClass(row.class_ceiling),
        row.depth,
        row.valid_from_us,
        row.valid_to_us,
    )
    link = Link(row.root, row.delegator, row.delegate, row.giver, row.under)
    return DelegationBelief(row.id, scope, link, row.recorded_from_us, row.recorded_to_us, row.revision)

"""Transfers: a facet of an asset passes from its holder to another party when both have said so."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from audit.entry import Actor, EntryType, Facts
from gateway.control.changes import Change
from gateway.errors import Conflict, NotFound
from gateway.ownership.registry.assertions import resource_ref
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.history import timeline
from gateway.ownership.registry.parties import lineage, successors
from gateway.ownership.rights.believed import fresh_id
from gateway.ownership.rights.tables import TRANSFER, TRANSFER_END

_Row = Row[tuple[object, ...]]


class State(StrEnum):
    """Where a transfer stands; all but the first are final."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


_ENTRIES = {
    State.ACCEPTED: EntryType.TRANSFER_ACCEPTED,
    State.DECLINED: EntryType.TRANSFER_DECLINED,
    State.REVOKED: EntryType.TRANSFER_REVOKED,
    State.EXPIRED: EntryType.TRANSFER_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Which facet of which asset is to pass from whom to whom, until when that may be accepted."""

    asset: str
    facet: Facet
    from_party: str
    to_party: str
    expires_us: int
    reference: str = ""
    delegation: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer and how it ended, if it has (``ended_us`` 0: not yet).

    One that was not accepted in time can never be, and is ``EXPIRED`` once somebody says so.
    """

    id: str
    offer: Offer
    proposer: str
    proposed_us: int
    state: State
    ended_us: int

    def open_at(self, at_us: int) -> bool:
        """Whether it can be accepted at this time."""
        return self.state is State.PROPOSED and at_us < self.offer.expires_us


def transfers(  # noqa: PLR0913 - filters by keyword
    connection: Connection,
    *,
    asset: str = "",
    party: str = "",
    open_only: bool = False,
    after: str = "",
    limit: int = 1000,
) -> tuple[Transfer, ...]:
    """Transfers by id; empty names mean any, a party is either side, and open ones have not ended.

    A party's are those of the parties in whose place it stands, too.
    """
    where: list[ColumnElement[bool]] = [TRANSFER.c.id > after]
    where += [TRANSFER.c.asset == asset] if asset else []
    if party:
        names = lineage(connection, party)
        where.append(TRANSFER.c.from_party.in_(names) | TRANSFER.c.to_party.in_(names))
    where += [TRANSFER_END.c.transfer.is_(None)] if open_only else []
    query = _SELECT.where(*where).order_by(TRANSFER.c.id).limit(limit)
    return tuple(_transfer(row) for row in connection.execute(query))


def find_transfer(connection: Connection, transfer: str) -> Transfer:
    """The transfer; raises ``NotFound``."""
    row = connection.execute(_SELECT.where(TRANSFER.c.id == transfer)).one_or_none()
    if row is None:
        raise NotFound(f"There is no transfer {transfer}.", param="transfer")
    return _transfer(row)


def still_theirs(connection: Connection, transfer: Transfer, holder: str, at_us: int) -> bool:
    """Whether the holder is who made the offer, or stands in their place by reorganisation alone."""
    offer = transfer.offer
    since = (
        (each.holder, each.recorded_from_us)
        for each in timeline(connection, offer.asset, offer.facet)
        if each.recorded_from_us > transfer.proposed_us
        and each.valid_from_us <= each.recorded_from_us < each.valid_to_us
    )
    return all(
        name in successors(connection, offer.from_party, known_us)
        for name, known_us in (*since, (holder, at_us))
    )


def propose(change: Change, offer: Offer) -> str:
    """Writes an offer down, whoever may make it; its id.

    Raises ``Conflict`` where the same facet is on offer already. What is on offer and was not accepted in
    time is ended first.
    """
    for each in transfers(change.connection, asset=offer.asset, open_only=True):
        if each.offer.facet is not offer.facet:
            continue
        if each.open_at(change.at_us):
            raise Conflict(f"{offer.facet.value} of {offer.asset} is on offer already: {each.id}.")
        finish(change, each, State.EXPIRED)
    transfer = fresh_id(change, TRANSFER, "transfer")
    values: dict[str, str | int] = {
        "asset": offer.asset,
        "facet": offer.facet.value,
        "from_party": offer.from_party,
        "to_party": offer.to_party,
        "delegation": offer.delegation,
        "reference": offer.reference,
        "expires_us": offer.expires_us,
    }
    mark = {"proposer": change.actor.id, "proposed_us": change.at_us, "revision": change.revision}
    change.connection.execute(insert(TRANSFER).values({"id": transfer, **values, **mark}))
    resource = resource_ref(change, offer.asset)
    change.record(EntryType.TRANSFER_PROPOSED, {"transfer": transfer, **values}, resource)
    return transfer


def finish(change: Change, transfer: Transfer, state: State) -> None:
    """Ends a transfer, whoever may; the table's key lets that happen once."""
    actor: Actor = change.actor
    change.connection.execute(
        insert(TRANSFER_END).values(
            transfer=transfer.id,
            state=state.value,
            ended_us=change.at_us,
            actor=actor.id,
            department=actor.department,
            revision=change.revision,
        )
    )
    offer = transfer.offer
    detail: dict[str, Facts] = {
        "transfer": transfer.id,
        "facet": offer.facet.value,
        "from_party": offer.from_party,
        "to_party": offer.to_party,
    }
    change.record(_ENTRIES[state], detail, resource_ref(change, offer.asset))


_SELECT = select(TRANSFER, TRANSFER_END.c.state, TRANSFER_END.c.ended_us).join(
    TRANSFER_END, TRANSFER_END.c.transfer == TRANSFER.c.id, isouter=True
)


def _transfer(row: _Row) -> Transfer:
    offer = Offer(
        row.asset,
        Facet(row.facet),
        row.from_party,
        row.to_party,
        row.expires_us,
        row.reference,
        row.delegation,
    )
    state = State(row.state) if row.state else State.PROPOSED
    return Transfer(row.id, offer, row.proposer, row.proposed_us, state, row.ended_us or 0)

"""What was decided: a row for each claim, to hold new disputes against and for panels to look up."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.outcomes import granted, result
from gateway.ownership.disputes.tables import DISPUTE_PRECEDENT
from gateway.ownership.disputes.values import Claim, Disposition

SETTLED = "settled"
"""The outcome of what parties agreed on; otherwise it is a ``Result``."""

_TABLE = DISPUTE_PRECEDENT.c


@dataclass(frozen=True, slots=True)
class Precedent:
    """How one claim came out. ``holder`` was given the facet, empty: it stayed where it was.

    ``reasons`` is the digest of the ruling's reasons; ``valid_*`` is the time that was decided about.
    """

    number: int
    dispute: str
    kind: str
    asset: str
    asset_type: str
    facet: str
    party: str
    basis: str
    holder: str
    granted: bool
    outcome: str
    reasons: str
    valid_from_us: int
    valid_to_us: int
    decided_us: int
    revision: int


def write_ruling(change: Change, case: Case) -> None:
    """Makes a precedent of each claim that the ruling decides."""
    ruling = case.ruling
    if ruling is None:
        raise AssertionError("what is final has a ruling")
    outcome = result(case, ruling.dispositions).value
    _write(change, case, ruling.dispositions, outcome, ruling.reasons, ruling.term_us)


def write_settlement(change: Change, case: Case) -> None:
    """Makes a precedent of each claim that the parties settled."""
    settled = case.settled
    if settled is None:
        raise AssertionError("what is settled has a settlement")
    _write(change, case, settled.dispositions, SETTLED, settled.terms, None)


def decided(
    connection: Connection, asset: str, facet: str, from_us: int, to_us: int
) -> tuple[Precedent, ...]:
    """What was decided about a facet of an asset for any part of an interval."""
    query = select(DISPUTE_PRECEDENT).where(
        _TABLE.asset == asset,
        _TABLE.facet == facet,
        _TABLE.valid_from_us < to_us,
        _TABLE.valid_to_us > from_us,
    )
    return _read(connection, query)


def search(  # noqa: PLR0913 - each narrows the search
    connection: Connection,
    *,
    facet: str = "",
    asset_type: str = "",
    basis: str = "",
    outcome: str = "",
    after: int = 0,
    limit: int = 100,
) -> tuple[Precedent, ...]:
    """Final decisions by facet, type of asset, ground and outcome, in the order in which they were made.

    Those behind the precedent ``after``; empty means any.
    """
    wanted = {"facet": facet, "asset_type": asset_type, "basis": basis, "outcome": outcome}
    narrowed = [_TABLE[name] == value for name, value in wanted.items() if value]
    return _read(connection, select(DISPUTE_PRECEDENT).where(_TABLE.number > after, *narrowed).limit(limit))


def _write(  # noqa: PLR0913, PLR0917 - what was decided, and how
    change: Change,
    case: Case,
    dispositions: Iterable[Disposition],
    outcome: str,
    reasons: str,
    term_us: int | None,
) -> None:
    holders = {each.facet: each.holder for each in dispositions}
    for claim in case.claims:
        if claim.facet not in holders:
            continue
        holder = holders[claim.facet]
        change.connection.execute(
            insert(DISPUTE_PRECEDENT).values(
                dispute=case.id,
                kind=case.kind.value,
                asset=case.asset,
                asset_type=case.asset_type,
                facet=claim.facet,
                party=claim.party,
                basis=claim.basis,
                holder=holder,
                granted=int(granted(claim, holder)),
                outcome=outcome,
                reasons=reasons,
                valid_from_us=claim.valid_from_us,
                valid_to_us=_until(claim, term_us),
                decided_us=change.at_us,
                revision=change.revision,
            )
        )


def _until(claim: Claim, term_us: int | None) -> int:
    ends = [each for each in (claim.valid_to_us, term_us) if each is not None]
    return max(min(ends, default=FOREVER), claim.valid_from_us)


def _read(connection: Connection, query: Select[Any]) -> tuple[Precedent, ...]:
    return tuple(_precedent(row) for row in connection.execute(query.order_by(_TABLE.number)))


def _precedent(row: Row[Any]) -> Precedent:
    values = row._asdict()
    return Precedent(**{**values, "granted": bool(row.granted)})

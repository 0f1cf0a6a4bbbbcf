"""Interim measures: what binds an asset while its dispute lasts. Other parts ask here before they act."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from gateway.control.changes import Change
from gateway.control.schema import FOREVER
from gateway.errors import MatterDisputed
from gateway.ownership.disputes.tables import DISPUTE_MEASURE
from gateway.ownership.disputes.values import MeasureKind

_MEASURE = DISPUTE_MEASURE.c


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure from ``from_us`` until before ``until_us``.

    ``STATUS_QUO`` names the facets that stay where they are, ``UNION_OF_DENIES`` the departments whose
    denials count; ``SUSPENDED`` names neither.
    """

    dispute: str
    kind: MeasureKind
    asset: str
    facets: tuple[str, ...]
    departments: tuple[str, ...]
    from_us: int
    until_us: int


def in_force(connection: Connection, at_us: int) -> tuple[Measure, ...]:
    """Every measure that binds at a time, by asset."""
    query = select(DISPUTE_MEASURE).where(_MEASURE.from_us <= at_us, _MEASURE.until_us > at_us)
    return _measures(connection.execute(query.order_by(_MEASURE.asset, _MEASURE.number)))


def of_dispute(connection: Connection, dispute: str) -> tuple[Measure, ...]:
    """Every measure of a dispute, ended ones too, in the order in which they began."""
    query = select(DISPUTE_MEASURE).where(_MEASURE.dispute == dispute)
    return _measures(connection.execute(query.order_by(_MEASURE.number)))


def disputed_by(connection: Connection, at_us: int) -> Mapping[str, tuple[str, ...]]:
    """By asset, the departments whose denials bind beside those of its owner."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for measure in in_force(connection, at_us):
        found[measure.asset].update(measure.departments)
    return {asset: tuple(sorted(names)) for asset, names in found.items() if names}


def suspended(connection: Connection, at_us: int) -> Mapping[str, str]:
    """By asset that nobody may use now, the dispute under which that was ordered."""
    measures = in_force(connection, at_us)
    return {each.asset: each.dispute for each in measures if each.kind is MeasureKind.SUSPENDED}


def frozen(connection: Connection, asset: str, facet: str, at_us: int) -> str:
    """The dispute under which a facet stays where it is; empty if it is free."""
    query = select(_MEASURE.dispute).where(
        _MEASURE.asset == asset,
        _MEASURE.facet == facet,
        _MEASURE.kind == MeasureKind.STATUS_QUO.value,
        _MEASURE.from_us <= at_us,
        _MEASURE.until_us > at_us,
    )
    dispute: str | None = connection.scalar(query.limit(1))
    return dispute or ""


def require_unfrozen(connection: Connection, asset: str, facet: str, at_us: int) -> None:
    """Raises ``MatterDisputed``, which names the dispute, while a facet must stay where it is."""
    dispute = frozen(connection, asset, facet, at_us)
    if dispute:
        raise MatterDisputed(
            f"The {facet} of {asset} stays where it is until dispute {dispute} ends.",
            reason_admin=f"status quo of dispute {dispute}",
        )


def order(  # noqa: PLR0913 - what a measure is made of
    change: Change,
    dispute: str,
    kind: MeasureKind,
    asset: str,
    *,
    facets: Iterable[str] = ("",),
    departments: Iterable[str] = ("",),
) -> None:
    """Puts a measure into force from this change on, as far as it is not in force already."""
    there = {
        (row.facet, row.department)
        for row in change.connection.execute(select(DISPUTE_MEASURE).where(*_running(dispute, kind)))
    }
    wanted = {(facet, department) for facet in facets for department in departments} - there
    for facet, department in sorted(wanted):
        change.connection.execute(
            insert(DISPUTE_MEASURE).values(
                dispute=dispute,
                kind=kind.value,
                asset=asset,
                facet=facet,
                department=department,
                from_us=change.at_us,
                until_us=FOREVER,
                revision=change.revision,
            )
        )


def lift(change: Change, dispute: str, *kinds: MeasureKind) -> int:
    """Ends the measures of these kinds in a dispute, or all of them; how many rows that were."""
    done = 0
    for kind in kinds or tuple(MeasureKind):
        ended = change.connection.execute(
            update(DISPUTE_MEASURE).where(*_running(dispute, kind)).values(until_us=change.at_us)
        )
        done += ended.rowcount
    return done


def _running(dispute: str, kind: MeasureKind) -> tuple[ColumnElement[bool], ...]:
    return (_MEASURE.dispute == dispute, _MEASURE.kind == kind.value, _MEASURE.until_us == FOREVER)


def _measures(rows: Iterable[Row[tuple[object, ...]]]) -> tuple[Measure, ...]:
    grouped: defaultdict[tuple[str, str, str, int, int], list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in rows:
        grouped[row.dispute, row.kind, row.asset, row.from_us, row.until_us].append(row)
    return tuple(
        Measure(
            dispute,
            MeasureKind(kind),
            asset,
            tuple(sorted({row.facet for row in members} - {""})),
            tuple(sorted({row.department for row in members} - {""})),
            from_us,
            until_us,
        )
        for (dispute, kind, asset, from_us, until_us), members in grouped.items()
    )

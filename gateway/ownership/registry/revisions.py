"""What came to be believed otherwise between two moments, whatever rows say it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.history import Assertion, believed_of
from gateway.ownership.registry.tables import OWNERSHIP_ASSERTION

_Said = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Shift:
    """Over ``valid_*`` the facet was believed to be ``before``'s and then ``after``'s; None: nobody's.

    Each is the assertion that said so. Two that name the same holder on the same ground are no shift.
    """

    asset: str
    facet: Facet
    valid_from_us: int
    valid_to_us: int
    before: Assertion | None
    after: Assertion | None


def belief_diff(connection: Connection, earlier_us: int, later_us: int, asset: str = "") -> tuple[Shift, ...]:
    """Where what was known at ``later_us`` differs from what was known at ``earlier_us``.

    Of one asset, or of all; by asset, facet and valid time.
    """
    assets = [asset] if asset else _touched_between(connection, earlier_us, later_us)
    before = _by_facet(believed_of(connection, assets, earlier_us))
    after = _by_facet(believed_of(connection, assets, later_us))
    return tuple(
        shift
        for key in sorted(before.keys() | after.keys())
        for shift in _shifts(key, before.get(key, []), after.get(key, []))
    )


def _touched_between(connection: Connection, earlier_us: int, later_us: int) -> list[str]:
    said = OWNERSHIP_ASSERTION.c
    begun = and_(said.recorded_from_us > earlier_us, said.recorded_from_us <= later_us)
    closed = and_(said.recorded_to_us > earlier_us, said.recorded_to_us <= later_us)
    return list(connection.scalars(select(said.asset).where(or_(begun, closed)).distinct()))


def _by_facet(assertions: Iterable[Assertion]) -> dict[tuple[str, Facet], list[Assertion]]:
    found: dict[tuple[str, Facet], list[Assertion]] = {}
    for each in assertions:
        found.setdefault((each.asset, each.facet), []).append(each)
    return found


def _shifts(key: tuple[str, Facet], before: list[Assertion], after: list[Assertion]) -> Iterator[Shift]:
    """Between two turns of either belief nothing changes, so one look at each such stretch is enough."""
    turns = {turn for each in (*before, *after) for turn in (each.valid_from_us, each.valid_to_us)}
    open_shift: Shift | None = None
    for from_us, to_us in zip(sorted(turns), sorted(turns)[1:], strict=False):
        old, new = _at(before, from_us), _at(after, from_us)
        if _said(old) == _said(new):
            continue
        if open_shift is not None and _continues(open_shift, from_us, old, new):
            open_shift = Shift(*key, open_shift.valid_from_us, to_us, open_shift.before, open_shift.after)
            continue
        if open_shift is not None:
            yield open_shift
        open_shift = Shift(*key, from_us, to_us, old, new)
    if open_shift is not None:
        yield open_shift


def _continues(shift: Shift, from_us: int, old: Assertion | None, new: Assertion | None) -> bool:
    same = (_said(shift.before), _said(shift.after)) == (_said(old), _said(new))
    return same and shift.valid_to_us == from_us


def _at(assertions: list[Assertion], valid_at_us: int) -> Assertion | None:
    return next((each for each in assertions if each.valid_from_us <= valid_at_us < each.valid_to_us), None)


def _said(assertion: Assertion | None) -> _Said:
    return None if assertion is None else (assertion.holder, assertion.basis.value)

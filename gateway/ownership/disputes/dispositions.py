"""What rulings and settlements may dispose of: the disputed facets, to parties of the dispute. Pure."""

from collections.abc import Iterable

from audit.entry import Facts
from gateway.errors import Impossible
from gateway.ownership.disputes.case import Case, adapter
from gateway.ownership.disputes.values import Condition, Disposition


def require_sound(case: Case, dispositions: Iterable[Disposition], at_us: int) -> None:
    """Raises ``Impossible`` for a facet that is not disputed, a stranger, or a time that nobody claimed."""
    given = list(dispositions)
    if len({each.facet for each in given}) != len(given):
        raise Impossible("A facet is given once; two holders of one contradict each other.")
    parties = {party.id for party in case.parties}
    for each in given:
        if each.facet not in case.facets:
            raise Impossible(f"{each.facet} is not in dispute here, so it cannot be disposed of.")
        if each.holder and each.holder not in parties:
            raise Impossible(f"{each.holder} is no party of the dispute, so it can be given nothing.")
        _require_claimed_time(case, each, at_us)


def require_complete(case: Case, dispositions: Iterable[Disposition]) -> None:
    """Raises ``Impossible`` where a disputed facet is left open."""
    left = sorted(set(case.facets) - {each.facet for each in dispositions})
    if left:
        raise Impossible(f"A ruling decides all that is disputed; say who holds {', '.join(left)}.")


def require_bound(case: Case, conditions: Iterable[Condition]) -> None:
    """Raises ``Impossible`` for a condition of somebody who is no party."""
    parties = {party.id for party in case.parties}
    for each in conditions:
        if each.party not in parties:
            raise Impossible(f"{each.party} is no party of the dispute, so no condition binds it.")


def facts(value: object) -> Facts:
    """A value of a dispute as an event and its record say it."""
    dumped: Facts = adapter(type(value)).dump_python(value, mode="json")  # type: ignore[arg-type]  # as there
    return dumped


def _require_claimed_time(case: Case, given: Disposition, at_us: int) -> None:
    if given.valid_from_us is None:
        return
    if given.valid_from_us > at_us:
        raise Impossible("Nothing is given from a time in the future: it would stay undecided until then.")
    earliest = min(claim.valid_from_us for claim in case.claims if claim.facet == given.facet)
    if given.valid_from_us < earliest:
        raise Impossible(f"Nobody claims {given.facet} for a time as early as that.")

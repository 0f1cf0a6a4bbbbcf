"""How a dossier says moments, figures and people."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from gateway.control.schema import FOREVER
from gateway.ownership.evidence.intervals import Estimate, Place

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORT = 12


def moment(us: int | None) -> str:
    """A moment in UTC, to the second; the end of time is said as such."""
    if us is None or us >= FOREVER:
        return "without end"
    return _at(us).strftime("%Y-%m-%d %H:%M:%S")


def labels(moments: Iterable[int]) -> dict[int, str]:
    """A label for each moment, as short as it may be and still unlike the others."""
    known = sorted(set(moments))
    same_day = len({us // 86_400_000_000 for us in known}) <= 1
    clock = "%H:%M:%S" if same_day else "%m-%d %H:%M:%S"
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", clock):
        found = {us: _at(us).strftime(form) for us in known}
        if len(set(found.values())) == len(known):
            return found
    return {us: f"{_at(us).strftime(clock)}.{us % 1_000_000:06d}" for us in known}


def bounded(estimate: Estimate | None, per: int, unit: str = "") -> str:
    """A figure with its bounds, never without."""
    if estimate is None:
        return "not known"
    value, low, high = (part * per for part in (estimate.value, estimate.low, estimate.high))
    return f"{value:,.1f}{unit} ({low:,.1f} to {high:,.1f})"


def placed(place: Place) -> str:
    """The places that may be somebody's."""
    return str(place.best) if place.best == place.worst else f"{place.best} to {place.worst}"


def spoken(word: str) -> str:
    """A name of ours in words."""
    return word.replace("_", " ").replace("ip holder", "IP holder")


def short(opaque: str) -> str:
    """The beginning of a digest or an opaque id, which is enough to tell one from another."""
    return opaque if len(opaque) <= _SHORT else f"{opaque[:_SHORT]}…"


def _at(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)

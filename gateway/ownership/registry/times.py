"""Times as people give them and as the tables keep them: microseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta

from gateway.errors import Impossible

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What both policy engines count nanoseconds for; see the policy input's schema.
_LAST = datetime(2200, 1, 1, tzinfo=UTC)


def microseconds(time: datetime) -> int:
    """The time in microseconds since 1970 UTC."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def rfc3339(time_us: int) -> str:
    """The time as text, in UTC."""
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat().replace("+00:00", "Z")


def span(starts: datetime | None, expires: datetime, now_us: int) -> tuple[int, int]:
    """From when to when something holds that is agreed now; raises ``Impossible``."""
    first = now_us if starts is None else max(now_us, microseconds(starts))
    last = microseconds(expires)
    if expires >= _LAST:
        raise Impossible("It must end before the year 2200.", param="expires")
    if last <= now_us:
        raise Impossible("It would have ended already; give a later time.", param="expires")
    if last <= first:
        raise Impossible("It would end before it starts; give a later end.", param="expires")
    return first, last

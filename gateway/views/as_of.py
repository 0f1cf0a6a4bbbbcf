"""Questions about what held at one time, as known at one time."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from gateway.views.base import Query, micros


class AsOfQuery(Query):
    """At which moment."""

    valid_at: AwareDatetime | None = Field(None, description="Those in force then; by default now.")
    known_at: AwareDatetime | None = Field(None, description="As known then; by default as known now.")


def or_default(at: datetime | None, default_us: int) -> int:
    """A moment in microseconds, or what holds where none is given."""
    return default_us if at is None else micros(at)

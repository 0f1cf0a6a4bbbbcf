from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# The EU's AI Act (Regulation 2024/1689, articles 19 and 26) wants logs kept for six months at least.
FLOOR_DAYS = 183


@dataclass(frozen=True, slots=True)
class Retention:
    """How long payloads stay readable, in days, by department; at least ``FLOOR_DAYS`` each."""

    default_days: int
    by_department: Mapping[str, int]

    def __post_init__(self) -> None:
        short = [days for days in (self.default_days, *self.by_department.values()) if days < FLOOR_DAYS]
        if short:
            raise ValueError(f"retention must be at least {FLOOR_DAYS} days, not {min(short)}")

    def first_month_kept(self, department: str, now: datetime) -> str:
        """The earliest month (``2026-05``) of which some day is still within the department's retention."""
        days = self.by_department.get(department, self.default_days)
        return (now - timedelta(days=days)).strftime("%Y-%m")

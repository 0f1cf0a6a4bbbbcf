"""Disputes and mandates."""

import sqlalchemy as sa
from alembic import op

from gateway.control.append_only import guard, guard_insert
from gateway.control.schema import FOREVER, WIDE

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EVENT = ("step", "state", "at_us", "due_us", "revision", "actor", "department", "party", "detail")
_MEASURE = ("dispute", "kind", "asset", "facet", "department", "from_us")
_PLACED = {
    "dispute_exhibit": (
        "party",
        "name",
        "query",
        "tree_size",
        "root",
        "note",
        "entries",
        "result_sha256",
        "revision",
    ),
    "dispute_recommendation": ("input", "answer", "revision"),
}
_PRECEDENT = (
    "dispute",
    "kind",
    "asset",
    "asset_type",
    "facet",
    "party",
    "basis",
    "holder",
    "granted",
    "outcome",
    "reasons",
    "valid_from_us",
    "valid_to_us",
    "decided_us",
    "revision",
)
_COUNTED = {"seq", "place", "tree_size"}


def upgrade() -> None:
    """Makes the tables."""
    _table("dispute", ("kind", "asset", "initiator", "opened_us", "revision"), key="id")
    op.create_index("dispute_asset", "dispute", ["asset"])
    guard("dispute", "id")
    _table("dispute_text", ("dispute", "salt", "text"), key="digest")
    op.create_index("dispute_text_dispute", "dispute_text", ["dispute"])
    guard("dispute_text", "digest")
    _numbered("dispute_event", "seq", _EVENT)
    op.create_index("dispute_event_due", "dispute_event", ["due_us"])
    for name, columns in _PLACED.items():
        _numbered(name, "place", columns)
    _precedents()
    _measures()


def _table(name: str, columns: tuple[str, ...], key: str = "number") -> None:
    first = sa.Column(key, WIDE if key == "number" else sa.Text, primary_key=True)
    op.create_table(name, first, *(_column(each) for each in columns), sqlite_strict=True)


def _column(name: str) -> sa.Column[int] | sa.Column[str]:
    if name == "granted":
        return sa.Column(name, sa.Integer, nullable=False)
    if name.endswith("_us") or name == "revision" or name in _COUNTED:
        return sa.Column(name, WIDE, nullable=False)
    return sa.Column(name, sa.Text, nullable=False)


def _numbered(name: str, place: str, columns: tuple[str, ...]) -> None:
    """A table whose rows of one dispute are numbered without gaps, in the order in which they came."""
    _table(name, ("dispute", place, *columns))
    op.create_index(
        f"{name}_order" if place == "seq" else f"{name}_{place}", name, ["dispute", place], unique=True
    )
    guard(name, "number")
    there = f"SELECT count(*) FROM {name} WHERE dispute = new.dispute"  # noqa: S608 - names are ours
    guard_insert(name, f"new.{place} = 1 + ({there})")


def _precedents() -> None:
    _table("dispute_precedent", _PRECEDENT)
    op.create_index("dispute_precedent_asset", "dispute_precedent", ["asset", "facet"])
    op.create_index("dispute_precedent_dispute", "dispute_precedent", ["dispute"])
    guard("dispute_precedent", "number")


def _measures() -> None:
    _table("dispute_measure", (*_MEASURE, "until_us", "revision"))
    op.create_index("dispute_measure_asset", "dispute_measure", ["asset", "until_us"])
    op.create_index("dispute_measure_until", "dispute_measure", ["until_us"])
    same = " AND ".join(f"new.{each} = old.{each}" for each in ("number", *_MEASURE, "revision"))
    guard(
        "dispute_measure",
        "number",
        update=f"{same} AND old.until_us = {FOREVER} AND new.until_us < {FOREVER}",
    )

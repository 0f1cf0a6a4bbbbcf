"""Grants, delegations and transfers."""

import sqlalchemy as sa
from alembic import op

from gateway.control.append_only import guard
from gateway.control.schema import FOREVER, WIDE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = ("number", "id")
_TIMES = ("valid_from_us", "valid_to_us", "recorded_from_us")
_GRANT = (
    "asset",
    "department",
    "action",
    "class_ceiling",
    "use_case",
    "grantor",
    "under",
    "delegation",
    "giver",
)
_DELEGATION = ("asset", "root", "delegator", "delegate", "class_ceiling", "under", "giver")


def upgrade() -> None:
    """Makes the tables."""
    _believed("asset_grant", _GRANT, ("option",))
    op.create_index("asset_grant_delegation", "asset_grant", ["delegation"])
    _believed("delegation", _DELEGATION, ("may_grant", "may_transfer", "depth"))
    op.create_index("delegation_delegate", "delegation", ["delegate", "recorded_to_us"])
    _transfer()


def _believed(name: str, texts: tuple[str, ...], numbers: tuple[str, ...]) -> None:
    op.create_table(
        name,
        sa.Column("number", WIDE, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        *(sa.Column(each, sa.Text, nullable=False) for each in texts),
        *(sa.Column(each, sa.Integer, nullable=False) for each in numbers),
        *(sa.Column(each, WIDE, nullable=False) for each in (*_TIMES, "recorded_to_us", "revision")),
        sa.CheckConstraint("valid_from_us < valid_to_us", name=f"{name}_valid"),
        sa.CheckConstraint("recorded_from_us <= recorded_to_us", name=f"{name}_recorded"),
        sqlite_strict=True,
    )
    now = sa.text(f"recorded_to_us = {FOREVER}")
    once = ["id", "valid_from_us"]
    op.create_index(f"{name}_once", name, once, unique=True, sqlite_where=now, postgresql_where=now)
    op.create_index(f"{name}_asset", name, ["asset", "recorded_to_us"])
    op.create_index(f"{name}_begun", name, ["recorded_from_us"])
    op.create_index(f"{name}_ended", name, ["recorded_to_us"])
    op.create_index(f"{name}_under", name, ["under"])
    # A belief ends once, and nothing else about it ever changes.
    same = " AND ".join(f"new.{each} = old.{each}" for each in (*_ID, *texts, *numbers, *_TIMES, "revision"))
    ends = f"old.recorded_to_us = {FOREVER} AND new.recorded_to_us < {FOREVER}"
    guard(name, "number", update=f"{same} AND {ends}")


def _transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(each, sa.Text, nullable=False)
            for each in ("asset", "facet", "from_party", "to_party", "delegation", "reference", "proposer")
        ),
        *(sa.Column(each, WIDE, nullable=False) for each in ("proposed_us", "expires_us", "revision")),
        sqlite_strict=True,
    )
    op.create_index("transfer_asset", "transfer", ["asset", "facet"])
    op.create_table(
        "transfer_end",
        sa.Column("transfer", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ended_us", WIDE, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("revision", WIDE, nullable=False),
        sa.CheckConstraint(
            "state IN ('accepted', 'declined', 'revoked', 'expired')", name="transfer_end_state"
        ),
        sqlite_strict=True,
    )
    guard("transfer", "id")
    guard("transfer_end", "transfer")

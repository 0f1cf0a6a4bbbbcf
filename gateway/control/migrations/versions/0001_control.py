"""The order of changes, and who made them."""

import secrets

import sqlalchemy as sa
from alembic import op

from gateway.control.append_only import guard
from gateway.control.schema import WIDE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables and the head row."""
    head = op.create_table(
        "control_head",
        sa.Column("id", WIDE, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("store", sa.Text, nullable=False),
        sa.Column("revision", WIDE, nullable=False),
        sa.Column("at_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "control_change",
        sa.Column("revision", WIDE, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("at_us", WIDE, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("entry_index", WIDE, nullable=False),
        sqlite_strict=True,
    )
    grows = (
        "new.id = old.id AND new.store = old.store AND new.revision > old.revision AND new.at_us > old.at_us"
    )
    guard("control_head", "id", update=grows)
    guard("control_change", "revision", "id")
    op.execute(sa.insert(head).values(id=1, store=secrets.token_hex(8), revision=0, at_us=0))

"""Proposals that wait for a second person, and idempotency keys."""

import sqlalchemy as sa
from alembic import op

from gateway.control.append_only import guard
from gateway.control.schema import WIDE

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "operation_proposal",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("proposer", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("proposed_us", WIDE, nullable=False),
        sa.Column("expires_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    verdicts = sa.CheckConstraint("verdict IN ('consented', 'declined', 'withdrawn')")
    op.create_table(
        "operation_answer",
        sa.Column("proposal", sa.Text, sa.ForeignKey("operation_proposal.id"), primary_key=True),
        sa.Column("verdict", sa.Text, verdicts, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("answered_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "operation_request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("revision", WIDE, nullable=False),
        sa.Column("at_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    guard("operation_proposal", "id")
    guard("operation_answer", "proposal")
    guard("operation_request", "id")

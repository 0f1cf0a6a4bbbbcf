"""Policy bundles and what is active."""

import sqlalchemy as sa
from alembic import op

from gateway.control.append_only import guard
from gateway.control.schema import WIDE

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _bundles()
    _activations()
    _trials()
    _break_glass()
    op.create_table(
        "policy_replica",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seen_us", WIDE, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _bundles() -> None:
    origins = "origin IN ('seed', 'folder', 'git')"
    op.create_table(
        "policy_bundle",
        sa.Column("revision", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, sa.CheckConstraint(origins), nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("modules", sa.Integer, nullable=False),
        sa.Column("tests", sa.Integer, nullable=False),
        sa.Column("built_by", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("built_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    guard("policy_bundle", "revision", "digest")


def _activations() -> None:
    ways, bundle = "how IN ('seed', 'activate', 'rollback')", "policy_bundle.revision"
    op.create_table(
        "policy_activation",
        sa.Column("number", WIDE, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Text, sa.ForeignKey(bundle), nullable=False),
        sa.Column("how", sa.Text, sa.CheckConstraint(ways), nullable=False),
        sa.Column("under", WIDE, sa.ForeignKey("policy_activation.number"), nullable=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("at_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    guard("policy_activation", "number")


def _break_glass() -> None:
    texts = ("asset", "department", "taken_by", "owner", "reason")
    op.create_table(
        "policy_break_glass",
        sa.Column("grant", sa.Text, primary_key=True),
        *(sa.Column(each, sa.Text, nullable=False) for each in texts),
        sa.Column("from_us", WIDE, nullable=False),
        sa.Column("until_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    guard("policy_break_glass", '"grant"')


def _trials() -> None:
    lanes, bundle = "lane IN ('canary', 'shadow')", "policy_bundle.revision"
    op.create_table(
        "policy_trial",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", WIDE, nullable=False),
        sa.Column("lane", sa.Text, sa.CheckConstraint(lanes), nullable=False),
        sa.Column("revision", sa.Text, sa.ForeignKey(bundle), nullable=True),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at_us", WIDE, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("policy_trial_lane", "policy_trial", ["lane", "number"])
    guard("policy_trial", "id")

"""Tables of policies: bundles, what was active when, what is on trial, what replicas say of themselves."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from gateway.control.schema import METADATA, WIDE

# Every policy that passed its checks, as the bundle that is served; never changed, never deleted.
BUNDLE = Table(
    "policy_bundle",
    METADATA,
    Column("revision", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("content", LargeBinary, nullable=False),
    Column("environment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("origin", Text, CheckConstraint("origin IN ('seed', 'folder', 'git')"), nullable=False),
    Column("reference", Text, nullable=False),
    Column("modules", Integer, nullable=False),
    Column("tests", Integer, nullable=False),
    Column("built_by", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("built_us", WIDE, nullable=False),
    sqlite_strict=True,
)

# ``number`` is the revision of the change that activated. ``under`` is the row that it lies on: where a
# rollback leads.
ACTIVATION = Table(
    "policy_activation",
    METADATA,
    Column("number", WIDE, primary_key=True, autoincrement=False),
    Column("revision", Text, ForeignKey("policy_bundle.revision"), nullable=False),
    Column("how", Text, CheckConstraint("how IN ('seed', 'activate', 'rollback')"), nullable=False),
    Column("under", WIDE, ForeignKey("policy_activation.number"), nullable=True),
    Column("actor", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("at_us", WIDE, nullable=False),
    sqlite_strict=True,
)

# The newest row of a lane is what is on trial in it; one without a revision ends the trial before it.
TRIAL = Table(
    "policy_trial",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("number", WIDE, nullable=False),
    Column("lane", Text, CheckConstraint("lane IN ('canary', 'shadow')"), nullable=False),
    Column("revision", Text, ForeignKey("policy_bundle.revision"), nullable=True),
    Column("terms", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at_us", WIDE, nullable=False),
    Index("policy_trial_lane", "lane", "number"),
    sqlite_strict=True,
)

# Emergency access: the grant that was taken, why, and which owner was told.
BREAK_GLASS = Table(
    "policy_break_glass",
    METADATA,
    Column("grant", Text, primary_key=True),
    Column("asset", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("from_us", WIDE, nullable=False),
    Column("until_us", WIDE, nullable=False),
    sqlite_strict=True,
)

# What replicas say of themselves, outside the history: rows are replaced and go when nobody renews them.
REPLICA = Table(
    "policy_replica",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("seen_us", WIDE, nullable=False),
    Column("state", Text, nullable=False),
    sqlite_strict=True,
)

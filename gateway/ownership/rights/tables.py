"""Tables of rights: grants and delegations as they were believed when, and transfers with their ends."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text

from gateway.control.schema import FOREVER, METADATA, WIDE


def _believed(name: str, *columns: Column[object]) -> Table:
    """A table of what is believed of rights from when to when; at one time one row of an id holds.

    A row holds from ``valid_from_us`` to ``valid_to_us`` in the world and was believed by us from
    ``recorded_from_us`` to ``recorded_to_us``; ``revision`` is the change that it came with.
    """
    table = Table(
        name,
        METADATA,
        Column("number", WIDE, primary_key=True),
        Column("id", Text, nullable=False),
        *columns,
        Column("valid_from_us", WIDE, nullable=False),
        Column("valid_to_us", WIDE, nullable=False),
        Column("recorded_from_us", WIDE, nullable=False),
        Column("recorded_to_us", WIDE, nullable=False),
        Column("revision", WIDE, nullable=False),
        CheckConstraint("valid_from_us < valid_to_us", name=f"{name}_valid"),
        CheckConstraint("recorded_from_us <= recorded_to_us", name=f"{name}_recorded"),
        sqlite_strict=True,
    )
    now = table.c.recorded_to_us == FOREVER
    Index(
        f"{name}_once",
        table.c.id,
        table.c.valid_from_us,
        unique=True,
        sqlite_where=now,
        postgresql_where=now,
    )
    Index(f"{name}_asset", table.c.asset, table.c.recorded_to_us)
    Index(f"{name}_begun", table.c.recorded_from_us)
    Index(f"{name}_ended", table.c.recorded_to_us)
    Index(f"{name}_under", table.c.under)
    return table


# ``grantor`` gave it: the owner's department, or the holder of grant ``under`` who may grant on (``option``).
# ``delegation`` is the one that the giver acted by; empty for none, as ``under`` is.
GRANT = _believed(
    "asset_grant",
    Column("asset", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("class_ceiling", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("option", Integer, nullable=False),
    Column("grantor", Text, nullable=False),
    Column("under", Text, nullable=False),
    Column("delegation", Text, nullable=False),
    Column("giver", Text, nullable=False),
)
Index("asset_grant_delegation", GRANT.c.delegation)

# ``root`` is the owner at the head of the chain of delegations ``under`` each other; ``asset`` may be ``*``.
DELEGATION = _believed(
    "delegation",
    Column("asset", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("delegator", Text, nullable=False),
    Column("delegate", Text, nullable=False),
    Column("may_grant", Integer, nullable=False),
    Column("may_transfer", Integer, nullable=False),
    Column("class_ceiling", Text, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("under", Text, nullable=False),
    Column("giver", Text, nullable=False),
)
Index("delegation_delegate", DELEGATION.c.delegate, DELEGATION.c.recorded_to_us)

TRANSFER = Table(
    "transfer",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("asset", Text, nullable=False),
    Column("facet", Text, nullable=False),
    Column("from_party", Text, nullable=False),
    Column("to_party", Text, nullable=False),
    Column("delegation", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("proposer", Text, nullable=False),
    Column("proposed_us", WIDE, nullable=False),
    Column("expires_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Index("transfer_asset", "asset", "facet"),
    sqlite_strict=True,
)

# The key makes sure that a transfer ends once, whoever is quicker.
TRANSFER_END = Table(
    "transfer_end",
    METADATA,
    Column("transfer", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("ended_us", WIDE, nullable=False),
    Column("actor", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("revision", WIDE, nullable=False),
    CheckConstraint("state IN ('accepted', 'declined', 'revoked', 'expired')", name="transfer_end_state"),
    sqlite_strict=True,
)

"""The tables of the key database, which lives apart from the payloads, so that no backup holds both."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

_WIDE = BigInteger().with_variant(Integer, "sqlite")

METADATA = MetaData()

# Locked by whoever places a hold or erases, so that of the two one comes first.
GATE = Table(
    "gate",
    METADATA,
    Column("id", _WIDE, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    sqlite_strict=True,
)

# Whose payloads: a random id behind a keyed digest of what a department calls the person.
PERSON = Table(
    "person",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("department", Text, nullable=False),
    Column("lookup", LargeBinary, nullable=False),
    UniqueConstraint("department", "lookup"),
    sqlite_strict=True,
)

# ``wrapped`` is null once the key is erased; the row stays, so that "erased" is not taken for "never there".
DATA_KEY = Table(
    "data_key",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("department", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("kek", Text, nullable=False),
    Column("wrapped", LargeBinary),
    UniqueConstraint("person", "month"),
    Index("data_key_by_department", "department", "month"),
    sqlite_strict=True,
)

# What a key's payloads are about; an empty asset stands for any, and so does a key without a row.
KEY_ASSET = Table(
    "key_asset",
    METADATA,
    Column("data_key", Text, primary_key=True),
    Column("asset", Text, primary_key=True),
    sqlite_strict=True,
)

# An empty department, person, key or asset means any.
HOLD = Table(
    "hold",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("matter", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("data_key", Text, nullable=False),
    Column("placed_us", _WIDE, nullable=False),
    Column("released_us", _WIDE),
    Column("asset", Text, nullable=False, server_default=""),
    sqlite_strict=True,
)
# One matter holds one thing once at a time, whichever of two gateways is first.
HOLD_IN_FORCE = Index(
    "hold_in_force",
    HOLD.c.matter,
    HOLD.c.department,
    HOLD.c.person,
    HOLD.c.data_key,
    HOLD.c.asset,
    unique=True,
    sqlite_where=HOLD.c.released_us.is_(None),
    postgresql_where=HOLD.c.released_us.is_(None),
)

# What was done to keys and holds and is not in the log yet: written in the same transaction as the deed.
UNLOGGED = Table(
    "unlogged",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_strict=True,
)

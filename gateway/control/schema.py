"""The tables that order changes; each part of governance adds tables of its own to METADATA."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, MetaData, Table, Text

# SQLite keeps the key of a table in place only if its type is spelled INTEGER.
WIDE = BigInteger().with_variant(Integer, "sqlite")

METADATA = MetaData()

# The end of an interval that has none, in microseconds like every time here; such intervals are half-open.
FOREVER = 2**62

# One row, locked by every change: that is what gives changes their order. ``at_us`` never goes back, whatever
# a machine's clock does. ``store`` names this database in the log, where its records must be found again.
CONTROL_HEAD = Table(
    "control_head",
    METADATA,
    Column("id", WIDE, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("store", Text, nullable=False),
    Column("revision", WIDE, nullable=False),
    Column("at_us", WIDE, nullable=False),
    sqlite_strict=True,
)

# What was changed when and by whom; ``entry_index`` is where the log says so.
CONTROL_CHANGE = Table(
    "control_change",
    METADATA,
    Column("revision", WIDE, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("at_us", WIDE, nullable=False),
    Column("actor", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entry_index", WIDE, nullable=False),
    sqlite_strict=True,
)

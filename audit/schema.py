"""The tables of a log, and the query columns that are derived from leaf bytes."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from audit.entry import Entry

# SQLite keeps the key of a table in place only if its type is spelled INTEGER.
_WIDE = BigInteger().with_variant(Integer, "sqlite")

METADATA = MetaData()

HEAD = Table(
    "head",
    METADATA,
    Column("id", _WIDE, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("size", _WIDE, nullable=False),
    sqlite_strict=True,
)

# No batch column: a batch commits whole, so the id of its first entry is the name to look it up by.
ENTRY = Table(
    "entry",
    METADATA,
    Column("idx", _WIDE, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("wall_us", _WIDE, nullable=False),
    Column("actor", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Index("entry_by_request", "request_id"),
    sqlite_strict=True,
)

TILE = Table(
    "tile",
    METADATA,
    Column("level", _WIDE, primary_key=True, autoincrement=False),
    Column("number", _WIDE, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    sqlite_strict=True,
)

TREE = Table(
    "tree",
    METADATA,
    Column("id", _WIDE, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("size", _WIDE, nullable=False),
    Column("root", LargeBinary, nullable=False),
    sqlite_strict=True,
)

CHECKPOINT = Table(
    "checkpoint",
    METADATA,
    Column("size", _WIDE, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
)


ENTRY_COLUMNS = tuple(column.name for column in ENTRY.columns)


def derive_columns(entry: Entry) -> tuple[str | int, ...]:
    """What the columns after ``idx`` and ``leaf`` must hold; the verifier derives them again."""
    record = entry.record
    actor, resource = record.actor, record.resource
    return (
        entry.id,
        record.type.value,
        record.request_id,
        entry.wall_us,
        actor.id if actor else "",
        actor.department if actor else "",
        record.action,
        resource.id if resource else "",
        resource.owner if resource else "",
        record.decision.effect if record.decision else "",
        record.result.code if record.result else "",
        record.intent,
    )

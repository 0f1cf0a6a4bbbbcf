"""The tables of a log, and the query columns that are derived from leaf bytes."""

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
    literal_column,
)

from audit.append_only import guard
from audit.entry import Entry
from audit.errors import InvalidEntry

# SQLite keeps the key of a table in place only if its type is spelled INTEGER.
_WIDE = BigInteger().with_variant(Integer, "sqlite")

METADATA = MetaData()

# One row, updated by every commit; its lock is what makes the log one. ``verifier`` is the key that all
# gateways of the log must sign with; ``epoch`` counts on whenever one of them lost track of a commit.
HEAD = Table(
    "head",
    METADATA,
    Column("id", _WIDE, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("size", _WIDE, nullable=False),
    Column("epoch", _WIDE, nullable=False),
    sqlite_strict=True,
    # A page with room: each commit writes a new version of the row beside the last.
    postgresql_with={"fillfactor": 10},
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
    Column("attempt", Text, nullable=False),
    Index("entry_by_request", "request_id"),
    Index("entry_by_department", "department", "wall_us"),
    # Few entries have one, so few are in the index.
    Index(
        "entry_by_attempt",
        "attempt",
        sqlite_where=literal_column("attempt <> ''"),
        postgresql_where=literal_column("attempt <> ''"),
    ),
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

# Beside the log, not in it: a cosignature proves itself, and what witnesses said last is news, not evidence.
COSIGNATURE = Table(
    "cosignature",
    METADATA,
    Column("size", _WIDE, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("line", Text, nullable=False),
    sqlite_strict=True,
)
WITNESS = Table(
    "witness",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("size", _WIDE, nullable=False),
    Column("answered_us", _WIDE, nullable=False),
    Column("failed_us", _WIDE, nullable=False),
    Column("failed", Text, nullable=False),
    Column("refused_us", _WIDE, nullable=False),
    Column("refused_size", _WIDE, nullable=False),
    Column("refused", Text, nullable=False),
    sqlite_strict=True,
)

# Who writes, as far as others can tell: ``beat`` counts on while the writer lives, ``low`` is an index below
# which it has no open intent. Beside the log, not in it: nothing here is evidence.
WRITER = Table(
    "writer",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("beat", _WIDE, nullable=False),
    Column("low", _WIDE, nullable=False),
    sqlite_strict=True,
)

# How far each copy of the log has come, and which gateway feeds it until when. Beside the log, not in it.
SINK = Table(
    "sink",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("place", _WIDE, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until_us", _WIDE, nullable=False),
    sqlite_strict=True,
)

_GROWS = "new.id = old.id AND new.size >= old.size"
guard(
    HEAD, f"{_GROWS} AND new.origin = old.origin AND new.verifier = old.verifier AND new.epoch >= old.epoch"
)
guard(ENTRY)
guard(TREE, f"{_GROWS} AND (new.size > old.size OR new.root = old.root)")
guard(CHECKPOINT)
guard(
    TILE,
    "new.level = old.level AND new.number = old.number"
    " AND substr(new.hashes, 1, length(old.hashes)) = old.hashes",
)

ENTRY_COLUMNS = tuple(column.name for column in ENTRY.columns)
# What an idempotency key is known by, in the ``detail`` of an intent.
ATTEMPT = "attempt"


def require_storable(leaf: bytes, columns: tuple[str | int, ...]) -> None:
    """Refuse a NUL character in what is searched by, which PostgreSQL cannot keep; raises InvalidEntry."""
    if b"\\u0000" in leaf and any(isinstance(value, str) and "\0" in value for value in columns):
        raise InvalidEntry("an identifier of the record holds a NUL character")


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
        attempt if isinstance(attempt := record.detail.get(ATTEMPT), str) else "",
    )

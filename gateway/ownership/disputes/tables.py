"""The tables of disputes and mandates: what was done in them, and what other parts must find quickly."""

from sqlalchemy import Column, Index, Integer, Table, Text

from gateway.control.schema import METADATA, WIDE

DISPUTE = Table(
    "dispute",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("initiator", Text, nullable=False),
    Column("opened_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Index("dispute_asset", "asset"),
    sqlite_strict=True,
)

# A dispute is the fold of these; ``state`` and ``due_us`` say where it stands after one, and until when.
DISPUTE_EVENT = Table(
    "dispute_event",
    METADATA,
    Column("number", WIDE, primary_key=True),
    Column("dispute", Text, nullable=False),
    Column("seq", WIDE, nullable=False),
    Column("step", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at_us", WIDE, nullable=False),
    Column("due_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Column("actor", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("dispute_event_order", "dispute", "seq", unique=True),
    Index("dispute_event_due", "due_us"),
    sqlite_strict=True,
)

# What parties and panels wrote. Events and the log hold its digest, salted: a short text could be guessed.
DISPUTE_TEXT = Table(
    "dispute_text",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("dispute", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("dispute_text_dispute", "dispute"),
    sqlite_strict=True,
)

# One row for each facet or department that a measure binds, or one with neither for the whole asset.
DISPUTE_MEASURE = Table(
    "dispute_measure",
    METADATA,
    Column("number", WIDE, primary_key=True),
    Column("dispute", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("facet", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("from_us", WIDE, nullable=False),
    Column("until_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Index("dispute_measure_asset", "asset", "until_us"),
    Index("dispute_measure_until", "until_us"),
    sqlite_strict=True,
)

DISPUTE_EXHIBIT = Table(
    "dispute_exhibit",
    METADATA,
    Column("number", WIDE, primary_key=True),
    Column("dispute", Text, nullable=False),
    Column("place", WIDE, nullable=False),
    Column("party", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("tree_size", WIDE, nullable=False),
    Column("root", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("entries", Text, nullable=False),
    Column("result_sha256", Text, nullable=False),
    Column("revision", WIDE, nullable=False),
    Index("dispute_exhibit_place", "dispute", "place", unique=True),
    sqlite_strict=True,
)

DISPUTE_RECOMMENDATION = Table(
    "dispute_recommendation",
    METADATA,
    Column("number", WIDE, primary_key=True),
    Column("dispute", Text, nullable=False),
    Column("place", WIDE, nullable=False),
    Column("input", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("revision", WIDE, nullable=False),
    Index("dispute_recommendation_place", "dispute", "place", unique=True),
    sqlite_strict=True,
)

# What is decided, a row for each claim: what a new dispute is held against, and what panels look up.
DISPUTE_PRECEDENT = Table(
    "dispute_precedent",
    METADATA,
    Column("number", WIDE, primary_key=True),
    Column("dispute", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("asset_type", Text, nullable=False),
    Column("facet", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("granted", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("valid_from_us", WIDE, nullable=False),
    Column("valid_to_us", WIDE, nullable=False),
    Column("decided_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Index("dispute_precedent_asset", "asset", "facet"),
    Index("dispute_precedent_dispute", "dispute"),
    sqlite_strict=True,
)

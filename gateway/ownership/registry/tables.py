"""The registry's tables: parties, assets, how these hang together, and who is believed to hold what.

Rows stay as they were written but for their ends: a party may end, an asset retire, a link and an assertion
stop being believed, each once. ``recorded_*`` says when we believed something, ``valid_*`` when it is true in
the world; ``revision`` is the change that wrote the row and ``closed_revision`` the one that ended it, or 0.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, text

from gateway.control.schema import FOREVER, METADATA, WIDE

# ``belongs_to`` names the org unit of a person, group or service; empty for an org unit.
PARTY = Table(
    "party",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("belongs_to", Text, nullable=False),
    Column("recorded_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Column("ended_us", WIDE, nullable=False),
    Column("ended_revision", WIDE, nullable=False),
    Index("party_ended", "ended_revision"),
    sqlite_strict=True,
)

# ``successor`` stands in the place of ``predecessor`` from ``effective_us`` on, wholly or for a part.
PARTY_SUCCESSION = Table(
    "party_succession",
    METADATA,
    Column("id", WIDE, primary_key=True),
    Column("predecessor", Text, ForeignKey("party.id"), nullable=False),
    Column("successor", Text, ForeignKey("party.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("effective_us", WIDE, nullable=False),
    Column("recorded_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Index("party_succession_predecessor", "predecessor"),
    Index("party_succession_successor", "successor"),
    sqlite_strict=True,
)

# ``registered_us`` is from when somebody answers for the asset; it may lie before the row was recorded.
ASSET = Table(
    "asset",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("weight_hash", Text, nullable=False),
    Column("registered_us", WIDE, nullable=False),
    Column("recorded_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Column("retired_us", WIDE, nullable=False),
    Column("retired_revision", WIDE, nullable=False),
    Index("asset_revision", "revision"),
    Index("asset_retired_revision", "retired_revision"),
    sqlite_strict=True,
)

# ``child`` is ``part_of`` or ``derived_from`` its ``parent``.
ASSET_LINK = Table(
    "asset_link",
    METADATA,
    Column("id", WIDE, primary_key=True),
    Column("child", Text, ForeignKey("asset.id"), nullable=False),
    Column("parent", Text, ForeignKey("asset.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("recorded_from_us", WIDE, nullable=False),
    Column("recorded_to_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Column("closed_revision", WIDE, nullable=False),
    Index("asset_link_child", "child", "recorded_to_us"),
    Index("asset_link_parent", "parent", "recorded_to_us"),
    Index("asset_link_revision", "revision"),
    Index("asset_link_closed_revision", "closed_revision"),
    Index(
        "asset_link_believed",
        "child",
        "parent",
        "kind",
        unique=True,
        sqlite_where=text(f"recorded_to_us = {FOREVER}"),
        postgresql_where=text(f"recorded_to_us = {FOREVER}"),
    ),
    sqlite_strict=True,
)

# ``reference`` names what the assertion rests on (a transfer, a ruling, a reorganisation, a settings file);
# ``restates`` the assertion of which this row is what was left when a part of its time was given to another.
OWNERSHIP_ASSERTION = Table(
    "ownership_assertion",
    METADATA,
    Column("id", WIDE, primary_key=True),
    Column("asset", Text, ForeignKey("asset.id"), nullable=False),
    Column("facet", Text, nullable=False),
    Column("holder", Text, ForeignKey("party.id"), nullable=False),
    Column("basis", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("restates", WIDE, nullable=False),
    Column("valid_from_us", WIDE, nullable=False),
    Column("valid_to_us", WIDE, nullable=False),
    Column("recorded_from_us", WIDE, nullable=False),
    Column("recorded_to_us", WIDE, nullable=False),
    Column("revision", WIDE, nullable=False),
    Column("closed_revision", WIDE, nullable=False),
    CheckConstraint("valid_from_us < valid_to_us", name="ownership_assertion_valid"),
    CheckConstraint("recorded_from_us <= recorded_to_us", name="ownership_assertion_recorded"),
    # What is believed now lies together at the end of each facet's part of this index.
    Index("ownership_assertion_belief", "asset", "facet", "recorded_to_us", "valid_to_us"),
    Index("ownership_assertion_holder", "holder", "recorded_to_us"),
    Index("ownership_assertion_recorded_from", "recorded_from_us"),
    Index("ownership_assertion_recorded_to", "recorded_to_us"),
    sqlite_strict=True,
)

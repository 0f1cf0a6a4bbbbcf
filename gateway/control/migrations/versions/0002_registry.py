"""Parties, assets and who holds which facet of them."""

import sqlalchemy as sa
from alembic import op

from gateway.control.append_only import guard, guard_insert
from gateway.control.schema import FOREVER, WIDE

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LAST_CHANGE = "(SELECT at_us FROM control_head)"


def upgrade() -> None:
    """Makes the tables."""
    _make_parties()
    _make_assets()
    _make_links()
    _make_assertions()


def _make_parties() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("belongs_to", sa.Text, nullable=False),
        *_wide("recorded_us", "revision", "ended_us", "ended_revision"),
        sqlite_strict=True,
    )
    op.create_index("party_ended", "party", ["ended_revision"])
    op.create_table(
        "party_succession",
        sa.Column("id", WIDE, primary_key=True),
        sa.Column("predecessor", sa.Text, sa.ForeignKey("party.id"), nullable=False),
        sa.Column("successor", sa.Text, sa.ForeignKey("party.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        *_wide("effective_us", "recorded_us", "revision"),
        sqlite_strict=True,
    )
    op.create_index("party_succession_predecessor", "party_succession", ["predecessor"])
    op.create_index("party_succession_successor", "party_succession", ["successor"])
    guard_insert("party", f"new.ended_us = {FOREVER} AND {_fresh('party', 'recorded_us')}")
    kept = ("id", "kind", "belongs_to", "recorded_us", "revision")
    guard("party", "id", update=_ends("ended_us", "ended_revision", *kept))
    guard_insert("party_succession", f"new.recorded_us > {_LAST_CHANGE}")
    guard("party_succession", "id")


def _make_assets() -> None:
    op.create_table(
        "asset",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("weight_hash", sa.Text, nullable=False),
        *_wide("registered_us", "recorded_us", "revision", "retired_us", "retired_revision"),
        sqlite_strict=True,
    )
    op.create_index("asset_revision", "asset", ["revision"])
    op.create_index("asset_retired_revision", "asset", ["retired_revision"])
    guard_insert("asset", f"new.retired_us = {FOREVER} AND {_fresh('asset', 'recorded_us')}")
    kept = ("id", "type", "weight_hash", "registered_us", "recorded_us", "revision")
    guard("asset", "id", update=_ends("retired_us", "retired_revision", *kept))


def _make_links() -> None:
    op.create_table(
        "asset_link",
        sa.Column("id", WIDE, primary_key=True),
        sa.Column("child", sa.Text, sa.ForeignKey("asset.id"), nullable=False),
        sa.Column("parent", sa.Text, sa.ForeignKey("asset.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        *_wide("recorded_from_us", "recorded_to_us", "revision", "closed_revision"),
        sqlite_strict=True,
    )
    op.create_index("asset_link_child", "asset_link", ["child", "recorded_to_us"])
    op.create_index("asset_link_parent", "asset_link", ["parent", "recorded_to_us"])
    op.create_index("asset_link_revision", "asset_link", ["revision"])
    op.create_index("asset_link_closed_revision", "asset_link", ["closed_revision"])
    believed = sa.text(f"recorded_to_us = {FOREVER}")
    op.create_index(
        "asset_link_believed",
        "asset_link",
        ["child", "parent", "kind"],
        unique=True,
        sqlite_where=believed,
        postgresql_where=believed,
    )
    _guard_beliefs("asset_link", "child", "parent", "kind")


def _make_assertions() -> None:
    table = "ownership_assertion"
    op.create_table(
        table,
        sa.Column("id", WIDE, primary_key=True),
        sa.Column("asset", sa.Text, sa.ForeignKey("asset.id"), nullable=False),
        sa.Column("facet", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, sa.ForeignKey("party.id"), nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        *_wide("restates", "valid_from_us", "valid_to_us"),
        *_wide("recorded_from_us", "recorded_to_us", "revision", "closed_revision"),
        sa.CheckConstraint("valid_from_us < valid_to_us", name=f"{table}_valid"),
        sa.CheckConstraint("recorded_from_us <= recorded_to_us", name=f"{table}_recorded"),
        sqlite_strict=True,
    )
    op.create_index(f"{table}_belief", table, ["asset", "facet", "recorded_to_us", "valid_to_us"])
    op.create_index(f"{table}_holder", table, ["holder", "recorded_to_us"])
    op.create_index(f"{table}_recorded_from", table, ["recorded_from_us"])
    op.create_index(f"{table}_recorded_to", table, ["recorded_to_us"])
    said = ("asset", "facet", "holder", "basis", "reference", "restates", "valid_from_us", "valid_to_us")
    _guard_beliefs(table, *said)
    _refuse_overlap(table)


def _refuse_overlap(table: str) -> None:
    """No two assertions of one facet are believed at one time of one time in the world."""
    if op.get_bind().dialect.name == "sqlite":
        overlapping = (
            f"SELECT 1 FROM {table} AS other"  # noqa: S608 - names are ours
            " WHERE other.asset = new.asset AND other.facet = new.facet"
            " AND other.recorded_to_us > new.recorded_from_us AND other.recorded_from_us < new.recorded_to_us"
            " AND other.valid_to_us > new.valid_from_us AND other.valid_from_us < new.valid_to_us"
        )
        op.execute(
            f"CREATE TRIGGER {table}_overlap BEFORE INSERT ON {table} WHEN EXISTS ({overlapping})"
            f" BEGIN SELECT RAISE(ABORT, 'two assertions of one facet overlap'); END"
        )
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    # Over asset and facet each, the planner would also look up owners in this index, many times slower than
    # in the one made for that; a space stands in neither of the two.
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_overlap EXCLUDE USING gist"
        " ((asset || ' ' || facet) WITH =,"
        " int8range(valid_from_us, valid_to_us) WITH &&, int8range(recorded_from_us, recorded_to_us) WITH &&)"
    )


def _guard_beliefs(table: str, *said: str) -> None:
    """A row is believed from after the last change on, and may stop being believed after it.

    So no change rewrites what was believed before it.
    """
    guard_insert(table, f"new.recorded_to_us = {FOREVER} AND {_fresh(table, 'recorded_from_us')}")
    after = f"new.recorded_to_us > {_LAST_CHANGE} AND "
    kept = ("id", *said, "recorded_from_us", "revision")
    guard(table, "id", update=after + _ends("recorded_to_us", "closed_revision", *kept))


def _fresh(table: str, recorded: str) -> str:
    # INSERT OR REPLACE, which SQLite has, would delete the row of the same key.
    taken = f"SELECT 1 FROM {table} AS same WHERE same.id = new.id"  # noqa: S608 - names are ours
    return f"new.{recorded} > {_LAST_CHANGE} AND NOT EXISTS ({taken})"


def _ends(end: str, by: str, *kept: str) -> str:
    """What an update must satisfy: the end is set once, and all else stays."""
    same = " AND ".join(f"new.{column} = old.{column}" for column in kept)
    return f"old.{end} = {FOREVER} AND new.{end} < {FOREVER} AND old.{by} = 0 AND new.{by} > 0 AND {same}"


def _wide(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, WIDE, nullable=False) for name in names]

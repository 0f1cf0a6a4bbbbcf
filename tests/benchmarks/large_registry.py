"""A large registry of ownership, filled by statements over whole tables, under the database's own guards."""

from sqlalchemy import Connection, Table, insert, literal, select, text, update

from audit.database import Database
from gateway.control.schema import CONTROL_HEAD, FOREVER
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.tables import ASSET, ASSET_LINK, OWNERSHIP_ASSERTION, PARTY

START = 1_800_000_000_000_000
# What is believed of each asset is said so many times, by another holder each time.
GENERATIONS = 5
FACETS = (Facet.ACCOUNTABLE_OWNER, Facet.CUSTODIAN)
# One facet of one asset is corrected over and over.
CORRECTED, CORRECTIONS = "corrected", 1_000
# What all others are derived from; it alone names a steward.
BASE = "base"
LAST = START + GENERATIONS + CORRECTIONS
_ROWS_AT_ONCE = 10_000


def fill(database: Database, assets: int) -> None:
    """Puts that many assets and ten times as many assertions into an empty registry."""
    with database.write_lock, database.writer.begin() as connection:
        _add_parties_and_assets(connection, assets)
        for generation in range(1, GENERATIONS + 1):
            _say_anew(connection, START + generation, generation, FACETS, whole=True)
    for correction in range(1, CORRECTIONS + 1):
        revision = GENERATIONS + correction
        with database.write_lock, database.writer.begin() as connection:
            _say_anew(connection, START + revision, revision, FACETS[:1], whole=False)
    with database.write_lock, database.writer.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def _add_parties_and_assets(connection: Connection, assets: int) -> None:
    recorded = {"recorded_us": START, "revision": 1}
    lasting = {"belongs_to": "", "ended_us": FOREVER, "ended_revision": 0}
    units = [{"id": f"unit-{n}", "kind": "org_unit"} for n in range(1, GENERATIONS + 2)]
    _insert(connection, PARTY, [each | recorded | lasting for each in units])
    in_use = {"type": "dataset", "weight_hash": "", "registered_us": START}
    in_use |= {"retired_us": FOREVER, "retired_revision": 0}
    names = [BASE, CORRECTED, *(f"asset-{number}" for number in range(assets))]
    _insert(connection, ASSET, [{"id": name} | recorded | in_use for name in names])
    believed = {"recorded_from_us": START, "recorded_to_us": FOREVER, "revision": 1, "closed_revision": 0}
    below = [{"child": name, "parent": BASE, "kind": "derived_from"} for name in names[1:]]
    _insert(connection, ASSET_LINK, [each | believed for each in below])
    _say(connection, START, 1, Facet.STEWARD, BASE)


def _say_anew(
    connection: Connection, at_us: int, revision: int, facets: tuple[Facet, ...], *, whole: bool
) -> None:
    said = OWNERSHIP_ASSERTION.c
    closing = update(OWNERSHIP_ASSERTION).where(
        said.recorded_to_us == FOREVER, said.facet.in_(facets), *([] if whole else [said.asset == CORRECTED])
    )
    connection.execute(closing.values(recorded_to_us=at_us, closed_revision=revision))
    for facet in facets:
        _say(connection, at_us, revision, facet, "" if whole else CORRECTED)
    connection.execute(update(CONTROL_HEAD).values(revision=revision, at_us=at_us))


def _say(connection: Connection, at_us: int, revision: int, facet: Facet, only: str) -> None:
    values = {
        "facet": facet.value,
        "holder": f"unit-{revision % GENERATIONS + 1}",
        "basis": "charter",
        "reference": "",
        "restates": 0,
        "valid_from_us": START,
        "valid_to_us": FOREVER,
        "recorded_from_us": at_us,
        "recorded_to_us": FOREVER,
        "revision": revision,
        "closed_revision": 0,
    }
    rows = select(ASSET.c.id, *(literal(value) for value in values.values()))
    if only:
        rows = rows.where(ASSET.c.id == only)
    connection.execute(insert(OWNERSHIP_ASSERTION).from_select(["asset", *values], rows))


def _insert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(insert(table), rows[start : start + _ROWS_AT_ONCE])

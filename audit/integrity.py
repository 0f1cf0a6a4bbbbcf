"""What SQLite itself can say about a database file, and whether its tables are ours."""

from sqlalchemy import Connection, create_engine, text

from audit.schema import METADATA

_SCHEMA = text("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
_SHOWN = 3


def check_schema(connection: Connection) -> list[str]:
    """Tables, indexes, views and triggers that are not exactly those that this release makes."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as model:
            METADATA.create_all(model)
            expected = {tuple(row) for row in model.execute(_SCHEMA)}
    finally:
        engine.dispose()
    stored = {tuple(row) for row in connection.execute(_SCHEMA)}
    changed = sorted({str(row[1]) for row in expected ^ stored})
    return [f"the table or index {name} is not as this release makes it" for name in changed]


def check_pages(connection: Connection) -> list[str]:
    """What SQLite's own check of pages, cells, indexes and constraints finds."""
    answers = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA integrity_check({_SHOWN})")]
    return [] if answers == ["ok"] else [f"SQLite's integrity check: {answer}" for answer in answers]

"""What a database can say about itself, and whether its tables and triggers are ours."""

from sqlalchemy import Connection, create_engine, text

from audit.append_only import postgres_functions, postgres_triggers
from audit.schema import METADATA

_SCHEMA = text("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
_SHOWN = 3

_COLUMNS = text(
    "SELECT table_name, column_name, data_type, is_nullable = 'NO' FROM information_schema.columns"
    " WHERE table_schema = current_schema() AND table_name = ANY(:tables)"
)
_INDEXES = text(
    "SELECT t.relname, i.indisunique, ARRAY(SELECT a.attname::text"
    " FROM unnest(i.indkey) WITH ORDINALITY k(n, p) JOIN pg_attribute a"
    " ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY k.p),"
    " i.indpred IS NOT NULL, i.indisvalid FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
    " WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY(:tables)"
)
_TRIGGERS = text(
    "SELECT t.relname, g.tgname, g.tgenabled::text, p.proname, g.tgtype, p.prosrc, g.tgqual IS NULL"
    " FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid"
    " WHERE NOT g.tgisinternal AND t.relnamespace = current_schema()::regnamespace"
    " AND t.relname = ANY(:tables)"
)
_RULES = text(
    "SELECT t.relname, r.rulename FROM pg_rewrite r JOIN pg_class t ON t.oid = r.ev_class"
    " WHERE t.relnamespace = current_schema()::regnamespace AND t.relname = ANY(:tables)"
    " UNION ALL SELECT relname, 'row security' FROM pg_class WHERE relrowsecurity"
    " AND relnamespace = current_schema()::regnamespace AND relname = ANY(:tables)"
)
_POSTGRES_TYPES = {"BYTEA": "bytea", "TEXT": "text", "BIGINT": "bigint"}


def check_schema(connection: Connection) -> list[str]:
    """Tables, indexes, views and triggers that are not exactly those that this release makes."""
    if connection.dialect.name == "postgresql":
        return _check_postgres(connection)
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as model:
            METADATA.create_all(model)
            expected = {tuple(row) for row in model.execute(_SCHEMA)}
    finally:
        engine.dispose()
    stored = {tuple(row) for row in connection.execute(_SCHEMA)}
    changed = sorted({str(row[1]) for row in expected ^ stored})
    return [f"the table, index or trigger {name} is not as this release makes it" for name in changed]


def check_pages(connection: Connection) -> list[str]:
    """What SQLite's own check of pages, cells, indexes and constraints finds.

    PostgreSQL has no such check for an ordinary role; what a wrong page changes, the leaves contradict.
    """
    if connection.dialect.name == "postgresql":
        return []
    answers = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA integrity_check({_SHOWN})")]
    return [] if answers == ["ok"] else [f"SQLite's integrity check: {answer}" for answer in answers]


def _check_postgres(connection: Connection) -> list[str]:
    tables = {"tables": list(METADATA.tables)}
    columns = {tuple(row) for row in connection.execute(_COLUMNS, tables)}
    indexes = {(row[0], row[1], tuple(row[2]), *row[3:]) for row in connection.execute(_INDEXES, tables)}
    rows = connection.execute(_TRIGGERS, tables).all()
    triggers = {(*tuple(row[:5]), row[6]) for row in rows}
    functions = {row[3]: row[5] for row in rows}
    changed = {str(item[0]) for item in columns ^ _columns(connection)}
    changed |= {str(item[0]) for item in indexes ^ _indexes()}
    changed |= {str(item[0]) for item in triggers ^ {(*item, True) for item in postgres_triggers()}}
    changed |= {name for name, body in postgres_functions().items() if functions.get(name) != body}
    found = [f"the table or trigger {name} is not as this release makes it" for name in sorted(changed)]
    return found + [f"the table {row[0]} has the rule {row[1]}" for row in connection.execute(_RULES, tables)]


def _columns(connection: Connection) -> set[tuple[str, str, str, bool]]:
    return {
        (table.name, column.name, _POSTGRES_TYPES[column.type.compile(connection.dialect)], True)
        for table in METADATA.tables.values()
        for column in table.columns
    }


def _indexes() -> set[tuple[str, bool, tuple[str, ...], bool, bool]]:
    found = set()
    for table in METADATA.tables.values():
        found.add((table.name, True, tuple(column.name for column in table.primary_key), False, True))
        found |= {
            (table.name, True, (column.name,), False, True) for column in table.columns if column.unique
        }
        for index in table.indexes:
            partial = index.dialect_options["postgresql"]["where"] is not None
            names = tuple(column.name for column in index.columns)
            found.add((table.name, bool(index.unique), names, partial, True))
    return found

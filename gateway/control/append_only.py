"""Guards for a table of governance, to be called from the migration that makes it."""

from alembic import op

from audit.append_only import trigger_statements

_PREFIX = "custody_keep_"
_REFUSED = "the history of governance is append-only"


def guard(table: str, *unique: str, update: str = "1 = 0") -> None:
    """Refuses to delete or replace rows, and to update them unless ``update`` (SQL over old and new) holds.

    ``unique`` are the columns of the primary key and of unique constraints that stand alone.
    """
    dialect = op.get_bind().dialect.name
    for statement in trigger_statements(dialect, table, unique, update, prefix=_PREFIX, refusal=_REFUSED):
        op.execute(statement)


def guard_insert(table: str, must: str) -> None:
    """Refuses to insert a row unless ``must`` (SQL over new) holds."""
    name = f"{_PREFIX}{table}_begin"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN NOT ({must})"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
        return
    body = (
        f" BEGIN IF {must} THEN RETURN new; END IF;"
        f" RAISE EXCEPTION USING MESSAGE = '{_REFUSED}', ERRCODE = 'restrict_violation'; END "
    )
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
    op.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    # As the guards of updates: also under session_replication_role = replica.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")

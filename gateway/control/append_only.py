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

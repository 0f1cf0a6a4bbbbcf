"""Triggers that hold the tables of a log to growing; whoever may drop them is found by verification."""

from collections.abc import Sequence

from sqlalchemy import DDL, Table, event

_NEVER = "1 = 0"
_REFUSED = "the log is append-only"

PREFIX = "custody_guard_"
# Each guarded table, and what an update of one of its rows must satisfy.
_GUARDED: dict[str, str] = {}


def guard(table: Table, update: str = _NEVER) -> None:
    """Refuse to delete rows, and to update them unless ``update`` (SQL over ``old`` and ``new``) holds."""
    _GUARDED[table.name] = update
    unique = [column.name for column in table.columns if column.primary_key or column.unique]
    for dialect in ("sqlite", "postgresql"):
        for statement in trigger_statements(
            dialect, table.name, unique, update, prefix=PREFIX, refusal=_REFUSED
        ):
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL without types


def postgres_functions() -> dict[str, str]:
    """The trigger functions by name, with the bodies that PostgreSQL keeps as they are given."""
    return {f"{PREFIX}{name}": _body(update) for name, update in _GUARDED.items()}


def postgres_triggers() -> set[tuple[str, str, str, str, int]]:
    """Table, name, when enabled, function and type (pg_trigger.tgtype) of each trigger."""
    row, statement = 1, 0
    before, delete, update, truncate = 2, 8, 16, 32
    return {
        (name, f"{PREFIX}{name}_{part}", "A", f"{PREFIX}{name}", kind)
        for name in _GUARDED
        for part, kind in (("row", row | before | delete | update), ("all", statement | before | truncate))
    }


def trigger_statements(  # noqa: PLR0913 - what differs between two databases' guards
    dialect: str, table: str, unique: Sequence[str], update: str, *, prefix: str, refusal: str
) -> list[str]:
    """The SQL that guards one table; ``unique`` are its columns that no two rows share."""
    if dialect == "sqlite":
        return _sqlite(table, unique, update, prefix, refusal)
    return _postgres(table, _body(update, refusal), prefix)


def _sqlite(name: str, unique: Sequence[str], update: str, prefix: str, refusal: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
    statements = [
        f"CREATE TRIGGER {prefix}{name}_update BEFORE UPDATE ON {name} WHEN NOT ({update}) {refuse}",
        f"CREATE TRIGGER {prefix}{name}_delete BEFORE DELETE ON {name} {refuse}",
    ]
    if update == _NEVER:
        # INSERT OR REPLACE deletes without asking the trigger above.
        same = " OR ".join(f"{column} = new.{column}" for column in unique)
        taken = f"EXISTS (SELECT 1 FROM {name} WHERE {same})"  # noqa: S608 - names are ours
        statements.append(
            f"CREATE TRIGGER {prefix}{name}_insert BEFORE INSERT ON {name} WHEN {taken} {refuse}"
        )
    return statements


def _postgres(name: str, body: str, prefix: str) -> list[str]:
    function = f"{prefix}{name}"
    call = f"EXECUTE FUNCTION {function}()"
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
        f"CREATE TRIGGER {function}_row BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW {call}",
        f"CREATE TRIGGER {function}_all BEFORE TRUNCATE ON {name} FOR EACH STATEMENT {call}",
        # An ordinary trigger is passed over under session_replication_role = replica.
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {function}_row",
        f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {function}_all",
    ]


def _body(update: str, refusal: str = _REFUSED) -> str:
    return (
        f" BEGIN IF TG_OP = 'UPDATE' THEN IF {update} THEN RETURN new; END IF; END IF;"
        f" RAISE EXCEPTION USING MESSAGE = '{refusal}', ERRCODE = 'restrict_violation'; END "
    )

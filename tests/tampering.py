"""What a database's superuser can do to a log: drop its guards, change what is there, put the guards back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text

from audit.append_only import PREFIX, postgres_triggers
from audit.place import Place
from audit.seal import seal_path
from audit.sqlite import _engine as sqlite_engine


def tamper(place: Place, *statements: str) -> None:
    """Run statements as the superuser, who leaves no trace in the schema; a seal is left as it is."""
    with superuser(place) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def tamper_unsealed(path: Path, *statements: str) -> None:
    """The same, and the seal does not stand in the way."""
    seal_path(path).unlink(missing_ok=True)
    tamper(path, *statements)


@contextmanager
def superuser(place: Place) -> Iterator[Connection]:
    """A transaction in which the log's guards do not exist; they are back at its end."""
    engine = _engine(place)
    try:
        with engine.begin() as connection:
            restore = _drop_guards(connection)
            yield connection
            for statement in restore:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def _engine(place: Place) -> Engine:
    if isinstance(place, Path):
        return sqlite_engine(f"sqlite:///{place.absolute()}", 5.0, {}, "BEGIN IMMEDIATE")
    return create_engine(place)


def _drop_guards(connection: Connection) -> list[str]:
    """Drop the guards; gives what restores them."""
    if connection.dialect.name == "postgresql":
        for table, name, *_ in postgres_triggers():
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        return [
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name, *_ in postgres_triggers()
        ]
    found = connection.execute(
        text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE :ours"),
        {"ours": f"{PREFIX}%"},
    ).all()
    for name, _ in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [sql for _, sql in found]

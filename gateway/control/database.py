"""The control database: what governance believes now and believed before, on SQLite or PostgreSQL."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from audit.database import Database, cause, open_side
from audit.errors import LogUnusable
from audit.place import Place

_MIGRATIONS = Path(__file__).with_name("migrations")
# Two gateways that start at one moment would trip over each other's tables.
_MIGRATING = text("SELECT pg_advisory_xact_lock(7250927340128)")


class ControlUnusable(Exception):
    """The control database cannot be opened; the message says why and what to do."""


def open_control_database(place: Place, busy_s: float = 1.5) -> Database:
    """Opens the database and brings its tables up to date; raises ControlUnusable.

    A transaction waits up to ``busy_s`` seconds for another writer.
    """
    try:
        database = open_side(place, busy_s, forgetting=False)
    except LogUnusable as error:
        raise ControlUnusable(str(error)) from error
    try:
        with database.write_lock, database.writer.begin() as connection:
            _migrate(connection)
    except SQLAlchemyError as error:
        database.close()
        raise ControlUnusable(f"the tables of governance cannot be made: {cause(error)}") from error
    except BaseException:
        database.close()
        raise
    return database


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_MIGRATING)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ControlUnusable(
            f"the control database is of a newer Custody (its tables are at {found}); start that version,"
            " or restore a backup made before it"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

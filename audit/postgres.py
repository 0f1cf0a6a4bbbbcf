"""A log in PostgreSQL, through psycopg 3, for gateways that share one log from several machines."""

from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import LogUnusable
from audit.place import show_place

try:
    import psycopg
except ImportError as error:
    raise LogUnusable(
        "A log in PostgreSQL needs the driver: pip install 'custody-gateway[postgres]'."
    ) from error

# A server that went away without a word is given up after about ten seconds, not after TCP's quarter hour;
# whoever waits is told no after two seconds all the same.
_CONNECTION = {
    "connect_timeout": 2,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "custody",
}
_OLDEST = 130000
# A commit must be on disk when it answers. A server may ask for more (remote_apply); less is raised to "on".
_WEAK = ("off", "local")


class PostgresDatabase:
    """Transactions lock rows and are durable at commit; gateways on many machines may share the database."""

    def __init__(self, url: URL, busy_s: float) -> None:
        # Row locks wake their waiters, so writers need no turn beside them.
        self.write_lock: AbstractContextManager[object] = nullcontext()
        milliseconds = int(busy_s * 1000)
        self.writer = _engine(url, "READ COMMITTED", f"-c lock_timeout={milliseconds}")
        self.reader = _engine(url, "REPEATABLE READ", "-c default_transaction_read_only=on")
        try:
            with self.writer.connect() as connection:
                _require_durable(connection)
        except SQLAlchemyError as error:
            self.close()
            raise _unreachable(url, error) from None

    def fold(self) -> None:
        """Nothing to do: PostgreSQL looks after its own write-ahead log."""

    def close(self) -> None:
        """Close every connection."""
        self.writer.dispose()
        self.reader.dispose()


def open_reader(url: URL) -> Engine:
    """An engine that cannot write; each transaction sees one state. Raises LogUnusable without a log."""
    engine = _engine(url, "REPEATABLE READ", "-c default_transaction_read_only=on")
    try:
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT to_regclass('head')"))
    except SQLAlchemyError as error:
        engine.dispose()
        raise _unreachable(url, error) from None
    if found is None:
        engine.dispose()
        raise LogUnusable(
            f"There is no log in {show_place(url)}: start the gateway once, or name its database"
            f" with --database."
        )
    return engine


def _engine(url: URL, isolation: str, options: str) -> Engine:
    settings = {name: value for name, value in _CONNECTION.items() if name not in url.query}
    given = url.query.get("options", "")
    settings["options"] = f"{given if isinstance(given, str) else ' '.join(given)} {options}".strip()
    # Parameters stay out of error messages: leaves do not belong in a log line.
    return create_engine(
        url.difference_update_query(["options"]),
        isolation_level=isolation,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args=settings,
    )


def _require_durable(connection: Connection) -> None:
    version, fsync, commit = connection.execute(
        text(
            "SELECT current_setting('server_version_num')::int, current_setting('fsync'),"
            " current_setting('synchronous_commit')"
        )
    ).one()
    if version < _OLDEST:
        raise LogUnusable("PostgreSQL 13 or newer is needed for the log.")
    if fsync != "on":
        raise LogUnusable("The PostgreSQL server runs with fsync = off, so no record would be durable.")
    if commit in _WEAK:
        raise LogUnusable(
            f"The PostgreSQL server commits with synchronous_commit = {commit}, so a record could be lost"
            f" after its receipt: ALTER ROLE (the gateway's) SET synchronous_commit = on."
        )


def _unreachable(url: URL, error: SQLAlchemyError) -> LogUnusable:
    original = error.orig if hasattr(error, "orig") else None
    # Of a failed connection libpq names host, port, user and database, never the password.
    detail = str(original).strip() if isinstance(original, psycopg.OperationalError) else type(error).__name__
    return LogUnusable(f"The database {show_place(url)} cannot be used: {detail}")

"""Questions to the log in SQL: DuckDB over the Parquet copy and the newest entries, read-only and bounded."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine, select

from audit.errors import QueryRefused
from audit.parquet import COLUMNS, ParquetCopy, lines, quoted, selected
from audit.schema import HEAD

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a query may take."""

    seconds: float = 30
    rows: int = 1_000
    memory_mb: int = 2_000


@dataclass(frozen=True, slots=True)
class Table:
    """What a query gave; ``cut`` says that there is more than was asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    cut: bool


def ask(engine: Engine, copy: ParquetCopy, query: str, limits: Limits) -> Table:
    """The answer to one SELECT over the table ``entry``, which holds every entry of this moment.

    The SQL reaches no other file, no network and no setting. Raises QueryRefused for what is no SELECT, does
    not fit the table, or takes more than it may.
    """
    import duckdb  # noqa: PLC0415 - rule 15: loaded only when asked for

    with ExitStack() as stack:
        connection = stack.enter_context(duckdb.connect())
        _require_select(connection, query)
        _offer(engine, copy, connection)
        _lock(connection, copy, limits)
        timer = threading.Timer(limits.seconds, connection.interrupt)
        stack.callback(timer.cancel)
        timer.start()
        return _answer(connection, query, limits)


def _answer(connection: "DuckDBPyConnection", query: str, limits: Limits) -> Table:
    import duckdb  # noqa: PLC0415 - rule 15: loaded only when asked for

    try:
        found = connection.execute(query)
        rows: Sequence[tuple[object, ...]] = found.fetchmany(limits.rows + 1)
        columns = tuple(str(each[0]) for each in found.description or ())
    except duckdb.InterruptException:
        raise QueryRefused(f"the query took longer than {limits.seconds:g} s; ask for less") from None
    except duckdb.OutOfMemoryException:
        raise QueryRefused(f"the query needs more than {limits.memory_mb} MB; ask for less") from None
    except duckdb.PermissionException:
        raise QueryRefused("a query reads the table `entry`, and no file or address beside it") from None
    except duckdb.Error as error:
        # The message speaks of the auditor's own query and of nothing else.
        raise QueryRefused(str(error).partition("\n\n")[0]) from None
    return Table(columns, tuple(rows[: limits.rows]), len(rows) > limits.rows)


def _require_select(connection: "DuckDBPyConnection", query: str) -> None:
    import duckdb  # noqa: PLC0415 - rule 15: loaded only when asked for

    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as error:
        raise QueryRefused(str(error).partition("\n\n")[0]) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryRefused("give one SELECT: the log is read here, never written")


def _offer(engine: Engine, copy: ParquetCopy, connection: "DuckDBPyConnection") -> None:
    """Makes the view ``entry`` over the files and over what is not in a file yet."""
    with engine.connect() as reading:
        size = int(reading.execute(select(HEAD.c.size)).scalar_one())
    with lines(engine, copy.size, size) as source:
        connection.execute(f"CREATE TABLE newest AS {selected(source)}")
    names = ", ".join(COLUMNS)
    parts = [f"SELECT {names} FROM newest"]  # noqa: S608 - our own names
    if copy.files:
        parts.append(f"SELECT {names} FROM read_parquet([{_listed(copy)}])")  # noqa: S608 - our own names
    connection.execute(f"CREATE VIEW entry AS {' UNION ALL '.join(parts)}")


def _lock(connection: "DuckDBPyConnection", copy: ParquetCopy, limits: Limits) -> None:
    for statement in (
        f"SET memory_limit = '{limits.memory_mb}MB'",
        "SET temp_directory = ''",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        f"SET allowed_paths = [{_listed(copy)}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)


def _listed(copy: ParquetCopy) -> str:
    return ", ".join(f"'{quoted(path)}'" for path in copy.files)

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from audit import parquet
from audit.database import open_reader
from audit.errors import QueryRefused
from audit.parquet import COLUMNS, ParquetCopy, bring_up_to_date
from audit.sql import Limits, Table, ask

ALL = 599
_USUAL = Limits()


@pytest.fixture
def engine(closed_log: Path) -> Iterator[Engine]:
    """A log of 300 intents and 299 outcomes."""
    opened = open_reader(closed_log)
    yield opened
    opened.dispose()


@pytest.fixture(params=[100, 599, 1000], ids=["files and rest", "files alone", "rest alone"])
def copy(
    request: pytest.FixtureRequest, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ParquetCopy:
    """Its copy, with as many entries a file."""
    monkeypatch.setattr(parquet, "RANGE", request.param)
    return bring_up_to_date(engine, tmp_path / "parquet", lambda _done, _total: None)


def asked(engine: Engine, copy: ParquetCopy, query: str, limits: Limits = _USUAL) -> Table:
    """The answer."""
    return ask(engine, copy, query, limits)


def test_every_entry_is_there_once(engine: Engine, copy: ParquetCopy) -> None:
    """However the log is cut into files, the table holds each entry once, the newest too."""
    assert asked(engine, copy, "SELECT count(*), count(DISTINCT idx), max(idx) FROM entry").rows == (
        (ALL, ALL, ALL - 1),
    )


def test_columns_say_what_leaves_say(engine: Engine, copy: ParquetCopy) -> None:
    """Each column holds its part of the leaf, with its type."""
    query = (
        "SELECT type, department, asset, owner, decision, rules, findings['PERSON'], status, use_case"
        " FROM entry WHERE request_id = 'req-0-7' ORDER BY idx"
    )
    intent, outcome = asked(engine, copy, query).rows
    assert intent == (
        "access.intent", "retail", "northwind-base", "it", "allow", ["it.allow"], 1, None, None,
    )  # fmt: skip
    assert outcome[:2] == ("access.outcome", "retail")
    assert outcome[7] == 200


def test_columns_are_as_told(engine: Engine, copy: ParquetCopy) -> None:
    """The table has the columns and types that the help shows."""
    told = asked(engine, copy, "SELECT column_name, column_type FROM (DESCRIBE entry)")
    assert dict(told.rows) == {name: kind for name, (kind, _, _) in COLUMNS.items()}  # type: ignore[arg-type]  # two columns


def test_what_is_copied_is_not_copied_again(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run leaves the files of closed ranges as they are."""
    monkeypatch.setattr(parquet, "RANGE", 100)
    first = bring_up_to_date(engine, tmp_path / "parquet", lambda _done, _total: None)
    stamps = [path.stat().st_mtime_ns for path in first.files]
    again = bring_up_to_date(engine, tmp_path / "parquet", lambda _done, _total: None)
    assert [path.stat().st_mtime_ns for path in again.files] == stamps
    assert (len(first.files), first.size) == (5, 500)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM newest",
        "DROP VIEW entry",
        "CREATE TABLE t (a INT)",
        "COPY entry TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.db'",
        "INSTALL httpfs",
        "SET memory_limit = '100GB'",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "",
        "not sql",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT no_such_column FROM entry",
        "SELECT getenv('HOME')",
    ],
)
@pytest.mark.parametrize("copy", [100], indirect=True)
def test_nothing_but_the_log_can_be_read(
    engine: Engine, copy: ParquetCopy, tmp_path: Path, query: str
) -> None:
    """A query writes nothing, and reaches no file, address, variable or setting beside the log."""
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    with pytest.raises(QueryRefused):
        asked(engine, copy, query.format(folder=tmp_path))
    assert not (tmp_path / "out.csv").exists()


def test_rows_are_bounded(engine: Engine, copy: ParquetCopy) -> None:
    """An answer is cut at its limit, and says so."""
    cut = asked(engine, copy, "SELECT idx FROM entry ORDER BY idx", Limits(rows=10))
    assert (len(cut.rows), cut.cut) == (10, True)
    whole = asked(engine, copy, "SELECT idx FROM entry", Limits(rows=ALL))
    assert (len(whole.rows), whole.cut) == (ALL, False)


@pytest.mark.parametrize("copy", [100], indirect=True)
def test_time_is_bounded(engine: Engine, copy: ParquetCopy) -> None:
    """A query that does not end is ended."""
    endless = "SELECT count(*) FROM entry a, entry b, entry c, entry d WHERE a.idx + b.idx + c.idx = d.idx"
    with pytest.raises(QueryRefused, match=r"longer than 0\.2 s"):
        asked(engine, copy, endless, Limits(seconds=0.2))


@pytest.mark.parametrize("copy", [100], indirect=True)
def test_memory_is_bounded(engine: Engine, copy: ParquetCopy) -> None:
    """A query that wants too much memory is ended, and nothing is spilled to disk."""
    greedy = "SELECT a.idx, list(b.id || c.id) FROM entry a, entry b, entry c GROUP BY a.idx"
    with pytest.raises(QueryRefused, match="more than 64 MB"):
        asked(engine, copy, greedy, Limits(memory_mb=64))

"""The log's closed ranges as sorted, zstd-compressed Parquet files: a copy to count in, never the record.

The only file, with ``sql.py``, that imports duckdb.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select

from audit.errors import LogUnusable
from audit.leaves import read_leaves
from audit.query import Located
from audit.schema import HEAD

# Entries a file: enough to compress and skip well, so few that what is not closed yet is read quickly.
RANGE = 1 << 18
# Beyond the longest leaf, with the index around it.
_LONGEST_LINE = 131_072

COLUMNS: dict[str, tuple[str, str, str]] = {
    "idx": ("BIGINT", "idx", "place in the log"),
    "id": ("VARCHAR", "leaf.id", "entry id"),
    "type": ("VARCHAR", "leaf.type", "access.intent, access.outcome, ..."),
    "request_id": ("VARCHAR", "leaf.request_id", "the call"),
    "recorded_at": ("TIMESTAMP", "make_timestamp(leaf.time.wall_us)", "when, UTC"),
    "subject": ("VARCHAR", "leaf.actor.id", "who, by opaque id"),
    "department": ("VARCHAR", "leaf.actor.department", "of the subject"),
    "action": ("VARCHAR", "leaf.action", "chat, discover, ..."),
    "asset": ("VARCHAR", "leaf.resource.id", "what was asked for"),
    "owner": ("VARCHAR", "leaf.resource.owner", "accountable for the asset"),
    "decision": ("VARCHAR", "leaf.decision.effect", "allow or deny"),
    "rules": ("VARCHAR[]", "leaf.decision.rules", "that decided"),
    "policy_revision": ("VARCHAR", "leaf.decision.policy_revision", "of the policies that decided"),
    "use_case": ("VARCHAR", "leaf.decision.facts ->> '$.context.use_case'", "as the policy was told"),
    "declared_class": ("VARCHAR", "leaf.decision.facts ->> '$.context.declared_class'", "as above"),
    "findings": ("MAP(VARCHAR, BIGINT)", "leaf.redaction.counts", "counts by entity type"),
    "status": ("INTEGER", "leaf.result.status", "HTTP status"),
    "code": ("VARCHAR", "leaf.result.code", "error code; empty if none"),
    "prompt_tokens": ("BIGINT", "leaf.result.prompt_tokens", ""),
    "completion_tokens": ("BIGINT", "leaf.result.completion_tokens", ""),
    "duration_us": ("BIGINT", "leaf.result.duration_us", "microseconds"),
    "intent": ("VARCHAR", "leaf.intent", "entry id of an outcome's intent"),
}
"""Name: (type, where in the leaf, meaning) of each column."""

_LEAF = (
    "STRUCT(id VARCHAR, type VARCHAR, request_id VARCHAR, time STRUCT(wall_us BIGINT),"
    " actor STRUCT(id VARCHAR, department VARCHAR), action VARCHAR,"
    " resource STRUCT(id VARCHAR, owner VARCHAR),"
    " decision STRUCT(effect VARCHAR, rules VARCHAR[], policy_revision VARCHAR, facts JSON),"
    " redaction STRUCT(counts MAP(VARCHAR, BIGINT)),"
    " result STRUCT(status INTEGER, code VARCHAR, prompt_tokens BIGINT, completion_tokens BIGINT,"
    " duration_us BIGINT), intent VARCHAR)"
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ParquetCopy:
    """Files of closed ranges in order, and how many entries they hold from the first one on."""

    files: tuple[Path, ...]
    size: int


def bring_up_to_date(engine: Engine, folder: Path, progress: Progress) -> ParquetCopy:
    """Write the ranges that have closed since last time; what is there already is left as it is.

    A range is closed once it is full: what is in it cannot change. Raises LogUnusable if the files cannot be
    written, LogCorrupted if an entry is missing.
    """
    with engine.connect() as connection:
        size = int(connection.execute(select(HEAD.c.size)).scalar_one())
    closed = size // RANGE
    wanted = [folder / f"entries-{number * RANGE:012d}.parquet" for number in range(closed)]
    missing = [path for path in wanted if not path.exists()]
    for done, path in enumerate(missing):
        progress(done * RANGE, len(missing) * RANGE)
        first = int(path.stem.removeprefix("entries-"))
        with lines(engine, first, first + RANGE) as source:
            _write(source, path)
    return ParquetCopy(tuple(wanted), closed * RANGE)


def write_parquet(entries: Iterable[Located], target: Path) -> int:
    """Write entries into one file of the same columns; how many they are. Raises LogUnusable."""
    count = 0

    def counted() -> Iterator[tuple[int, bytes]]:
        nonlocal count
        for located in entries:
            count += 1
            yield located.index, located.leaf

    with _file_of(counted()) as source:
        _write(source, target)
    return count


@contextmanager
def lines(engine: Engine, first: int, end: int) -> Iterator[Path]:
    """A temporary file of the entries from ``first`` up to ``end``, one JSON object a line."""
    with _file_of(read_leaves(engine, first, end)) as path:
        yield path


@contextmanager
def _file_of(leaves: Iterable[tuple[int, bytes]]) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(prefix="custody-", suffix=".jsonl")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for index, leaf in leaves:
                file.write(b'{"idx":%d,"leaf":%b}\n' % (index, leaf))
        yield path
    finally:
        path.unlink(missing_ok=True)


def selected(source: Path) -> str:
    """SQL that gives the columns of the entries in such a file."""
    chosen = ", ".join(f"{where} AS {name}" for name, (_, where, _) in COLUMNS.items())
    return (
        f"SELECT {chosen} FROM read_json('{quoted(source)}', format = 'newline_delimited',"  # noqa: S608 - our own names
        f" columns = {{idx: 'BIGINT', leaf: '{_LEAF}'}}, maximum_object_size = {_LONGEST_LINE})"
    )


def quoted(path: Path) -> str:
    """A path inside an SQL string."""
    return str(path).replace("'", "''")


def _write(source: Path, path: Path) -> None:
    """Into place whole: a reader never meets half a file."""
    import duckdb  # noqa: PLC0415 - rule 15: loaded only when asked for

    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY ({selected(source)} ORDER BY department, recorded_at, idx) TO '{quoted(draft)}'"
                " (FORMAT parquet, COMPRESSION zstd)"
            )
        draft.replace(path)
    except (duckdb.Error, OSError) as error:
        raise LogUnusable(f"The copy {path} cannot be written: {type(error).__name__}.") from error
    finally:
        draft.unlink(missing_ok=True)

"""What a witness remembers: the logs that it watches, how far it saw each, and whom it refused."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
    text,
    update,
)

from audit.checkpoint import Checkpoint
from audit.note import Verifier, parse_verifier
from audit.sqlite import SqliteDatabase
from audit.tlog import EMPTY_ROOT

_BUSY_S = 5.0
# Only holders of a watched log's key get into the table of refusals, and even they cannot fill the disk.
_MAX_REFUSALS = 1000

_METADATA = MetaData()
_LOG = Table(
    "watched_log",
    _METADATA,
    Column("origin", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("seen_s", Integer, nullable=False),
    sqlite_strict=True,
)
_KEY = Table(
    "log_key",
    _METADATA,
    Column("origin", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    sqlite_strict=True,
)
_REFUSAL = Table(
    "refusal",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("first_s", Integer, nullable=False),
    Column("last_s", Integer, nullable=False),
    Column("times", Integer, nullable=False),
    sqlite_strict=True,
)
_COUNT_REFUSAL = text(
    "UPDATE refusal SET last_s = :now_s, times = times + 1"
    " WHERE origin = :origin AND what = :what AND note = :note"
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A log, and the newest checkpoint of it that this witness cosigned, at ``seen_s`` (0: none yet)."""

    origin: str
    size: int
    root: bytes
    note: str
    seen_s: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A checkpoint that a log signed and that does not fit what was seen; ``note`` is the evidence."""

    origin: str
    what: str
    size: int
    known: int
    note: str
    first_s: int
    last_s: int
    times: int


class WitnessLedger:
    """The database of a witness; from any thread."""

    def __init__(self, path: Path) -> None:
        self._database = SqliteDatabase(path, _BUSY_S)
        with self._database.write_lock, self._database.writer.begin() as connection:
            _METADATA.create_all(connection)

    def close(self) -> None:
        """Close the database."""
        self._database.empty_wal()
        self._database.close()

    def add_log(self, verifier: Verifier) -> bool:
        """Watch a log, or trust one more key of it; False if both are known already."""
        origin, key = verifier.name, str(verifier)
        with self._database.write_lock, self._database.writer.begin() as connection:
            if connection.scalar(select(_KEY.c.key).where(_KEY.c.origin == origin, _KEY.c.key == key)):
                return False
            if connection.scalar(select(_LOG.c.origin).where(_LOG.c.origin == origin)) is None:
                connection.execute(
                    insert(_LOG).values(origin=origin, size=0, root=EMPTY_ROOT, note="", seen_s=0)
                )
            connection.execute(insert(_KEY).values(origin=origin, key=key))
        return True

    def logs(self) -> list[Watched]:
        """Every log that is watched."""
        with self._database.reader.connect() as connection:
            return [Watched(*row) for row in connection.execute(select(_LOG).order_by(_LOG.c.origin))]

    def log(self, origin: str) -> Watched | None:
        """The log of this origin, if it is watched."""
        with self._database.reader.connect() as connection:
            row = connection.execute(select(_LOG).where(_LOG.c.origin == origin)).one_or_none()
        return None if row is None else Watched(*row)

    def keys(self, origin: str) -> list[Verifier]:
        """The keys that this log may sign with."""
        with self._database.reader.connect() as connection:
            keys = connection.scalars(select(_KEY.c.key).where(_KEY.c.origin == origin)).all()
        return [parse_verifier(key) for key in keys]

    def advance(self, before: Watched, checkpoint: Checkpoint, note: str, now_s: int) -> bool:
        """Remember a checkpoint for good, unless another one came in between; then False.

        C2SP tlog-witness: comparing with the last one and keeping the new one are one step.
        """
        with self._database.write_lock, self._database.writer.begin() as connection:
            moved = connection.execute(
                update(_LOG)
                .where(_LOG.c.origin == before.origin, _LOG.c.size == before.size, _LOG.c.root == before.root)
                .values(size=checkpoint.size, root=checkpoint.root, note=note, seen_s=now_s)
            )
        return moved.rowcount == 1

    def refuse(self, before: Watched, what: str, checkpoint: Checkpoint, note: str, now_s: int) -> None:
        """Keep a checkpoint that does not fit as evidence; the same one again is only counted."""
        same = {"origin": before.origin, "what": what, "note": note}
        with self._database.write_lock, self._database.writer.begin() as connection:
            if connection.execute(_COUNT_REFUSAL, {**same, "now_s": now_s}).rowcount:
                return
            values = {**same, "size": checkpoint.size, "known": before.size}
            connection.execute(insert(_REFUSAL).values(**values, first_s=now_s, last_s=now_s, times=1))
            newest = select(_REFUSAL.c.id).order_by(_REFUSAL.c.id.desc()).limit(_MAX_REFUSALS)
            connection.execute(delete(_REFUSAL).where(_REFUSAL.c.id.not_in(newest)))

    def refusals(self) -> list[Refusal]:
        """What was refused, oldest first."""
        columns = [column for column in _REFUSAL.columns if column.name != "id"]
        with self._database.reader.connect() as connection:
            return [Refusal(*row) for row in connection.execute(select(*columns).order_by(_REFUSAL.c.id))]

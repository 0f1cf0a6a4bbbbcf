"""Keeps cosignatures beside the log's checkpoints, and what each witness last said."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial

from sqlalchemy import Connection, func, insert, select, text

from audit.cosignature import Cosignature, Witness
from audit.database import Database
from audit.note import split_note
from audit.schema import CHECKPOINT, COSIGNATURE, ENTRY, HEAD, WITNESS
from audit.tlog import prove_consistency
from audit.tree_store import read_node


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessState:
    """What is known of a witness, by its verifier key; times in microseconds since 1970 UTC, 0 for never.

    ``size``: the largest checkpoint that it cosigned, at ``answered_us``. ``failed``: why it last gave no
    answer. ``refused``: why it last refused a checkpoint, that of ``refused_size``; stays for the record.
    """

    key: str
    size: int = 0
    answered_us: int = 0
    failed_us: int = 0
    failed: str = ""
    refused_us: int = 0
    refused_size: int = 0
    refused: str = ""


_COLUMNS = tuple(field.name for field in fields(WitnessState))
_UPSERT_WITNESS = text(
    f"INSERT INTO witness ({', '.join(_COLUMNS)})"  # noqa: S608 - names are ours
    f" VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"
    f" ON CONFLICT (key) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a quorum has seen the log: ``size`` entries of ``total``.

    ``since_us``: when the first entry was written that no quorum has seen, 0 if there is none.
    """

    size: int
    total: int
    since_us: int


class CosignatureStore:
    """What the collector reads and writes; from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> tuple[int, str] | None:
        """Size and note of the largest signed checkpoint."""
        with self._database.reader.connect() as connection:
            return newest_checkpoint(connection)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """The consistency proof between two sizes; empty from nothing. Raises KeyError without the tiles."""
        if old in (0, new):
            return ()
        with self._database.reader.connect() as connection:
            return tuple(prove_consistency(old, new, partial(read_node, connection)))

    def state(self, witness: Witness) -> WitnessState:
        """What is known of a witness."""
        with self._database.reader.connect() as connection:
            return read_states(connection).get(str(witness), WitnessState(key=str(witness)))

    def put_state(self, state: WitnessState) -> None:
        """Replace what is known of a witness."""
        with self._database.write_lock, self._database.writer.begin() as connection:
            connection.execute(_UPSERT_WITNESS, asdict(state))

    def keep(self, size: int, witness: Witness, found: Cosignature, state: WitnessState) -> None:
        """Keep a cosignature of the checkpoint of that size, unless one is there, and the witness's state."""
        where = (COSIGNATURE.c.size == size, COSIGNATURE.c.key == str(witness))
        with self._database.write_lock, self._database.writer.begin() as connection:
            if connection.scalar(select(COSIGNATURE.c.size).where(*where)) is None:
                row = {"size": size, "key": str(witness), "line": str(found.line)}
                connection.execute(insert(COSIGNATURE).values(row))
            connection.execute(_UPSERT_WITNESS, asdict(state))

    def coverage(self, witnesses: Sequence[Witness], quorum: int) -> Coverage:
        """How far a quorum of these witnesses has seen the log."""
        with self._database.reader.connect() as connection:
            return read_coverage(connection, witnesses, quorum)


def newest_checkpoint(connection: Connection) -> tuple[int, str] | None:
    """Size and note of the largest signed checkpoint, without cosignatures."""
    row = connection.execute(
        select(CHECKPOINT.c.size, CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def cosigned_note(connection: Connection, size: int, note: str) -> str:
    """The note of a checkpoint with the lines of all who cosigned it."""
    lines = connection.scalars(
        select(COSIGNATURE.c.line).where(COSIGNATURE.c.size == size).order_by(COSIGNATURE.c.key)
    ).all()
    there = {str(line) for line in split_note(note)[1]}
    return note + "".join(line for line in lines if line not in there)


def read_states(connection: Connection) -> dict[str, WitnessState]:
    """What is known of each witness, by its verifier key."""
    rows = connection.execute(select(*(WITNESS.c[name] for name in _COLUMNS)))
    return {row.key: WitnessState(**row._asdict()) for row in rows}


def read_coverage(connection: Connection, witnesses: Sequence[Witness], quorum: int) -> Coverage:
    """How far a quorum of these witnesses has seen the log: all of them the same checkpoint."""
    keys, states = [str(witness) for witness in witnesses], read_states(connection)
    # No quorum has met beyond it, so a quorum that is lost for long does not make this read all since.
    seen = sorted((states[key].size if key in states else 0 for key in keys), reverse=True)
    covered = connection.scalar(
        select(COSIGNATURE.c.size)
        .where(COSIGNATURE.c.key.in_(keys), COSIGNATURE.c.size <= seen[quorum - 1])
        .group_by(COSIGNATURE.c.size)
        .having(func.count() >= quorum)
        .order_by(COSIGNATURE.c.size.desc())
        .limit(1)
    )
    size = covered or 0
    total = connection.scalar(select(HEAD.c.size)) or 0
    since = connection.scalar(select(ENTRY.c.wall_us).where(ENTRY.c.idx == size))
    return Coverage(size, total, since or 0)

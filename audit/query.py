"""Looks entries up, each with what it takes to check it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, Connection, Select, func, select

from audit import tlog
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.database import open_reader
from audit.entry import Entry
from audit.errors import EntryNotFound
from audit.filters import ANY, Filter
from audit.leaf import decode_entry
from audit.leaves import read_leaves
from audit.note import Verifier
from audit.place import Place
from audit.proving import Prover
from audit.schema import CHECKPOINT, ENTRY, HEAD
from audit.witness.store import cosigned_note, newest_checkpoint

_PAGE = 500
_END = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Located:
    """An entry at its place in the log, with the bytes that it was read from."""

    index: int
    leaf: bytes
    entry: Entry

    @property
    def leaf_hash(self) -> bytes:
        """What the tree and receipts know the entry by."""
        return tlog.leaf_hash(self.leaf)


class LogReader:
    """Reads a log that may be written to meanwhile; never writes. Raises LogUnusable without a file."""

    def __init__(self, place: Place) -> None:
        self._engine = open_reader(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def size(self) -> int:
        """How many entries are durable."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(HEAD.c.size)).scalar_one())

    def tail(self, count: int, where: Filter = ANY) -> list[Located]:
        """The last entries, oldest first."""
        query = _entries(where).order_by(ENTRY.c.idx.desc()).limit(count)
        return self._fetch(query)[::-1]

    def page(self, after: int = -1, limit: int = _PAGE, where: Filter = ANY) -> list[Located]:
        """Up to ``limit`` entries behind index ``after``; the last one's index asks for the next page.

        By rule or entity type it may hold more than match (see Filter).
        """
        query = _entries(where).where(ENTRY.c.idx > after).order_by(ENTRY.c.idx).limit(limit)
        return self._fetch(query)

    def scan(self, where: Filter = ANY, first: int = 0, end: int = _END) -> Iterator[Located]:
        """Every entry from index ``first`` to before ``end`` that fits, in order, page by page."""
        after = first - 1
        while page := self.page(after, where=where):
            yield from (located for located in page if located.index < end and where.matches(located.entry))
            after = page[-1].index
            if after >= end:
                return

    def leaves(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Every leaf of a range as it stands, in order; raises LogCorrupted where one is missing."""
        return read_leaves(self._engine, first, end)

    def find(self, name: str) -> list[Located]:
        """The entry of an entry id or index, or all entries of a request id; raises EntryNotFound."""
        tried: list[ColumnElement[bool]] = [ENTRY.c.id == name, ENTRY.c.request_id == name]
        # Nineteen digits are more than any index, and would overflow the column.
        if name.isascii() and name.isdigit() and len(name) < 19:  # noqa: PLR2004 - as the comment says
            tried.append(ENTRY.c.idx == int(name))
        for condition in tried:
            if found := self._fetch(_entries(ANY).where(condition).order_by(ENTRY.c.idx)):
                return found
        raise EntryNotFound(
            f"No entry has the id, request id or index {name!r}. `custody audit tail` shows the latest ones."
        )

    def checkpoint(self, verifier: Verifier, size: int | None = None) -> tuple[Checkpoint, str] | None:
        """The checkpoint of this size, or the newest, and its note with all cosignatures; None if not there.

        Raises InvalidNote if the log did not sign it.
        """
        with self._engine.connect() as connection:
            found = newest_checkpoint(connection) if size is None else _checkpoint_of(connection, size)
            note = cosigned_note(connection, *found) if found else ""
        return (open_checkpoint(note, verifier), note) if note else None

    def checkpoint_over(self, verifier: Verifier, index: int) -> tuple[Checkpoint, str] | None:
        """The first checkpoint that has this entry under it, as ``checkpoint`` gives one."""
        query = select(func.min(CHECKPOINT.c.size)).where(CHECKPOINT.c.size > index)
        with self._engine.connect() as connection:
            size = connection.scalar(query)
        return self.checkpoint(verifier, size) if size is not None else None

    def prove(self, located: Located, checkpoint: Checkpoint) -> list[bytes]:
        """The path from an entry to the checkpoint's root, checked; raises LogCorrupted or InvalidProof.

        InvalidProof also says that the checkpoint is older than the entry.
        """
        with self.prover(checkpoint) as prover:
            return prover.prove(located.index, located.leaf_hash)

    @contextmanager
    def prover(self, checkpoint: Checkpoint) -> Iterator[Prover]:
        """Proves many entries under one checkpoint."""
        with self._engine.connect() as connection:
            yield Prover(connection, checkpoint)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """One state of the log, to read from."""
        with self._engine.connect() as connection:
            yield connection

    def _fetch(self, query: Select[int, bytes]) -> list[Located]:
        with self._engine.connect() as connection:
            return _located(connection, query)


def _entries(where: Filter) -> Select[int, bytes]:
    return select(ENTRY.c.idx, ENTRY.c.leaf).where(*where.conditions())


def _checkpoint_of(connection: Connection, size: int) -> tuple[int, str] | None:
    note = connection.scalar(select(CHECKPOINT.c.note).where(CHECKPOINT.c.size == size))
    return None if note is None else (size, note)


def _located(connection: Connection, query: Select[int, bytes]) -> list[Located]:
    return [Located(index, leaf, decode_entry(leaf)) for index, leaf in connection.execute(query)]

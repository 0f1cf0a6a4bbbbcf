"""Looks entries up, each with what it takes to check it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, Connection, Select, select

from audit import tlog
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.database import open_reader
from audit.entry import Entry
from audit.errors import EntryNotFound, InvalidProof, LogCorrupted
from audit.leaf import decode_entry
from audit.note import Verifier
from audit.place import Place
from audit.schema import ENTRY, HEAD
from audit.tree_store import read_node
from audit.witness.store import cosigned_note, newest_checkpoint

_PAGE = 500


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries; an empty text means any. Names are those of the query columns."""

    type: str = ""
    request_id: str = ""
    actor: str = ""
    department: str = ""
    action: str = ""
    resource: str = ""
    owner: str = ""
    effect: str = ""
    code: str = ""
    since_us: int = 0
    until_us: int = 0

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL; ``until_us`` is the first moment that is out."""
        named = (field.name for field in fields(self) if not field.name.endswith("_us"))
        found = [ENTRY.c[name] == getattr(self, name) for name in named if getattr(self, name)]
        if self.since_us:
            found.append(ENTRY.c.wall_us >= self.since_us)
        if self.until_us:
            found.append(ENTRY.c.wall_us < self.until_us)
        return found


ANY = Filter()


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
        """Up to ``limit`` entries behind index ``after``; the last one's index asks for the next page."""
        query = _entries(where).where(ENTRY.c.idx > after).order_by(ENTRY.c.idx).limit(limit)
        return self._fetch(query)

    def scan(self, where: Filter = ANY) -> Iterator[Located]:
        """Every entry that fits, in order, page by page."""
        after = -1
        while page := self.page(after, where=where):
            yield from page
            after = page[-1].index

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

    def checkpoint(self, verifier: Verifier) -> tuple[Checkpoint, str] | None:
        """The newest signed checkpoint and its note with all cosignatures, or None before the first.

        Raises InvalidNote if the log did not sign it.
        """
        with self._engine.connect() as connection:
            found = newest_checkpoint(connection)
            note = cosigned_note(connection, *found) if found else ""
        return (open_checkpoint(note, verifier), note) if note else None

    def prove(self, located: Located, checkpoint: Checkpoint) -> list[bytes]:
        """The path from an entry to the checkpoint's root, checked; raises LogCorrupted or InvalidProof.

        InvalidProof also says that the checkpoint is older than the entry.
        """
        with self._engine.connect() as connection:
            try:
                path = tlog.prove_inclusion(located.index, checkpoint.size, partial(read_node, connection))
            except KeyError as error:
                raise LogCorrupted(located.index, "a tile on the way to the root is missing") from error
        try:
            tlog.verify_inclusion(located.index, checkpoint.size, located.leaf_hash, path, checkpoint.root)
        except InvalidProof as error:
            raise LogCorrupted(located.index, "its leaf is not the one that was signed") from error
        return path

    def _fetch(self, query: Select[int, bytes]) -> list[Located]:
        with self._engine.connect() as connection:
            return _located(connection, query)


def _entries(where: Filter) -> Select[int, bytes]:
    return select(ENTRY.c.idx, ENTRY.c.leaf).where(*where.conditions())


def _located(connection: Connection, query: Select[int, bytes]) -> list[Located]:
    return [Located(index, leaf, decode_entry(leaf)) for index, leaf in connection.execute(query)]

"""Feeds a sink from the log, off the path of any request, from where it was last time."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from audit.database import Database, cause
from audit.errors import AuditError, SinkUnavailable
from audit.leaf import decode_entry
from audit.query import Located
from audit.schema import ENTRY, HEAD, SINK
from audit.sinks.base import Sink

_log = logging.getLogger(__name__)

_BATCH = 256
# A batch is held in memory whole; a leaf may have 64 kB.
_BATCH_BYTES = 4_000_000
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
# What a clean end waits for a sink that is busy.
_PATIENCE_S = 1.0
# How long another gateway leaves a sink alone after its last batch.
_LEASE_US = 30_000_000


class Feeder:
    """Brings each durable entry to one sink, in order, at least once.

    The place is kept in the log's database, beside the log, once the sink has what comes before it. Of
    several gateways one feeds a sink at a time; another takes over when it has been silent for half a minute.
    """

    def __init__(
        self, name: str, sink: Sink, database: Database, *, holder: str, wall_us: Callable[[], int]
    ) -> None:
        self._name = name
        self._sink = sink
        self._database = database
        self._holder = holder
        self._wall_us = wall_us
        self._ending = threading.Event()
        self._failures = 0
        self._writing = threading.Lock()
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name=f"audit-sink-{name}", daemon=True)

    def start(self) -> None:
        """Begins, in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Says that the batch under way is the last."""
        self._ending.set()

    def close(self) -> None:
        """Waits a moment for the batch under way; nothing is written afterwards, even by a hung sink."""
        self.end()
        if self._thread.ident is not None:
            self._thread.join(_PATIENCE_S)
        with self._writing:
            self._abandoned = True

    def feed(self) -> int:
        """Brings one batch; how many entries that were. Raises ``SinkUnavailable``."""
        if not self._behind():
            return 0  # an idle log is not written to
        place = self._take()
        if place is None:
            return 0
        entries = self._entries(place)
        if entries:
            self._sink.deliver(entries)
            self._move(entries[-1].index + 1)
        return len(entries)

    def _run(self) -> None:
        while not self._ending.is_set():
            if not self._attempt():
                self._ending.wait(self._pause_s())
        self._sink.close()
        self._give_back()

    def _attempt(self) -> bool:
        """Whether there may be more at once."""
        try:
            fed = self.feed()
        except (AuditError, SQLAlchemyError) as error:
            if self._failures == 0:
                why = error if isinstance(error, SinkUnavailable) else cause(error)
                _log.warning("sink %s is behind, will try again: %s", self._name, why)
            self._failures += 1
            return False
        if self._failures:
            _log.warning("sink %s is fed again", self._name)
            self._failures = 0
        return fed > 0

    def _pause_s(self) -> float:
        return min(_LONGEST_PAUSE_S, _PAUSE_S * 2.0 ** min(self._failures, 10))

    def _behind(self) -> bool:
        """Whether there is anything that the sink does not have, whoever feeds it."""
        with self._database.reader.connect() as connection:
            size = connection.scalar(select(HEAD.c.size)) or 0
            place = connection.scalar(select(SINK.c.place).where(SINK.c.name == self._name)) or 0
        return int(place) < int(size)

    def _take(self) -> int | None:
        """The sink's place, if it is ours to feed now."""
        now = self._wall_us()
        try:
            with self._transaction() as connection:
                return self._leased(connection, now)
        except IntegrityError:
            return None  # another gateway made the row a moment before

    def _leased(self, connection: Connection, now: int) -> int | None:
        row = connection.execute(
            select(SINK).where(SINK.c.name == self._name).with_for_update()
        ).one_or_none()
        if row is None:
            connection.execute(
                insert(SINK).values(name=self._name, place=0, holder=self._holder, until_us=now + _LEASE_US)
            )
            return 0
        if row.holder != self._holder and now < row.until_us <= now + _LEASE_US:
            return None
        lease = {"holder": self._holder, "until_us": now + _LEASE_US}
        connection.execute(update(SINK).where(SINK.c.name == self._name).values(lease))
        return int(row.place)

    def _move(self, place: int) -> None:
        self._note(place=place, until_us=self._wall_us() + _LEASE_US)

    def _give_back(self) -> None:
        try:
            self._note(until_us=0)
        except (SinkUnavailable, SQLAlchemyError) as error:
            _log.warning("sink %s is not given back, its lease will end: %s", self._name, cause(error))

    def _note(self, **values: int) -> None:
        # Whoever lost the lease meanwhile changes nothing: the new holder's place counts.
        mine = (SINK.c.name == self._name) & (SINK.c.holder == self._holder)
        with self._transaction() as connection:
            connection.execute(update(SINK).where(mine).values(values))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction that writes; raises ``SinkUnavailable`` once the log is closed, and so sealed."""
        with self._writing:
            if self._abandoned:
                raise SinkUnavailable("the log is closed")
            with self._database.write_lock, self._database.writer.begin() as connection:
                yield connection

    def _entries(self, place: int) -> Sequence[Located]:
        query = select(ENTRY.c.idx, ENTRY.c.leaf).where(ENTRY.c.idx >= place).order_by(ENTRY.c.idx)
        entries: list[Located] = []
        size = 0
        with self._database.reader.connect() as connection:
            for index, leaf in connection.execute(query.limit(_BATCH)):
                entries.append(Located(index, leaf, decode_entry(leaf)))
                size += len(leaf)
                if size > _BATCH_BYTES:
                    break
        return entries

"""Closes intents whose outcome nobody will write any more, as ``unknown``.

A call may outlive any clock, so no time limit says that it is over: what counts is that its writer is gone.
A writer is gone once its count in the registry has stood still for ``gone_s`` on the observer's own monotonic
clock, while the observer itself could reach the database; or, in SQLite, if nobody else had the file open
when this process opened it. If one is taken for gone that only could not reach the database for so long, its
own outcome comes as a second one, which verification counts.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import case, select
from sqlalchemy.exc import SQLAlchemyError

from audit.chain import Chain
from audit.database import Database, cause
from audit.entry import Entry, EntryType, Facts, Record, Result
from audit.errors import AuditError
from audit.ids import Clock
from audit.leaf import decode_entry
from audit.open_intents import OpenIntents
from audit.registry import Beat, Registry
from audit.schema import ENTRY

_log = logging.getLogger(__name__)

BEAT_S = 5.0
GONE_S = 60.0
UNKNOWN = "unknown"
_PAGE = 4096
_BATCH = 256


@dataclass(slots=True)
class _Seen:
    """Another writer's count, and since when it stands there."""

    beat: Beat
    since: float


class Reaper:
    """Beats for one writer, watches the others, and closes what the gone ones left; in its own thread."""

    def __init__(  # noqa: PLR0913 - every part is injected
        self,
        database: Database,
        chain: Chain,
        clock: Clock,
        writer: str,
        intents: OpenIntents,
        *,
        beat_s: float = BEAT_S,
        gone_s: float = GONE_S,
    ) -> None:
        self._database = database
        self._registry = Registry(database)
        self._chain = chain
        self._clock = clock
        self._writer = writer
        self._intents = intents
        self._beat_s = beat_s
        self._gone_s = gone_s
        self._low = 0
        self._seen: dict[str, _Seen] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-reaper", daemon=True)

    def start(self, gone: Iterable[Beat] = ()) -> None:
        """Register this writer, close what the ``gone`` ones left, and go on in a thread."""
        self._low = self._registry.register(self._writer)
        self._reap(list(gone))
        self._thread.start()

    def close(self) -> None:
        """Stop; a writer without open intents is forgotten, one with some is left to be found gone."""
        self._stop.set()
        self._thread.join()
        self._chain.close()
        if not len(self._intents):
            self._attempt(lambda: self._registry.remove(self._writer))

    def _run(self) -> None:
        while not self._stop.wait(self._beat_s):
            self._attempt(self._round)

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except SQLAlchemyError as error:
            _log.warning("audit reaper will try again: %s", cause(error))
        except AuditError as error:
            _log.warning("audit reaper will try again: %s", error)

    def _round(self) -> None:
        """Beat, look at the others, and close what is to be closed.

        If the database cannot be reached the round fails before it looks: nobody ages by our own outage.
        """
        self._low = self._intents.low(self._low)
        if not self._registry.beat(self._writer, self._low):
            _log.warning("this writer was taken for gone: it could not reach the log for %s s", self._gone_s)
            self._seen.clear()
        self._reap([beat for beat in self._gone() if self._registry.adopt(beat)])
        self._close_given_up()

    def _gone(self) -> list[Beat]:
        """The writers whose count has stood still for too long."""
        now = time.monotonic()
        found = self._registry.others(self._writer)
        before, self._seen = self._seen, {}
        for beat in found:
            known = before.get(beat.writer)
            still = known is not None and known.beat.count == beat.count
            self._seen[beat.writer] = known if known is not None and still else _Seen(beat, now)
        return [seen.beat for seen in self._seen.values() if now - seen.since >= self._gone_s]

    def _reap(self, gone: list[Beat]) -> None:
        if not gone:
            return
        orphans = self._orphans({beat.writer for beat in gone}, min(beat.low for beat in gone))
        self._append([_unknown(orphan, {"writer": orphan.writer.id}) for orphan in orphans.values()])
        for beat in gone:
            self._registry.remove(beat.writer)
        if orphans:
            _log.warning("closed %d intents of writers that are gone as unknown", len(orphans))

    def _close_given_up(self) -> None:
        """Close this writer's own intents whose outcome could not be made durable."""
        names = set(self._intents.given_up(self._gone_s))
        if names:
            found = self._orphans({self._writer}, self._intents.low(0))
            orphans = [entry for name, entry in found.items() if name in names]
            self._append([_unknown(orphan, {"reason": "outcome not durable"}) for orphan in orphans])
            self._intents.closed(names)

    def _orphans(self, writers: set[str], low: int) -> dict[str, Entry]:
        """The intents of these writers, from an index on, that have no outcome; by entry id."""
        found: dict[str, Entry] = {}
        kinds = (EntryType.INTENT.value, EntryType.OUTCOME.value)
        leaf = case((ENTRY.c.type == EntryType.INTENT.value, ENTRY.c.leaf), else_=None)
        query = select(ENTRY.c.idx, ENTRY.c.id, ENTRY.c.intent, leaf).where(ENTRY.c.type.in_(kinds))
        place = low
        while True:
            page = query.where(ENTRY.c.idx >= place).order_by(ENTRY.c.idx).limit(_PAGE)
            with self._database.reader.connect() as connection:
                rows = connection.execute(page).all()
            for _index, name, intent, raw in rows:
                if raw is None:
                    found.pop(intent, None)
                elif any(writer.encode() in raw for writer in writers):
                    entry = decode_entry(raw)
                    if entry.writer.id in writers:
                        found[name] = entry
            if len(rows) < _PAGE:
                return found
            place = rows[-1][0] + 1

    def _append(self, records: list[Record]) -> None:
        for first in range(0, len(records), _BATCH):
            self._chain.settle()
            wall, monotonic = self._clock.wall_us(), self._clock.monotonic_us()
            batch = records[first : first + _BATCH]
            self._chain.commit([self._chain.link(record, wall, monotonic) for record in batch])


def _unknown(orphan: Entry, how: Mapping[str, Facts]) -> Record:
    """The outcome of a call that nobody can tell the end of."""
    record = orphan.record
    return Record(
        type=EntryType.OUTCOME,
        request_id=record.request_id,
        actor=record.actor,
        action=record.action,
        resource=record.resource,
        result=Result(status=0, code=UNKNOWN),
        intent=orphan.id,
        detail={"closed_by": "reaper", **how},
    )

"""A log that is open for writing: its parts, put together."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError

from audit.attempts import Earlier, entries_of_request, find_earlier
from audit.chain import Chain
from audit.database import Database, cause, open_database
from audit.entry import Entry, EntryType, Receipt, Record
from audit.errors import LogUnusable, RecorderUnavailable
from audit.feeder import Feeder
from audit.hold import FileHold, hold_open
from audit.ids import Clock, EntryIds, SystemClock, Uuid7
from audit.integrator import CADENCE_S, Integrator
from audit.keys import find_signer
from audit.note import Signer, Verifier
from audit.numbering import Row
from audit.open_intents import OpenIntents
from audit.place import Place, show_place
from audit.reaper import BEAT_S, GONE_S, Reaper
from audit.recorder import DEADLINE_S, Recorder
from audit.registry import Registry
from audit.seal import remove_seal
from audit.sinks.base import Sink
from audit.store import EntryStore, create_log, known_verifier
from audit.tree_store import TreeStore
from audit.witness.collector import Collector
from audit.witness.memory import WitnessMemory
from audit.witness.policy import WitnessPolicy
from audit.witness.probe import Witnessed, ask_witnesses
from audit.witness.store import CosignatureStore

# Less than the deadline, so that a locked database is told as such and not as silence.
_BUSY_SHARE = 0.75
DEFAULT_ORIGIN = "custody.local/audit"


def nobody() -> tuple[Witnessed, ...]:
    """No witness has seen anything."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What a log is called, who signs it, and its times.

    The signing key is ``signing_key`` (the text of a key file) or lies at ``key_path``, which defaults to a
    SQLite database's name with ``.key``. ``beat_s`` and ``gone_s`` say how often a writer beats, and how
    long its silence is before others close its open intents. ``witnessed`` tells, at the start, what
    has been seen of the log outside: a log that is older than that is not opened.
    ``witnesses`` are asked too, and are to cosign each checkpoint.
    """

    origin: str = DEFAULT_ORIGIN
    key_path: Path | None = None
    signing_key: str = ""
    deadline_s: float = DEADLINE_S
    cadence_s: float = CADENCE_S
    beat_s: float = BEAT_S
    gone_s: float = GONE_S
    witnessed: Callable[[], Iterable[Witnessed]] = nobody
    witnesses: WitnessPolicy | None = None

    def __repr__(self) -> str:
        return f"LogOptions(origin={self.origin!r})"


class Log:
    """A log that is open: append to it, and close it when no more will come."""

    def __init__(self, opened: "_Opened", recorder: Recorder, clock: Clock, deadline_s: float) -> None:
        self._opened = opened
        self._recorder = recorder
        self._clock = clock
        self._deadline_s = deadline_s

    @property
    def verifier(self) -> Verifier:
        """The name and key that this log's checkpoints and receipts are checked with."""
        return self._opened.signer.verifier

    def feed(self, sinks: Mapping[str, Sink]) -> None:
        """Begin to copy the log into these sinks, each in a thread of its own; closing the log ends it."""
        for name, sink in sinks.items():
            self._opened.feed(
                Feeder(
                    name,
                    sink,
                    self._opened.database,
                    holder=secrets.token_hex(8),
                    wall_us=self._clock.wall_us,
                )
            )

    async def append(self, record: Record) -> Receipt:
        """Make one record durable; raises RecorderUnavailable, InvalidEntry or EntryTooLarge.

        An intent is refused as well while the log has gone without its witnesses for longer than their policy
        allows; what has begun is recorded to its end.
        """
        if record.type is EntryType.INTENT and self._opened.overdue:
            raise RecorderUnavailable("no quorum of witnesses has seen the log for too long")
        return await self._recorder.append(record)

    async def earlier(self, attempt: str, before: int, within_us: int) -> Earlier | None:
        """The attempt below index ``before`` that runs or was answered; raises RecorderUnavailable."""
        since_us = self._clock.wall_us() - within_us
        reader = self._opened.database.reader
        try:
            with anyio.fail_after(self._deadline_s):
                return await anyio.to_thread.run_sync(
                    find_earlier, reader, attempt, before, since_us, abandon_on_cancel=True
                )
        except (SQLAlchemyError, TimeoutError) as error:
            raise RecorderUnavailable(f"the log cannot be asked: {cause(error)}") from error

    async def of_request(self, request_id: str) -> tuple[Entry, ...]:
        """The durable entries of one request id, in their order; raises RecorderUnavailable."""
        reader = self._opened.database.reader
        try:
            with anyio.fail_after(self._deadline_s):
                return await anyio.to_thread.run_sync(
                    entries_of_request, reader, request_id, abandon_on_cancel=True
                )
        except (SQLAlchemyError, TimeoutError) as error:
            raise RecorderUnavailable(f"the log cannot be asked: {cause(error)}") from error

    async def aclose(self) -> None:
        """Drain the recorder, integrate, sign, and seal a SQLite file; again is nothing.

        Raises RecorderUnavailable, and leaves the log unsealed, if the disk hangs.
        """
        await self._recorder.aclose()
        await anyio.to_thread.run_sync(self._opened.close)


class _Opened:
    """The database of an open log, and what keeps it."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of an open log
        self,
        database: Database,
        signer: Signer,
        integrator: Integrator,
        collector: Collector | None,
        reaper: Reaper,
        chain: Chain,
        intents: OpenIntents,
        hold: FileHold | None,
    ) -> None:
        self.database = database
        self.signer = signer
        self.integrator = integrator
        self._collector = collector
        self.chain = chain
        self.intents = intents
        self._reaper = reaper
        self._hold = hold
        self._feeders: list[Feeder] = []
        self._closed = False

    def feed(self, feeder: Feeder) -> None:
        """Begin to feed a sink, until the log is closed."""
        self._feeders.append(feeder)
        feeder.start()

    @property
    def overdue(self) -> bool:
        """Whether the log has gone without its witnesses for too long."""
        return self._collector is not None and self._collector.overdue

    def close(self) -> None:
        """Integrate and sign the rest, close the database, and seal its file if nobody else has it open."""
        if self._closed:
            return
        self._closed = True
        for feeder in self._feeders:
            feeder.end()
        for feeder in self._feeders:
            feeder.close()
        self._reaper.close()
        self.integrator.close()
        if self._collector is not None:
            self._collector.close()
        self.database.close()
        if self._hold is not None:
            self._hold.release(self.signer)


def open_log(
    place: Place,
    options: LogOptions = LogOptions(),
    *,
    clock: Clock | None = None,
    ids: EntryIds | None = None,
) -> Log:
    """Open or create a log for writing; blocks, so call it before serving or in a thread.

    Raises LogUnusable if it cannot be used as it is, LogCorrupted if its tree contradicts what was signed.
    """
    clock = clock or SystemClock()
    opened = _open(place, options, clock, ids or Uuid7(clock))
    intents = opened.intents

    def committed(first: int, rows: Sequence[Row]) -> None:
        intents.follow(first, rows)
        opened.integrator.wake()

    recorder = Recorder(
        opened.chain,
        opened.signer,
        clock=clock,
        committed=committed,
        failed=lambda record: intents.give_up(record.intent),
        deadline_s=options.deadline_s,
    )
    return Log(opened, recorder, clock, options.deadline_s)


def _open(place: Place, options: LogOptions, clock: Clock, ids: EntryIds) -> _Opened:
    with ExitStack() as on_failure:
        hold = hold_open(place) if isinstance(place, Path) else None
        if hold is not None:
            on_failure.enter_context(hold.lock)
        database = open_database(place, options.deadline_s * _BUSY_SHARE)
        on_failure.callback(database.close)
        try:
            signer = find_signer(
                place, options.key_path, options.signing_key, options.origin, known_verifier(database)
            )
            collector = _collector(place, options, database, clock)
            integrator = Integrator(
                TreeStore(database),
                signer,
                cadence_s=options.cadence_s,
                signed=collector.wake if collector else lambda: None,
            )
            _start(place, database, integrator, _seen(place, options, signer))
            if collector is not None:
                collector.start()
            # While nobody else can open the file: whoever wrote before is gone.
            gone = Registry(database).others("") if hold is not None and hold.alone else []
            if hold is not None:
                hold.share()
            chain, intents = Chain(EntryStore(database), ids), OpenIntents()
            reaper = _reaper(database, options, clock, chain.writer, intents)
            on_failure.callback(integrator.close)
            reaper.start(gone)
        except SQLAlchemyError as error:
            raise _unusable(place, error) from error
        on_failure.pop_all()
    return _Opened(database, signer, integrator, collector, reaper, chain, intents, hold)


def _reaper(
    database: Database, options: LogOptions, clock: Clock, writer: str, intents: OpenIntents
) -> Reaper:
    # A chain of its own, and ids of its own, for a thread of its own.
    chain = Chain(EntryStore(database), Uuid7(clock))
    return Reaper(database, chain, clock, writer, intents, beat_s=options.beat_s, gone_s=options.gone_s)


def _collector(place: Place, options: LogOptions, database: Database, clock: Clock) -> Collector | None:
    if options.witnesses is None:
        return None
    return Collector(CosignatureStore(database), options.witnesses, _memory(place, options), clock)


def _memory(place: Place, options: LogOptions) -> WitnessMemory:
    beside = place if isinstance(place, Path) else options.key_path
    return WitnessMemory(beside and beside.with_suffix(".witnessed"))


def _seen(place: Place, options: LogOptions, signer: Signer) -> Iterator[Witnessed]:
    """What was seen of the log outside, asked for only when it is read."""
    yield from options.witnessed()
    if options.witnesses is not None:
        yield from ask_witnesses(options.witnesses, _memory(place, options), signer)


def _start(place: Place, database: Database, integrator: Integrator, seen: Iterable[Witnessed]) -> None:
    """Check what is there before the first write, which breaks the seal."""
    create_log(database, integrator.verifier.name, str(integrator.verifier))
    integrator.load()
    _require_newest(TreeStore(database), seen)
    if isinstance(place, Path):
        remove_seal(place)
    integrator.start()


def _require_newest(store: TreeStore, witnessed: Iterable[Witnessed]) -> None:
    """Refuse a log that is older than, or another than, what was seen of it; raises LogUnusable."""
    size = store.state().size
    for seen in witnessed:
        if seen.size > size:
            raise LogUnusable(
                f"{seen.name} has seen {seen.size} entries of this log, and it holds {size}: it was put"
                f" back from an older copy. Restore the newest one; keep this one as evidence."
            )
        if seen.root is not None and seen.size and store.root_at(seen.size) != seen.root:
            raise LogUnusable(
                f"{seen.name} has seen another log of {seen.size} entries than this one: its history was"
                f" rewritten. Keep it as evidence, and compare with a backup."
            )


def _unusable(place: Place, error: SQLAlchemyError) -> LogUnusable:
    return LogUnusable(
        f"The log {show_place(place)} cannot be used: {cause(error)}. If another program holds it, stop"
        f" that; if the file is damaged, keep it as evidence and run `custody audit verify`."
    )

"""What feeding a sink from the log keeps to, in SQLite and in PostgreSQL alike."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from audit.database import Database, open_side
from audit.entry import EntryType, Record
from audit.errors import SinkUnavailable
from audit.feeder import Feeder
from audit.log import LogOptions, open_log
from audit.place import Place
from audit.query import Located
from tests.postgres import PostgresServer


class Taking:
    """A sink that takes what it is given, unless it is told to fail; notes what came."""

    def __init__(self) -> None:
        self.indexes: list[int] = []
        self.failing = 0
        self.closed = False

    def deliver(self, entries: Sequence[Located]) -> None:
        """One batch."""
        if self.failing:
            self.failing -= 1
            raise SinkUnavailable("told to fail")
        self.indexes += [each.index for each in entries]

    def close(self) -> None:
        """Notes it."""
        self.closed = True


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.us = 1_790_000_000_000_000

    def __call__(self) -> int:
        """Microseconds since 1970."""
        return self.us


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a log, in each database in turn."""
    if request.param == "sqlite":
        return tmp_path / "audit.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.place()


@pytest.fixture
def write(place: Place, tmp_path: Path) -> Callable[[int], None]:
    """Adds as many entries to the log."""

    async def add(count: int) -> None:
        log = open_log(place, LogOptions(key_path=tmp_path / "audit.key"))
        await asyncio.gather(
            *[log.append(Record(type=EntryType.DENIED, request_id=f"req-{n}")) for n in range(count)]
        )
        await log.aclose()

    return lambda count: asyncio.run(add(count))


@pytest.fixture
def database(place: Place, write: Callable[[int], None]) -> Iterator[Database]:
    """The database of a log of 600 entries."""
    write(600)
    opened = open_side(place, 2, forgetting=False)
    yield opened
    opened.close()


def feeder(database: Database, sink: Taking, holder: str = "one", clock: Clock | None = None) -> Feeder:
    """A feeder of one gateway."""
    return Feeder("copy", sink, database, holder=holder, wall_us=clock or Clock())


def drained(each: Feeder) -> int:
    """Feeds until there is nothing left; how many batches."""
    batches = 0
    while each.feed():
        batches += 1
    return batches


def test_every_entry_in_order(database: Database) -> None:
    """A sink gets each entry of the log once, in order, in bounded batches."""
    sink = Taking()
    assert drained(feeder(database, sink)) > 1
    assert sink.indexes == list(range(600))


def test_goes_on_where_it_was(database: Database, write: Callable[[int], None]) -> None:
    """After a restart only what is new comes."""
    drained(feeder(database, Taking()))
    write(5)
    sink = Taking()
    drained(feeder(database, sink))
    assert sink.indexes == list(range(600, 605))


def test_what_failed_comes_again(database: Database) -> None:
    """A batch that a sink did not take is the next one that it is offered: nothing is lost."""
    sink = Taking()
    each = feeder(database, sink)
    each.feed()
    taken = len(sink.indexes)
    sink.failing = 2
    for _ in range(2):
        with pytest.raises(SinkUnavailable):
            each.feed()
    drained(each)
    assert taken < 600
    assert sink.indexes == list(range(600))


def test_crash_before_the_place_is_kept(database: Database) -> None:
    """A gateway that dies between delivery and noting it delivers the same batch again: at least once."""

    class Dying(Taking):
        def deliver(self, entries: Sequence[Located]) -> None:
            super().deliver(entries)
            raise KeyboardInterrupt

    sink = Dying()
    with pytest.raises(KeyboardInterrupt):
        feeder(database, sink).feed()
    again = Taking()
    drained(feeder(database, again))
    assert again.indexes == list(range(600))


def test_one_gateway_at_a_time(database: Database) -> None:
    """While one gateway feeds a sink another leaves it alone, and takes over once the first is silent."""
    clock = Clock()
    first, second = Taking(), Taking()
    feeder(database, first, "one", clock).feed()
    other = feeder(database, second, "two", clock)
    assert other.feed() == 0
    clock.us += 31_000_000
    drained(other)
    assert first.indexes + second.indexes == list(range(600))


def test_clock_that_jumped_back_does_not_lock_a_sink(database: Database) -> None:
    """A lease that ends far in the future, by a clock that was wrong, is nobody's."""
    clock = Clock()
    clock.us += 10**15
    feeder(database, Taking(), "one", clock).feed()
    clock.us -= 10**15
    assert feeder(database, Taking(), "two", clock).feed() > 0


def test_runs_in_its_own_thread(database: Database) -> None:
    """Started, it feeds by itself; closed, it ends, closes its sink and leaves it to others at once."""
    sink = Taking()
    each = feeder(database, sink)
    each.start()
    _until(lambda: len(sink.indexes) == 600)
    each.close()
    assert sink.closed
    assert feeder(database, Taking(), "two").feed() == 0


def _until(met: Callable[[], bool]) -> None:
    for _ in range(3000):
        if met():
            return
        time.sleep(0.01)
    raise AssertionError("what the test waits for did not happen")

"""A replay of a whole span of the log, spread over processes."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import cast

from audit.place import Place
from audit.query import LogReader
from gateway.pdp.replay.compare import Comparison, Terms
from gateway.pdp.replay.recorded import Span, extent, read_span
from gateway.pdp.replay.tally import Tally

Advance = Callable[[int, int], None]
"""Told how many entries of how many are done."""

_CHUNK = 4096
# Below this, starting processes takes longer than the work.
_ALONE = 20_000
_MINUTE_US, _HOUR_US, _DAY_US = 60_000_000, 3_600_000_000, 86_400_000_000
_MOST_BUCKETS = 96


class ReplayFailed(Exception):
    """A replay came to no end, so none of its counts may be believed."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to replay: the log, the span of time, the terms, and over how many processes."""

    place: Place
    from_us: int
    to_us: int
    terms: Terms
    processes: int = 2
    cross_checks: int = 500


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a job: its counts, the terms it ran on, and the times of its first and last entry."""

    tally: Tally
    terms: Terms
    first_us: int
    last_us: int


def run(job: Job, advance: Advance | None = None) -> Replay:
    """Replay a span; raises ``ReplayFailed``, and ``AuditError`` for a log that cannot be read."""
    with LogReader(job.place) as reader, reader.connect() as connection:
        span, first_us, last_us = extent(connection, job.from_us, job.to_us)
    entries = span.end - span.first
    terms = replace(
        job.terms,
        bucket_us=_bucket(last_us - first_us),
        check_every=max(1, entries // job.cross_checks) if job.cross_checks else 0,
    )
    chunks = list(_chunks(span))
    alone = job.processes == 1 or entries < _ALONE
    parts = _here(job.place, terms, chunks) if alone else _apart(job, terms, chunks)
    found, done = dict[int, Tally](), 0
    for number, part in parts:
        found[number] = part
        done += chunks[number].end - chunks[number].first
        if advance is not None:
            advance(done, entries)
    tally = Tally()
    for number in sorted(found):
        tally.add(found[number])
    return Replay(tally, terms, first_us, last_us)


def _bucket(length_us: int) -> int:
    """The width of a column in a plot over time: a round one, and not too many of them."""
    widths = (_MINUTE_US, 15 * _MINUTE_US, _HOUR_US, 6 * _HOUR_US, _DAY_US)
    return next((width for width in widths if length_us // width < _MOST_BUCKETS), 7 * _DAY_US)


def _chunks(span: Span) -> Iterator[Span]:
    for first in range(span.first, span.end, _CHUNK):
        yield replace(span, first=first, end=min(first + _CHUNK, span.end))


def _here(place: Place, terms: Terms, chunks: list[Span]) -> Iterator[tuple[int, Tally]]:
    comparison = Comparison(terms)
    with LogReader(place) as reader, reader.connect() as connection:
        for number, chunk in enumerate(chunks):
            yield number, comparison.tally(read_span(connection, chunk))


def _apart(job: Job, terms: Terms, chunks: list[Span]) -> Iterator[tuple[int, Tally]]:
    """Hands chunks to processes, the next one to whichever is done; raises ``ReplayFailed``."""
    # Started afresh: a fork would share the parent's database connection and its engine's threads.
    context = multiprocessing.get_context("spawn")
    ahead = iter(enumerate(chunks))
    with ExitStack() as stack:
        waiting: list[Connection] = []
        for _ in range(min(job.processes, len(chunks))):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, job.place, terms), daemon=True)
            process.start()
            theirs.close()
            stack.callback(process.join)
            stack.callback(ours.close)
            ours.send(next(ahead))
            waiting.append(ours)
        while waiting:
            for ready in cast("list[Connection]", wait(waiting)):
                yield _received(ready)
                task = next(ahead, None)
                if task is None:
                    waiting.remove(ready)
                else:
                    ready.send(task)


def _received(connection: Connection) -> tuple[int, Tally]:
    try:
        answer: tuple[int, Tally] = connection.recv()
    except (EOFError, OSError):
        raise ReplayFailed("A process of the replay ended early; what it said stands above.") from None
    return answer


def _serve(connection: Connection, place: Place, terms: Terms) -> None:
    """One process: judges a chunk after the other until nobody asks any more."""
    comparison = Comparison(terms)
    with LogReader(place) as reader, reader.connect() as log:
        while True:
            try:
                number, chunk = connection.recv()
                connection.send((number, comparison.tally(read_span(log, chunk))))
            except (EOFError, BrokenPipeError):
                return

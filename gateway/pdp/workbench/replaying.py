"""The calls of a replay on their way to the process that decides them again: it is let at no database."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gateway.pdp.replay.recorded import RecordedDecision, Undecided, Wanted, newest_leaves, read_recorded
from gateway.pdp.replay.summary import Scope

MOST_CALLS = 100_000
"""What one replay looks at: about 15 seconds of a processor."""


@dataclass(frozen=True, slots=True)
class Replaying:
    """What to replay, how it is called in the answer, and how many calls at most.

    With ``only_own`` it is a proof: nothing is judged but what the candidate itself decided.
    """

    wanted: Wanted
    scope: Scope
    most: int = MOST_CALLS
    only_own: bool = False


@dataclass(slots=True)
class Stretch:
    """The newest calls that are wanted, as lines; afterwards ``complete`` says whether these were all."""

    connection: Connection
    asked: Replaying
    complete: bool = field(default=True, init=False)

    def lines(self) -> Iterator[bytes]:
        """Each call as its index and its leaf, which as canonical JSON holds no line break."""
        leaves = newest_leaves(self.connection, self.asked.wanted, self.asked.most + 1)
        for number, (index, leaf) in enumerate(leaves):
            if number == self.asked.most:
                self.complete = False
                return
            yield b"%d %s\n" % (index, leaf)


@dataclass(slots=True)
class Arriving:
    """The same at the other end; ``first_us`` and ``last_us`` are the times that came so far."""

    first_us: int = 0
    last_us: int = 0

    def read(self, lines: Iterator[bytes]) -> Iterator[RecordedDecision | Undecided]:
        """Each call."""
        for line in lines:
            index, leaf = line.split(b" ", 1)
            call = read_recorded(int(index), leaf)
            self.first_us = min(self.first_us or call.wall_us, call.wall_us)
            self.last_us = max(self.last_us, call.wall_us)
            yield call

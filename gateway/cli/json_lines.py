"""JSON lines as they come: whole lines in batches, with bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

_READ = 262_144  # bytes asked for at once; a pipe gives fewer, and what is there is worked on
LONGEST_LINE = 64 * 2**20


class Source(Protocol):
    """Bytes that can be read as they come."""

    def read1(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes, as soon as there are any; none at the end."""


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """A line and its number, from 1; ``octets`` is None for one that is too long to be held."""

    number: int
    octets: bytes | None


def batches(source: Source, longest: int = LONGEST_LINE) -> Iterator[list[Line]]:
    """The lines in order, as many at once as arrived together; blank ones are left out, not uncounted.

    A line over ``longest`` bytes is skipped to its end without being kept.
    """
    begun = _Begun(longest)
    number = 0
    while octets := source.read1(_READ):
        *ended, rest = octets.split(b"\n")
        lines = []
        for piece in ended:
            begun.add(piece)
            number += 1
            lines.append(Line(number, begun.take()))
        begun.add(rest)
        yield [line for line in lines if line.octets != b""]
    last = begun.take()
    if last != b"":
        yield [Line(number + 1, last)]


class _Begun:
    """The line of which the end has not come yet."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._longest:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def take(self) -> bytes | None:
        line = b"".join(self._pieces).strip() if self._size <= self._longest else None
        self._pieces.clear()
        self._size = 0
        return line

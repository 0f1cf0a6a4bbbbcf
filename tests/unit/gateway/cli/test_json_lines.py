import io
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.json_lines import Line, batches


class Pipe:
    """Gives its pieces one at a time, as a pipe does."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def read1(self, size: int = -1, /) -> bytes:
        """The next piece, then nothing."""
        del size
        return self._pieces.pop(0) if self._pieces else b""


LINES = st.lists(st.binary(max_size=12).map(lambda octets: octets.replace(b"\n", b"").strip()), max_size=8)


@given(LINES, st.lists(st.integers(0, 100), max_size=6), st.booleans())
def test_lines_are_the_same_however_they_arrive(lines: list[bytes], cuts: list[int], ended: bool) -> None:
    """Cuts of a pipe change neither a line nor its number; blank lines count and are left out."""
    octets = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    at = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    pieces = [octets[start:end] for start, end in pairwise(at)]
    got = [line for batch in batches(Pipe(pieces)) for line in batch]
    assert got == [Line(number, line) for number, line in enumerate(lines, 1) if line]


def test_what_is_there_is_given_at_once() -> None:
    """A caller that waits for an answer to each line gets it: no batch waits to be full."""
    reading = batches(Pipe([b"one\n", b"two\n"]))
    assert next(reading) == [Line(1, b"one")]


def test_endless_line_is_skipped_and_counted() -> None:
    """A line over the limit is not kept, and those after it are read."""
    source = io.BytesIO(b"a" * 1_000_000 + b"\nnext\n" + b"b" * 1_000_000)
    got = [line for batch in batches(source, longest=1000) for line in batch]
    assert got == [Line(1, None), Line(2, b"next"), Line(3, None)]

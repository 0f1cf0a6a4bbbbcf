from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.candidates import candidates
from redaction.classifier.units import Units

CORE = 94  # units that a window decides on
MARGIN = 8  # units it looks at on either side besides; no decision there
FRAME = 2  # the two units that begin and end what the network sees
_STEP = 8  # lengths are rounded up to this, so that a window's figures do not hang on its neighbours


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Units ``seen[0]:seen[1]`` of a text, of which ``core`` is what this window decides on.

    ``chosen`` are the numbers of the candidates among the units seen.
    """

    text: int
    seen: tuple[int, int]
    core: tuple[int, int]
    chosen: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """Places it takes in a batch, frame and padding included."""
        return _rounded(self.seen[1] - self.seen[0])

    @property
    def size(self) -> tuple[int, int]:
        """Places of its units and of its candidates in a batch: windows of one size go together."""
        return self.rows, _rounded(len(self.chosen))


def windows(text: int, units: Units) -> Iterator[Window]:
    """What of a text has to be looked at: windows that hold nothing but plain units are left out."""
    count = len(units)
    if not count:
        return
    plain = np.array(units.plain, bool)
    telling = np.flatnonzero(~plain)
    chosen = candidates(np.array(units.kinds, np.int64), plain)
    for start, end in _cores(count):
        first, last = np.searchsorted(telling, (start, end))
        if first < last:
            seen = (max(0, start - MARGIN), min(count, end + MARGIN))
            low, high = np.searchsorted(chosen, seen)
            yield Window(text, seen, (start, end), chosen[low:high])


def _cores(count: int) -> Iterator[tuple[int, int]]:
    """Cuts of equal size, so that no window is left with a few units and their margins."""
    if count <= CORE + 2 * MARGIN:
        yield 0, count
        return
    number = -(-count // CORE)
    for part in range(number):
        yield part * count // number, (part + 1) * count // number


def _rounded(units: int) -> int:
    """Places that so many units take with their frame and padding."""
    return -(-(units + FRAME) // _STEP) * _STEP


def batches(found: Sequence[Window], rows: int) -> Iterator[list[int]]:
    """Numbers of windows that go together: of one size, at most ``rows`` rows in all."""
    order = sorted(range(len(found)), key=lambda number: found[number].size)
    batch: list[int] = []
    for number in order:
        size = found[number].size
        if batch and (found[batch[0]].size != size or size[0] * (len(batch) + 1) > rows):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Input:
    """One batch as the engine takes it: windows of one size, padded; all their pieces in a row.

    ``offsets`` say where the pieces of each row begin, ``counts`` how many it has. ``chosen`` are the places
    of each window's candidates and of its frame, padded with 0, ``carried`` how many these are.
    """

    pieces: NDArray[np.int64]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    kinds: NDArray[np.int64]
    lengths: NDArray[np.int32]
    chosen: NDArray[np.int64]
    carried: NDArray[np.int32]


def prepare(found: Sequence[Window], texts: Sequence[Units], frame: tuple[int, int, int]) -> Input:
    """Windows of one size as arrays; ``frame`` are the pieces that begin, end and pad a window."""
    start, end, pad = frame
    length, most = found[0].size
    kinds = np.zeros((len(found), length), np.int64)
    counts = np.ones((len(found), length), np.int64)
    chosen = np.zeros((len(found), most), np.int64)
    pieces: list[int] = []
    for row, window in enumerate(found):
        units = texts[window.text]
        low, high = window.seen
        size = high - low
        kinds[row, 1 : size + 1] = units.kinds[low:high]
        inside = units.pieces[low:high]
        counts[row, 1 : size + 1] = [len(each) for each in inside]
        pieces.append(start)
        for each in inside:
            pieces += each
        pieces.append(end)
        pieces += [pad] * (length - size - FRAME)
        chosen[row, 1 : len(window.chosen) + 1] = window.chosen - (low - 1)
        chosen[row, len(window.chosen) + 1] = size + 1
    flat = counts.reshape(-1)
    offsets = np.concatenate(([0], np.cumsum(flat)[:-1]))
    lengths = np.array([window.seen[1] - window.seen[0] + FRAME for window in found], np.int32)
    carried = np.array([len(window.chosen) + FRAME for window in found], np.int32)
    return Input(np.array(pieces), offsets, flat, kinds, lengths, chosen, carried)

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.units import Units

CORE = 94  # units that a window decides on
MARGIN = 8  # units it looks at on either side besides; no decision there
FRAME = 2  # the two units that begin and end what the network sees
_STEP = 8  # lengths are rounded up to this, so that a window's figures do not hang on its neighbours


@dataclass(frozen=True, slots=True)
class Window:
    """Units ``seen[0]:seen[1]`` of a text, of which ``core`` is what this window decides on."""

    text: int
    seen: tuple[int, int]
    core: tuple[int, int]

    @property
    def rows(self) -> int:
        """Places it takes in a batch, frame and padding included."""
        return -(-(self.seen[1] - self.seen[0] + FRAME) // _STEP) * _STEP


def windows(text: int, units: Units) -> Iterator[Window]:
    """What of a text has to be looked at: windows that hold nothing but plain units are left out."""
    count = len(units)
    if not count:
        return
    telling = np.flatnonzero(~np.array(units.plain, bool))
    for start, end in _cores(count):
        first, last = np.searchsorted(telling, (start, end))
        if first < last:
            yield Window(text, (max(0, start - MARGIN), min(count, end + MARGIN)), (start, end))


def _cores(count: int) -> Iterator[tuple[int, int]]:
    """Cuts of equal size, so that no window is left with a few units and their margins."""
    if count <= CORE + 2 * MARGIN:
        yield 0, count
        return
    number = -(-count // CORE)
    for part in range(number):
        yield part * count // number, (part + 1) * count // number


def batches(found: Sequence[Window], rows: int) -> Iterator[list[int]]:
    """Numbers of windows that go together: of one length, at most ``rows`` rows in all."""
    order = sorted(range(len(found)), key=lambda number: found[number].rows)
    batch: list[int] = []
    for number in order:
        size = found[number].rows
        if batch and (found[batch[0]].rows != size or size * (len(batch) + 1) > rows):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Input:
    """One batch as the engine takes it: windows of one length, padded; all their pieces in a row.

    ``offsets`` say where the pieces of each row begin, ``counts`` how many it has.
    """

    pieces: NDArray[np.int64]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    kinds: NDArray[np.int64]
    lengths: NDArray[np.int32]


def prepare(found: Sequence[Window], texts: Sequence[Units], frame: tuple[int, int, int]) -> Input:
    """Windows of one length as arrays; ``frame`` are the pieces that begin, end and pad a window."""
    start, end, pad = frame
    length = found[0].rows
    kinds = np.zeros((len(found), length), np.int64)
    counts = np.ones((len(found), length), np.int64)
    pieces: list[int] = []
    lengths: list[int] = []
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
        lengths.append(size + FRAME)
    flat = counts.reshape(-1)
    offsets = np.concatenate(([0], np.cumsum(flat)[:-1]))
    return Input(np.array(pieces), offsets, flat, kinds, np.array(lengths, np.int32))

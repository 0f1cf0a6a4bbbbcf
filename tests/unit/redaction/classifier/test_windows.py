import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.classifier.units import Units
from redaction.classifier.windows import CORE, FRAME, MARGIN, Window, batches, prepare, windows


def units(plain: list[bool]) -> Units:
    """Units of one letter each, two apart."""
    count = len(plain)
    starts = [2 * n for n in range(count)]
    return Units(starts, [s + 1 for s in starts], [(7,)] * count, [1] * count, plain)


def whole(size: int, every: int = 1) -> Window:
    """A window of a whole text, in which one unit of so many is a candidate."""
    return Window(0, (0, size), (0, size), np.arange(0, size, every))


@given(st.lists(st.booleans(), max_size=600))
def test_each_telling_unit_is_decided_once(plain: list[bool]) -> None:
    """No unit that may be something is left out or decided twice; each window sees beyond what it decides."""
    found = list(windows(0, units(plain)))
    decided = [n for window in found for n in range(*window.core)]
    assert len(decided) == len(set(decided))
    assert {n for n, each in enumerate(plain) if not each} <= set(decided)
    for window in found:
        assert window.seen[0] in (0, window.core[0] - MARGIN)
        assert window.seen[1] in (len(plain), window.core[1] + MARGIN)
        assert window.seen[1] - window.seen[0] <= CORE + 2 * MARGIN
        low, high = window.seen
        chosen = set(window.chosen.tolist())
        assert {n for n in range(low, high) if not plain[n]} <= chosen <= set(range(low, high))


def test_plain_text_needs_no_network() -> None:
    """Nothing is looked at where nothing can be."""
    assert list(windows(0, units([True] * 500))) == []


@given(st.lists(st.integers(1, CORE + 2 * MARGIN), min_size=1, max_size=60))
def test_batches_hold_windows_of_one_size(sizes: list[int]) -> None:
    """Each window is in one batch, all of a batch are of one size, and the limit holds."""
    found = [whole(size, size % 7 + 1) for size in sizes]
    grouped = list(batches(found, 256))
    assert sorted(number for batch in grouped for number in batch) == list(range(len(found)))
    for batch in grouped:
        assert len({found[number].size for number in batch}) == 1
        assert len(batch) == 1 or sum(found[number].rows for number in batch) <= 256


@pytest.mark.parametrize("size", [1, 14, 15, 60])
def test_windows_are_framed_and_padded(size: int) -> None:
    """A window's pieces stand between the two that frame it, padding comes after."""
    text = units([False] * size)
    given_ = prepare([whole(size)], [text], (101, 102, 0))
    rows = given_.kinds.shape[1]
    assert rows % 8 == 0
    assert rows >= size + FRAME
    assert given_.pieces.tolist() == [101, *[7] * size, 102, *[0] * (rows - size - FRAME)]
    assert given_.lengths.tolist() == [size + FRAME]
    assert np.array_equal(given_.offsets, np.arange(rows))


def test_candidates_are_places_in_their_window() -> None:
    """The frame counts as a candidate; padding points at the first place."""
    text = units([False] * 40)
    given_ = prepare([Window(0, (10, 30), (12, 28), np.array([11, 29]))], [text], (101, 102, 0))
    assert given_.chosen.tolist() == [[0, 2, 20, 21, 0, 0, 0, 0]]
    assert given_.carried.tolist() == [4]

"""Which units can be part of an entity at all: the upper layers of the network look at these alone."""

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.units import FIRST_NUMBER, SIGN, shapes

_GAP = 2  # everyday words between two telling ones that may belong to both: "Bank of the West"


def candidates(kinds: NDArray[np.int64], plain: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The numbers of all units that may be something, in order.

    These are the telling ones (not plain), the word after one ("12 Oak street"), the word before a number
    ("may 3"), and up to two plain words between two. Signs do not count and are none: whether one belongs to
    an entity its neighbours decide.
    """
    shape = shapes(kinds)
    words = np.flatnonzero((shape != SIGN) | ~plain)
    if not words.size:
        return words
    telling = ~plain[words]
    place = np.arange(len(words))
    far = len(words) + _GAP + 1
    before = np.maximum.accumulate(np.where(telling, place, -far))
    after = np.minimum.accumulate(np.where(telling, place, 2 * far)[::-1])[::-1]
    counted = np.append(shape[words[1:]] >= FIRST_NUMBER, False)
    chosen = telling | counted | (place - before == 1) | (after - before - 1 <= _GAP)
    found: NDArray[np.int64] = words[chosen]
    return found

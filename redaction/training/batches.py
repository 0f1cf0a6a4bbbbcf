"""Windows in batches of like length, in an order that the seed decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from redaction.classifier.candidates import candidates
from redaction.classifier.network import Given
from redaction.training.dataset import Windows
from redaction.training.examples import LABELS

PAD, START, END = 0, 2, 3  # Rampart's numbers for [PAD], [CLS] and [SEP]
_LABELS = len(LABELS)
_ANY = (1 << _LABELS) - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What the network takes, and ``allowed`` [batch, most, labels]: the labels each candidate may have."""

    given: Given
    allowed: Tensor


class Batches:
    """Draws batches of about ``units`` units."""

    def __init__(self, windows: Windows, units: int) -> None:
        self.windows = windows
        self._units = units
        self._starts = np.concatenate(([0], np.cumsum(windows.lengths)))
        self._piece_starts = np.concatenate(([0], np.cumsum(windows.counts.astype(np.int64))))
        self._candidates = [
            candidates(windows.kinds[start:end].astype(np.int64), windows.plain[start:end])
            for start, end in pairwise(self._starts)
        ]

    def epoch(self, seed: int) -> Iterator[Batch]:
        """Every window once."""
        draw = np.random.default_rng(seed)
        lengths = self.windows.lengths
        order = np.argsort(lengths + draw.random(len(lengths)) * 6, kind="stable")
        groups: list[NDArray[np.int64]] = []
        start = 0
        while start < len(order):
            size = max(1, self._units // (int(lengths[order[start]]) + 8))
            groups.append(order[start : start + size])
            start += size
        for number in draw.permutation(len(groups)):
            yield self.batch(groups[number])

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """These windows, framed and padded."""
        source = self.windows
        longest = int(source.lengths[rows].max()) + 2
        most = max(len(self._candidates[window]) for window in rows) + 2
        kinds = np.zeros((len(rows), longest), np.int64)
        counts = np.ones((len(rows), longest), np.int64)
        chosen = np.zeros((len(rows), most), np.int64)
        allowed = np.full((len(rows), most), _ANY, np.uint16)
        pieces: list[NDArray[np.int32]] = []
        carried = []
        for row, window in enumerate(rows):
            start, end = self._starts[window], self._starts[window + 1]
            size = end - start
            kinds[row, 1 : size + 1] = source.kinds[start:end]
            counts[row, 1 : size + 1] = source.counts[start:end]
            inside = source.pieces[self._piece_starts[start] : self._piece_starts[end]]
            tail = np.full(longest - size - 1, PAD, np.int32)
            tail[0] = END
            pieces += (np.array([START], np.int32), inside, tail)
            few = self._candidates[window]
            carried.append(len(few) + 2)
            chosen[row, 1 : len(few) + 1] = few + 1
            chosen[row, len(few) + 1] = size + 1
            allowed[row, 1 : len(few) + 1] = source.allowed[start + few]
        offsets = np.concatenate(([0], np.cumsum(counts.reshape(-1))[:-1]))
        bits = (allowed[..., None] >> np.arange(_LABELS)) & 1
        given = Given(
            torch.from_numpy(np.concatenate(pieces).astype(np.int64)),
            torch.from_numpy(offsets),
            torch.from_numpy(kinds),
            torch.from_numpy(source.lengths[rows].astype(np.int64) + 2),
            torch.from_numpy(chosen),
            torch.tensor(carried),
        )
        return Batch(given, torch.from_numpy(bits.astype(bool)))

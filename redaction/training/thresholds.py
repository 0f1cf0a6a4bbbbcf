"""From which probability on a unit counts, chosen on text that was not trained on."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.engine import Engine
from redaction.classifier.units import Reader
from redaction.classifier.windows import batches, prepare, windows
from redaction.training.dataset import allowed_labels
from redaction.training.examples import LABELS, Example

_LOWEST, _HIGHEST = 0.35, 0.6  # below and above, a few noisy rows would decide


def choose(
    engine: Engine,
    reader: Reader,
    frame: tuple[int, int, int],
    examples: Iterable[Example],
    false_alarms: float,
) -> dict[str, float]:
    """For each label the threshold at which ``false_alarms`` of 1,000 clean units are wrongly taken for it."""
    label, sure, clean, others = _scored(engine, reader, frame, examples)
    allowed = false_alarms / 1000 * (clean.sum() + others)
    chosen: dict[str, float] = {}
    for number, name in enumerate(LABELS[1:], 1):
        wrong = np.sort(sure[clean & (label == number)])[::-1]
        at = min(int(allowed), len(wrong) - 1)
        chosen[name] = round(float(np.clip(wrong[at] if at >= 0 else 0, _LOWEST, _HIGHEST)), 3)
    return chosen


def _scored(
    engine: Engine, reader: Reader, frame: tuple[int, int, int], examples: Iterable[Example]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_], int]:
    """For each candidate its likeliest label, how sure it is to be anything, and whether it is nothing.

    The last figure is how many units beside the candidates may be nothing.
    """
    listed = list(examples)
    texts = [reader.read(example.text) for example in listed]
    bits = [np.array(allowed_labels(example, units)) for example, units in zip(listed, texts, strict=True)]
    found = [window for number, units in enumerate(texts) for window in windows(number, units)]
    labels, sures, cleans, others = [], [], [], 0
    for batch in batches(found, engine.rows):
        chosen = [found[number] for number in batch]
        for window, answer in zip(chosen, engine.run(prepare(chosen, texts, frame)), strict=True):
            first, last = np.searchsorted(window.chosen, window.core)
            inside = answer[1 + first : 1 + last]
            labels.append(inside[:, 1:].argmax(-1) + 1)
            sures.append(1 - inside[:, 0])
            decided = window.chosen[first:last]
            may = bits[window.text][decided]
            others += int((bits[window.text][slice(*window.core)] & 1).sum() - (may & 1).sum())
            cleans.append((may & 1 > 0) & (may & (1 << labels[-1]) == 0))
    return np.concatenate(labels), np.concatenate(sures), np.concatenate(cleans), others

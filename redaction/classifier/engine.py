from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from redaction.classifier.files import GRAPH, Published
from redaction.classifier.windows import Input

Probabilities = NDArray[np.float32]  # [windows, candidates, labels]


class Engine(Protocol):
    """Runs the network on one batch."""

    rows: int
    """How many rows it is best given at once."""

    lanes: int
    """How many threads may call ``run`` at a time."""

    def run(self, batch: Input) -> Probabilities:
        """The probability of each label for each of the places in ``chosen``."""


class ProcessorEngine:
    """8-bit integers on the processor, through ONNX Runtime.

    Scales of activations are fixed in the graph, so a window's figures are the same in any batch.
    """

    rows = 512

    def __init__(self, published: Published, threads: int) -> None:
        self.lanes = threads
        options = onnxruntime.SessionOptions()
        # A batch is one thread's work from end to end: threads that share one wait for each other at every
        # node, and all of them for what Python does between two batches.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # The graph is as it should be: what fusing would add, above all norms, has slower kernels.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            published.folder / GRAPH, options, providers=["CPUExecutionProvider"]
        )
        scale = published.tensors["words.scale"].astype(np.float32)
        self._words = published.tensors["words"].astype(np.float32) * scale[:, None]

    def run(self, batch: Input) -> Probabilities:
        """As the protocol says."""
        windows, length = batch.kinds.shape
        words = self._bags(batch).reshape(windows, length, -1)
        chosen = batch.chosen + length * np.arange(windows)[:, None]
        given = {"words": words, "kinds": batch.kinds, "lengths": batch.lengths}
        given |= {"chosen": chosen, "carried": batch.carried}
        found: Probabilities = self._session.run(["probabilities"], given)[0]
        return found

    def _bags(self, batch: Input) -> NDArray[np.float32]:
        """The mean of each unit's pieces: most have one, so the others are added in passes."""
        bags = np.take(self._words, batch.pieces[batch.offsets], axis=0)
        more = np.flatnonzero(batch.counts > 1)
        longer, nth = more, 1
        while longer.size:
            bags[longer] += self._words[batch.pieces[batch.offsets[longer] + nth]]
            nth += 1
            longer = longer[batch.counts[longer] > nth]
        bags[more] /= batch.counts[more, None].astype(np.float32)
        return bags

"""The network on a CUDA device in bfloat16; imported only where torch sees one."""

import numpy as np
import torch
from numpy.typing import NDArray

from redaction.classifier.engine import Probabilities
from redaction.classifier.files import Published
from redaction.classifier.network import Given, Size, Tagger
from redaction.classifier.windows import Input


def available() -> bool:
    """Whether torch sees a CUDA device."""
    return torch.cuda.is_available()


class AcceleratorEngine:
    """The published weights, de-quantized, on one device; its speed is unmeasured so far.

    Figures differ in the last digits from those of the processor, and may from batch to batch.
    """

    rows = 65_536
    lanes = 1

    def __init__(self, published: Published, device: str = "cuda") -> None:
        self._device = torch.device(device)
        kind = torch.bfloat16 if self._device.type == "cuda" else torch.float32
        self._tagger = tagger_of(published).to(self._device, kind).eval()

    @torch.inference_mode()
    def run(self, batch: Input) -> Probabilities:
        """As ``Engine`` says."""
        parts: tuple[NDArray[np.integer], ...] = (
            batch.pieces, batch.offsets, batch.kinds, batch.lengths, batch.chosen, batch.carried,
        )  # fmt: skip
        logits: torch.Tensor = self._tagger(Given(*map(self._moved, parts)))
        found: Probabilities = torch.softmax(logits.float(), -1).cpu().numpy()
        return found

    def _moved(self, array: NDArray[np.integer]) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)


def tagger_of(published: Published) -> Tagger:
    """The network in floating point, from the tensors that the graph uses too."""
    tensors = {name: torch.from_numpy(array.astype(np.float32)) for name, array in published.tensors.items()}
    size = Size(
        pieces=len(tensors["words"]),
        layers=published.layers,
        wide=published.wide,
        inner=tensors["layers.0.inner.weight"].shape[1],
        labels=len(published.labels),
        hidden=tensors["words"].shape[1],
        heads=published.heads,
        longest=published.longest,
    )
    tagger = Tagger(size)
    state = tagger.state_dict()
    for name in state:
        if name in ("shapes.weight", "gaps.weight", "classes.weight"):
            continue
        state[name] = _whole(tensors, name)
    tagger.load_state_dict(state)
    tagger.use_kind_table(tensors["kinds"])
    return tagger


def _whole(tensors: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    """A parameter from its integers and scales; matrices are stored [in, out], as the graph multiplies."""
    if name == "words.weight":
        return tensors["words"] * tensors["words.scale"][:, None]
    if name not in tensors and ".mixed." in name:
        parts = [_whole(tensors, name.replace("mixed", part)) for part in ("query", "key", "value")]
        return torch.cat(parts)
    if f"{name}.scale" in tensors:
        return (tensors[name] * tensors[f"{name}.scale"]).T
    return tensors[name]

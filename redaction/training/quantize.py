"""8-bit weights with a scale a column, and fixed scales for what flows between the layers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from redaction.classifier.network import Layer, Tagger
from redaction.training.batches import Batch

Tensors = dict[str, NDArray[np.generic]]
# Processors without VNNI add pairs of products in 16 bits; 7-bit weights cannot overflow there, so every machine
# gives the same answer.
_MOST = 63
_PERCENTILE = 99.99


@dataclass(slots=True)
class Ranges:
    """The lowest and highest values that flow into each matrix, by its name."""

    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)

    def see(self, name: str, values: Tensor) -> None:
        """Widens the range of a matrix to nearly all of these values."""
        flat = values.detach().float().reshape(-1).numpy()
        low, high = np.percentile(flat, (100 - _PERCENTILE, _PERCENTILE))
        self.low[name] = min(self.low.get(name, 0.0), float(low))
        self.high[name] = max(self.high.get(name, 0.0), float(high))

    def quantization(self, name: str, *, rectified: bool) -> tuple[np.float32, np.uint8]:
        """Scale and zero point; a rectified value loses what is below zero by its zero point of 0."""
        low = 0.0 if rectified else self.low[name]
        scale = max(self.high[name] - low, 1e-6) / 255
        return np.float32(scale), np.uint8(round(-low / scale))


def ranges_of(tagger: Tagger, batches: Iterable[Batch]) -> Ranges:
    """What flows through a tagger as it reads these batches."""
    ranges = Ranges()
    hooks = [
        module.register_forward_pre_hook(_watch(ranges, name))
        for name, module in tagger.named_modules()
        if isinstance(module, nn.Linear)
    ]
    hooks += [
        layer.register_forward_pre_hook(_watch(ranges, f"layers.{number}.mixed", 1))
        for number, layer in enumerate(tagger.layers)
    ]
    with torch.inference_mode():
        for batch in batches:
            tagger(batch.given)
    for hook in hooks:
        hook.remove()
    return ranges


def _watch(ranges: Ranges, name: str, argument: int = 0):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a hook, typed by torch
    def see(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
        ranges.see(name, given[argument])

    return see


def tensors_of(tagger: Tagger) -> Tensors:
    """All weights as they are published; matrices are [in, out], as the graph multiplies them."""
    state = {name: value.detach().float().numpy() for name, value in tagger.state_dict().items()}
    words = state.pop("words.weight")
    scale = np.abs(words).max(1) / 127 + 1e-12
    found: Tensors = {
        "words": np.round(words / scale[:, None]).astype(np.int8),
        "words.scale": scale.astype(np.float32),
        "kinds": tagger.kind_table().detach().float().numpy(),
    }
    for name, value in _parted(tagger, state).items():
        if name.split(".")[0] in ("shapes", "gaps", "classes"):
            continue
        if value.ndim == 2 and name != "places.weight":
            column = np.abs(value).max(1) / _MOST + 1e-12
            found[name] = np.ascontiguousarray(np.round(value / column[:, None]).astype(np.int8).T)
            found[f"{name}.scale"] = column.astype(np.float32)
        else:
            found[name] = value.astype(np.float32)
    return found


def _parted(tagger: Tagger, state: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The layer that looks at more than it works on multiplies by its three parts apart."""
    mixed = f"layers.{tagger.size.wide}.mixed."
    parted: dict[str, NDArray[np.float32]] = {}
    for name, value in state.items():
        if name.startswith(mixed):
            for part, rows in zip(("query", "key", "value"), np.split(value, 3), strict=True):
                parted[name.replace("mixed", part)] = rows
        else:
            parted[name] = value
    return parted


def linear_names(tagger: Tagger) -> list[str]:
    """The names of all matrices, in the order they are used."""
    names = []
    for number, layer in enumerate(tagger.layers):
        assert isinstance(layer, Layer)  # noqa: S101 - tells the type checker what a ModuleList holds
        names += [f"layers.{number}.{part}" for part in ("mixed", "joined", "inner", "outer")]
    return [*names, "out"]

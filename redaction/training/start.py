"""A tagger that begins as some of Rampart's layers, their inner layers cut to the neurons that weigh most."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from redaction.classifier.network import Layer, Size, Tagger
from redaction.training.examples import LABELS
from redaction.training.rampart import Arrays


def begin(arrays: Arrays, layers: Sequence[int], inner: int, wide: int) -> Tagger:
    """The tagger with Rampart's words, places and chosen layers; kinds begin at nothing, labels at random."""
    words = arrays["bert.embeddings.word_embeddings.weight"]
    tagger = Tagger(Size(pieces=len(words), layers=len(layers), wide=wide, inner=inner, labels=len(LABELS)))
    with torch.no_grad():
        _copy(tagger.words, words)
        # Rampart's only token type is part of every unit, so it joins the places.
        types = arrays["bert.embeddings.token_type_embeddings.weight"][0]
        places = arrays["bert.embeddings.position_embeddings.weight"][: tagger.size.longest]
        _copy(tagger.places, places + types)
        for table in (tagger.shapes, tagger.gaps, tagger.classes):
            table.weight.normal_(0, 0.002)
        _copy(
            tagger.norm, arrays["bert.embeddings.LayerNorm.weight"], arrays["bert.embeddings.LayerNorm.bias"]
        )
        for layer, number in zip(tagger.layers, layers, strict=True):
            assert isinstance(layer, Layer)  # noqa: S101 - tells the type checker what a ModuleList holds
            _fill(layer, arrays, f"bert.encoder.layer.{number}", inner)
    return tagger


def _fill(layer: Layer, arrays: Arrays, name: str, inner: int) -> None:
    self_names = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    mixed = [np.concatenate([arrays[f"{part}.{kind}"] for part in self_names]) for kind in ("weight", "bias")]
    _copy(layer.mixed, *mixed)
    _copy(layer.joined, *_pair(arrays, f"{name}.attention.output.dense"))
    _copy(layer.norm1, *_pair(arrays, f"{name}.attention.output.LayerNorm"))
    _copy(layer.norm2, *_pair(arrays, f"{name}.output.LayerNorm"))
    into, bias = _pair(arrays, f"{name}.intermediate.dense")
    out, out_bias = _pair(arrays, f"{name}.output.dense")
    weight = np.linalg.norm(into, axis=1) * np.linalg.norm(out, axis=0)
    kept = np.sort(np.argsort(-weight)[:inner])
    _copy(layer.inner, into[kept], bias[kept])
    _copy(layer.outer, out[:, kept], out_bias)


def _pair(arrays: Arrays, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return arrays[f"{name}.weight"], arrays[f"{name}.bias"]


def _copy(module: nn.Linear | nn.LayerNorm | nn.Embedding, *arrays: NDArray[np.float32]) -> None:
    module.weight.copy_(torch.from_numpy(np.ascontiguousarray(arrays[0])))
    if len(arrays) > 1 and not isinstance(module, nn.Embedding):
        module.bias.copy_(torch.from_numpy(arrays[1]))

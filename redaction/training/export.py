"""The classifier's files: a graph for ONNX Runtime whose weights lie in one file that CUDA reads too."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from redaction.classifier.files import GRAPH, LEXICON, MANIFEST, TENSORS, VOCABULARY
from redaction.classifier.network import Tagger
from redaction.training.quantize import Ranges, Tensors, linear_names, tensors_of

_MICROSOFT = "com.microsoft"
_PAGE = 64  # tensors begin at multiples of this
_SMALL = 4_096  # bytes below which a tensor stays in the graph


def publish(
    tagger: Tagger, ranges: Ranges, labels: tuple[str, ...], thresholds: dict[str, float], folder: Path
) -> None:
    """Writes graph, tensors and manifest beside the vocabulary and the lexicon that lie in the folder."""
    tensors = tensors_of(tagger)
    places = _write(tensors, folder / TENSORS)
    graph = _Graph(tagger, tensors, ranges, places)
    onnx.save(graph.model(), folder / GRAPH)
    seal(folder, {
        "labels": list(labels), "thresholds": thresholds, "layers": tagger.size.layers, "wide": tagger.size.wide,
        "heads": tagger.size.heads, "longest": tagger.size.longest, "tensors": places,
    })  # fmt: skip


def seal(folder: Path, stated: dict[str, object]) -> None:
    """Writes the manifest with the digests of all files."""
    files = (GRAPH, TENSORS, VOCABULARY, LEXICON)
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}
    (folder / MANIFEST).write_text(json.dumps({**stated, "sha256": digests}, indent=1, sort_keys=True) + "\n")


def _write(tensors: Tensors, path: Path) -> dict[str, dict[str, object]]:
    places: dict[str, dict[str, object]] = {}
    with path.open("wb") as file:
        for name, array in tensors.items():
            file.write(b"\0" * (-file.tell() % _PAGE))
            places[name] = {"at": file.tell(), "shape": list(array.shape), "type": array.dtype.str}
            file.write(np.ascontiguousarray(array).tobytes())
    return places


class _Graph:
    """The network node by node; matrices in 8-bit integers, everything between in floating point."""

    def __init__(
        self, tagger: Tagger, tensors: Tensors, ranges: Ranges, places: dict[str, dict[str, object]]
    ) -> None:
        self._tagger = tagger
        self._tensors = tensors
        self._ranges = ranges
        self._places = places
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def model(self) -> onnx.ModelProto:
        """The whole graph."""
        hidden, labels = self._tagger.size.hidden, self._tagger.size.labels
        size = self._tagger.size
        x, lengths = self._embedded(), "lengths"
        for number in range(size.layers):
            name = f"layers.{number}"
            if number == size.wide:
                seen, x, lengths = *self._narrowing(x, name), "carried"
            else:
                seen = self._attention(x, name, lengths)
            x = self._rest(seen, x, name)
        logits = self._linear(x if size.wide < size.layers else self._chosen(x), "out")
        self._node("Softmax", [logits], "probabilities", axis=-1)
        info = helper.make_tensor_value_info
        graph = helper.make_graph(
            self._nodes,
            "classifier",
            [
                info("words", TensorProto.FLOAT, ["windows", "length", hidden]),
                info("kinds", TensorProto.INT64, ["windows", "length"]),
                info("lengths", TensorProto.INT32, ["windows"]),
                info("chosen", TensorProto.INT64, ["windows", "most"]),
                info("carried", TensorProto.INT32, ["windows"]),
            ],
            [info("probabilities", TensorProto.FLOAT, ["windows", "most", labels])],
            list(self._constants.values()),
        )
        sets = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=sets, ir_version=9, producer_name="custody")

    def _embedded(self) -> str:
        shape = self._node("Shape", ["kinds"], "kinds_shape")
        length = self._node(
            "Slice", [shape, *(self._number(n, at) for n, at in (("one", 1), ("two", 2)))], "length"
        )
        zero = self._number("zero", 0)
        places = self._node("Slice", [self._tensor("places.weight"), zero, length, zero], "places")
        kinds = self._node("Gather", [self._tensor("kinds", "kind_table"), "kinds"], "kind")
        summed = self._node("Add", [self._node("Add", ["words", kinds], "with_kind"), places], "with_place")
        weights = [self._tensor("norm.weight"), self._tensor("norm.bias")]
        return self._node("LayerNormalization", [summed, *weights], "embedded", axis=-1, epsilon=1e-12)

    def _attention(self, x: str, name: str, lengths: str) -> str:
        """Each of ``x`` looks at all of them."""
        mixed = f"{name}.mixed"
        quantized, scale, zero = self._quantized(x, mixed)
        weight, weight_scale, weight_zero = self._matrix(mixed)
        bias = self._tensor(f"{mixed}.bias")
        given = [quantized, weight, bias, scale, weight_scale, lengths, zero, weight_zero]
        heads = self._tagger.size.heads
        return self._node("QAttention", given, f"{name}.seen", domain=_MICROSOFT, num_heads=heads)

    def _narrowing(self, x: str, name: str) -> tuple[str, str]:
        """The candidates look at all of ``x``: what they see, and they themselves."""
        quantized = self._quantized(x, f"{name}.mixed")
        chosen = (self._chosen(quantized[0]), *quantized[1:])
        query = self._multiplied(chosen, f"{name}.query")
        around = [self._multiplied(quantized, f"{name}.{part}") for part in ("key", "value")]
        given = [query, *around, "", "lengths"]
        heads = self._tagger.size.heads
        seen = self._node("MultiHeadAttention", given, f"{name}.seen", domain=_MICROSOFT, num_heads=heads)
        return seen, self._chosen(x)

    def _chosen(self, x: str) -> str:
        """The candidates' rows; ``chosen`` counts through the rows of all windows."""
        shape = self._constant("rows_shape", np.array([-1, self._tagger.size.hidden], np.int64))
        return self._node("Gather", [self._node("Reshape", [x, shape], f"{x}.rows"), "chosen"], f"{x}.chosen")

    def _rest(self, seen: str, x: str, name: str) -> str:
        """What a layer does after it has looked."""
        x = self._normed(self._linear(seen, f"{name}.joined"), x, f"{name}.norm1")
        inner = self._linear(x, f"{name}.inner")
        return self._normed(self._linear(inner, f"{name}.outer"), x, f"{name}.norm2")

    def _linear(self, x: str, name: str) -> str:
        return self._multiplied(self._quantized(x, name), name)

    def _multiplied(self, quantized: tuple[str, str, str], name: str) -> str:
        x, scale, zero = quantized
        weight, weight_scale, weight_zero = self._matrix(name)
        bias = self._tensor(f"{name}.bias")
        given = [x, weight, scale, weight_scale, zero, weight_zero, bias]
        return self._node("MatMulIntegerToFloat", given, f"{name}.result", domain=_MICROSOFT)

    def _quantized(self, x: str, name: str) -> tuple[str, str, str]:
        scale, zero = self._ranges.quantization(name, rectified=name.endswith(".outer"))
        scale_name, zero_name = (
            self._constant(f"{name}.in_scale", np.asarray(scale)),
            self._constant(f"{name}.in_zero", np.asarray(zero)),
        )
        return self._node("QuantizeLinear", [x, scale_name, zero_name], f"{name}.in"), scale_name, zero_name

    def _matrix(self, name: str) -> tuple[str, str, str]:
        columns = self._tensors[f"{name}.weight"].shape[1]
        zero = self._constant(f"{name}.weight_zero", np.zeros(columns, np.int8))
        return self._tensor(f"{name}.weight"), self._tensor(f"{name}.weight.scale"), zero

    def _normed(self, x: str, skip: str, name: str) -> str:
        # Two plain nodes take a sixth of the time of the fused SkipLayerNormalization, whose kernel is scalar.
        summed = self._node("Add", [x, skip], f"{name}.sum")
        given = [summed, self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias")]
        return self._node("LayerNormalization", given, f"{name}.result", axis=-1, epsilon=1e-12)

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def _number(self, name: str, value: int) -> str:
        return self._constant(name, np.array([value], np.int64))

    def _constant(self, name: str, array: NDArray[np.generic]) -> str:
        self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def _tensor(self, name: str, as_name: str | None = None) -> str:
        """A tensor by its name; a large one by its place in the file that CUDA reads too."""
        array, given = self._tensors[name], as_name or name
        if array.nbytes <= _SMALL:
            return self._constant(given, array)
        proto = onnx.TensorProto(
            name=given, dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype)
        )
        proto.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (
            ("location", TENSORS),
            ("offset", self._places[name]["at"]),
            ("length", array.nbytes),
        ):
            proto.external_data.add(key=key, value=str(value))
        self._constants[given] = proto
        return given


def unused(tagger: Tagger) -> set[str]:
    """Matrices that the graph would miss; empty unless network and graph have drifted apart."""
    known = {name.removesuffix(".weight") for name, value in tagger.state_dict().items() if value.ndim == 2}
    return known - set(linear_names(tagger)) - {"words", "places", "shapes", "gaps", "classes"}

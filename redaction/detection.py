import asyncio
from collections.abc import Sequence
from functools import partial
from hashlib import sha256

from redaction.base import Detector, Finding
from redaction.errors import DetectorFailed
from redaction.rules import JoinedRules, RuleDetector
from redaction.workers import Workers

_INLINE = 4_096  # code points that a light detector may be given on the event loop: well under a millisecond
_NOT_CAUGHT = (KeyboardInterrupt, SystemExit, GeneratorExit)


class Detection:
    """All detectors as one: light ones on the spot for short texts, everything else in worker threads.

    A detector that raises, is late or answers nonsense ends in ``DetectorFailed``; no partial answer.
    """

    def __init__(self, detectors: Sequence[Detector], workers: Workers, deadline_s: float) -> None:
        self._light = _joined([detector for detector in detectors if not detector.heavy])
        self._heavy = tuple(detector for detector in detectors if detector.heavy)
        self._workers = workers
        self._deadline_s = deadline_s
        names = sorted(f"{detector.name}:{detector.digest}" for detector in detectors)
        self.digest = sha256("\n".join(names).encode()).hexdigest()

    async def find(self, texts: Sequence[str], *, deadlines: float = 1) -> list[list[Finding]]:
        """The findings of each text, unmerged, after so many deadlines at most; raises ``DetectorFailed``."""
        short = sum(map(len, texts)) <= _INLINE
        found: list[list[Finding]] = [[] for _ in texts]
        if short:
            _add(found, _run_here(self._light, texts))
        away = [group for group in ((() if short else self._light), self._heavy) if group]
        if away:
            try:
                async with asyncio.timeout(self._deadline_s * deadlines):
                    # Side by side, where there are threads for it: most of both is native code.
                    jobs = [self._workers.run(partial(_run, group, texts)) for group in away]
                    for findings in await asyncio.gather(*jobs) if len(jobs) > 1 else [await jobs[0]]:
                        _add(found, findings)
            except TimeoutError:
                raise DetectorFailed("the detectors did not answer in time") from None
        return found

    def confirms(self, entity_type: str, value: str) -> bool:
        """Whether a light detector finds the value alone to be of this type, with its checksum right."""
        (found,) = _run_here(self._light, [value])
        return any(each.validated and each.entity_type == entity_type for each in found)


def _joined(detectors: Sequence[Detector]) -> tuple[Detector, ...]:
    """The same with all detectors by rules as one, so that a text is passed over once for all of them."""
    by_rule = [detector for detector in detectors if isinstance(detector, RuleDetector)]
    others = tuple(detector for detector in detectors if not isinstance(detector, RuleDetector))
    return (JoinedRules(by_rule), *others) if by_rule else others


def _run_here(detectors: Sequence[Detector], texts: Sequence[str]) -> list[list[Finding]]:
    try:
        return _run(detectors, texts)
    except (DetectorFailed, *_NOT_CAUGHT):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of native code derives from BaseException
        # Only the kind of error, and no cause: the message may quote the text.
        raise DetectorFailed(f"a detector raised {type(error).__name__}") from None


def _run(detectors: Sequence[Detector], texts: Sequence[str]) -> list[list[Finding]]:
    found: list[list[Finding]] = [[] for _ in texts]
    for detector in detectors:
        answer = detector.detect(texts)
        _check(detector, answer, texts)
        _add(found, answer)
    return found


def _check(detector: Detector, answer: Sequence[Sequence[Finding]], texts: Sequence[str]) -> None:
    if len(answer) != len(texts):
        raise DetectorFailed(f"detector {detector.name} left texts out")
    for text, findings in zip(texts, answer, strict=True):
        size = len(text)
        if any(not 0 <= finding.start < finding.end <= size for finding in findings):
            raise DetectorFailed(f"detector {detector.name} found something outside its text")


def _add(found: list[list[Finding]], more: Sequence[Sequence[Finding]]) -> None:
    for into, findings in zip(found, more, strict=True):
        into.extend(findings)

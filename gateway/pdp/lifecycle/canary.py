"""For whom a canary decides, and when it has failed too often."""

from collections import deque
from collections.abc import Callable
from hashlib import sha256

from gateway.pdp.lifecycle.store import CanaryTerms

_HUNDRED = 100


def chosen(subject_id: str, revision: str, percent: int) -> bool:
    """Whether a canary of this policy decides for this subject.

    Always the same for the same policy, and whoever is chosen stays so when the share grows.
    """
    bucket = int.from_bytes(sha256(f"{revision}:{subject_id}".encode()).digest()[:8])
    return bucket % _HUNDRED < percent


class Failures:
    """Counts a canary's decisions and failures in a window that slides by the second."""

    def __init__(self, terms: CanaryTerms, monotonic: Callable[[], float]) -> None:
        self._terms = terms
        self._monotonic = monotonic
        self._seconds: deque[list[int]] = deque()  # second, decisions, failures
        self.decided = self.failed = 0

    def note(self, *, failed: bool) -> bool:
        """Counts one decision, and whether so many failed that the canary must end."""
        now = int(self._monotonic())
        self._forget(now - self._terms.window_s)
        if not self._seconds or self._seconds[-1][0] != now:
            self._seconds.append([now, 0, 0])
        self._seconds[-1][1] += 1
        self._seconds[-1][2] += failed
        self.decided += 1
        self.failed += failed
        return self.too_many

    @property
    def too_many(self) -> bool:
        """Whether the share of failures is over its bound, and on decisions enough to tell."""
        enough = self.decided >= self._terms.least
        return enough and self.failed * _HUNDRED > self.decided * self._terms.max_error_percent

    def _forget(self, before: int) -> None:
        while self._seconds and self._seconds[0][0] <= before:
            _, decided, failed = self._seconds.popleft()
            self.decided -= decided
            self.failed -= failed

"""For whom a canary decides, and when it has failed too often."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from gateway.pdp.lifecycle.store import CanaryTerms

_HUNDRED = 100


def chosen(subject_id: str, revision: str, percent: int) -> bool:
    """Whether a canary of this policy decides for this subject.

    Always the same for the same policy, and whoever is chosen stays so when the share grows.
    """
    bucket = int.from_bytes(sha256(f"{revision}:{subject_id}".encode()).digest()[:8])
    return bucket % _HUNDRED < percent


@dataclass(frozen=True, slots=True)
class Counts:
    """Decisions of a canary in its window, and how many of them failed."""

    decided: int = 0
    failed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.decided + other.decided, self.failed + other.failed)


class Failures:
    """Counts a canary's decisions and failures in a window that slides by the second.

    ``elsewhere`` is what the other replicas last said of theirs: a share of failures is one of all replicas.
    """

    def __init__(self, terms: CanaryTerms, monotonic: Callable[[], float]) -> None:
        self._terms = terms
        self._monotonic = monotonic
        self._seconds: deque[list[int]] = deque()  # second, decisions, failures
        self._here = Counts()
        self.elsewhere = Counts()

    def note(self, *, failed: bool) -> bool:
        """Counts one decision, and whether so many failed that the canary must end."""
        now = self._forget()
        if not self._seconds or self._seconds[-1][0] != now:
            self._seconds.append([now, 0, 0])
        self._seconds[-1][1] += 1
        self._seconds[-1][2] += failed
        self._here += Counts(1, int(failed))
        return self.too_many

    @property
    def here(self) -> Counts:
        """What this replica counted."""
        self._forget()
        return self._here

    @property
    def everywhere(self) -> Counts:
        """What all replicas counted, as far as it is known here."""
        return self.here + self.elsewhere

    @property
    def too_many(self) -> bool:
        """Whether the share of failures, here or everywhere, is over its bound on enough decisions."""
        here = self.here
        return self._over(here) or self._over(here + self.elsewhere)

    def _over(self, counted: Counts) -> bool:
        enough = counted.decided >= self._terms.least
        return enough and counted.failed * _HUNDRED > counted.decided * self._terms.max_error_percent

    def _forget(self) -> int:
        """Drops what has left the window; the second that it is now."""
        now = int(self._monotonic())
        while self._seconds and self._seconds[0][0] <= now - self._terms.window_s:
            _, decided, failed = self._seconds.popleft()
            self._here = Counts(self._here.decided - decided, self._here.failed - failed)
        return now

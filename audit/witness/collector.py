"""Gets the newest checkpoint cosigned by each witness, off the path of any request."""

import logging
import threading
import time
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from audit.database import cause
from audit.errors import AuditError
from audit.ids import Clock
from audit.witness.client import WitnessClient
from audit.witness.exchange import Exchange, Gate
from audit.witness.memory import WitnessMemory
from audit.witness.policy import WitnessPolicy
from audit.witness.store import CosignatureStore, Coverage

_log = logging.getLogger(__name__)

# A busy log signs four checkpoints a second; its witnesses are asked for one of them.
_PACE_S = 1.0
_LONGEST_WAIT_S = 60.0
# What a clean end waits for the cosignatures of the last checkpoint.
_LAST_ROUND_S = 2.0


@dataclass(slots=True)
class _Member:
    """One witness between two attempts."""

    name: str
    exchange: Exchange
    busy: bool = False
    failures: int = 0
    next_try: float = 0.0
    done: int = 0


class Collector:
    """Submits checkpoints in its own thread, and to each witness in one more.

    All witnesses are asked for the same checkpoint, so that a quorum meets on one; the next one comes when
    the quorum is met, when each has answered, or when the slowest has had its time. A witness that is down
    or slow costs nobody anything but the quorum.
    """

    def __init__(
        self, store: CosignatureStore, policy: WitnessPolicy, memory: WitnessMemory, clock: Clock
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._gate = Gate()
        self._members = [
            _Member(
                each.name, Exchange(store, WitnessClient(each, policy.timeout_s), memory, clock, self._gate)
            )
            for each in policy.witnesses
        ]
        self._target: tuple[int, str] | None = None
        self._target_at = 0.0
        self._changed = threading.Condition()
        self._woken = False
        self._ending = False
        self._closed = False
        self._warned = False
        self._overdue = False
        self._thread = threading.Thread(target=self._run, name="audit-witnesses", daemon=True)

    @property
    def overdue(self) -> bool:
        """Whether the log has run for longer without its quorum than the policy lets new intents be."""
        return self._overdue

    def start(self) -> None:
        """Begin to ask, in a thread."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is a new checkpoint; from any thread."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        """Wait a moment for the last checkpoint's cosignatures, then stop; nothing is written afterwards."""
        with self._changed:
            self._ending = self._woken = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        self._gate.shut()
        with self._changed:
            idle = [each for each in self._members if not each.busy]
            self._closed = True
        for each in idle:
            each.exchange.close()

    def _run(self) -> None:
        try:
            while not self._ending:
                self._attempt()
                with self._changed:
                    self._changed.wait_for(lambda: self._woken, _PACE_S)
                    self._woken = False
            self._attempt(last=True)
        finally:
            # If this thread ends by itself, nobody sees to the quorum any more.
            self._overdue = not self._ending and bool(self._policy.max_uncosigned_s)
        with self._changed:
            self._changed.wait_for(lambda: not any(each.busy for each in self._members), _LAST_ROUND_S)

    def _attempt(self, *, last: bool = False) -> None:
        """One look at the log; a failure of the database is tried again at the next."""
        try:
            self._assess()
            self._ask(last=last)
        except (SQLAlchemyError, AuditError, KeyError) as error:
            _log.warning("cosignatures not collected, will try again: %s", _told(error))

    def _assess(self) -> None:
        """See how old the oldest entry is that no quorum has seen, and say when that becomes a matter."""
        coverage = self._store.coverage(self._policy.keys, self._policy.quorum)
        age_s = (self._clock.wall_us() - coverage.since_us) / 1e6 if coverage.since_us else 0.0
        self._overdue = bool(self._policy.max_uncosigned_s) and age_s > self._policy.max_uncosigned_s
        lost = age_s > self._policy.warn_after_s
        if lost != self._warned:
            self._warned = lost
            self._tell(coverage, age_s, lost=lost)

    def _tell(self, coverage: Coverage, age_s: float, *, lost: bool) -> None:
        if not lost:
            _log.warning("the log has its quorum of %d witnesses again", self._policy.quorum)
            return
        behind = [each.name for each in self._members if each.done <= coverage.size]
        _log.warning(
            "the log has had no quorum of %d witnesses for %d s: %d of %d entries are seen; behind: %s",
            self._policy.quorum,
            age_s,
            coverage.size,
            coverage.total,
            ", ".join(behind),
        )

    def _ask(self, *, last: bool) -> None:
        newest = self._store.newest()
        if newest is None:
            return
        now = time.monotonic()
        with self._changed:
            if self._target is None or (newest[0] > self._target[0] and (last or self._may_move_on(now))):
                self._target, self._target_at = newest, now
            size, note = self._target
            free = [each for each in self._members if not each.busy and each.done < size]
            due = [each for each in free if last or each.next_try <= now]
            for each in due:
                each.busy = True
        for each in due:
            # A thread that hangs in a witness must not keep the process from ending.
            threading.Thread(target=self._submit, args=(each, size, note), daemon=True).start()

    def _may_move_on(self, now: float) -> bool:
        """Whether the target has had its chance to meet its quorum."""
        if self._target is None or now - self._target_at > self._policy.timeout_s:
            return True
        seen = sum(each.done >= self._target[0] for each in self._members)
        waited = now - self._target_at >= _PACE_S
        return waited and (seen >= self._policy.quorum or not any(each.busy for each in self._members))

    def _submit(self, member: _Member, size: int, note: str) -> None:
        done, failed = 0, True
        try:
            done = member.exchange.submit(size, note)
            failed = done < size
        except (SQLAlchemyError, AuditError, KeyError, OSError) as error:
            _log.warning("cosignature of %s not kept, will try again: %s", member.name, _told(error))
        finally:
            with self._changed:
                member.busy, closed = False, self._closed
                member.done = max(member.done, done)
                member.failures = member.failures + 1 if failed else 0
                wait_s = min(_LONGEST_WAIT_S, _PACE_S * 2 ** min(member.failures - 1, 10)) if failed else 0.0
                member.next_try = time.monotonic() + wait_s
                self._woken = True
                self._changed.notify_all()
            if closed:
                member.exchange.close()


def _told(error: Exception) -> str:
    """Our own errors speak for themselves; a driver's message may quote what it was given."""
    return str(error) if isinstance(error, AuditError) else cause(error)

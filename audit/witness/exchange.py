"""One witness as the log sees it: asks it to cosign, and keeps what comes of it."""

import logging
import threading
from dataclasses import replace
from types import TracebackType

from audit.ids import Clock
from audit.witness.client import Conflict, Cosigned, Failed, Outcome, Refused, WitnessClient
from audit.witness.memory import WitnessMemory
from audit.witness.store import CosignatureStore, WitnessState
from audit.witness.wire import Submission

_log = logging.getLogger(__name__)


class Gate:
    """Lets one write at a time into the log's database, and none once it is shut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = True

    def __enter__(self) -> bool:
        self._lock.acquire()
        return self._open

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def shut(self) -> None:
        """Wait for the write that goes on, and let no more in."""
        with self._lock:
            self._open = False


class Exchange:
    """Submits checkpoints to one witness; for one thread at a time."""

    def __init__(
        self, store: CosignatureStore, client: WitnessClient, memory: WitnessMemory, clock: Clock, gate: Gate
    ) -> None:
        self._store = store
        self._address = client.address
        self._client = client
        self._memory = memory
        self._clock = clock
        self._gate = gate

    def submit(self, size: int, note: str) -> int:
        """Ask for a cosignature of a checkpoint; gives the largest size that the witness has cosigned."""
        state = self._store.state(self._address.witness)
        if state.size >= size:
            # Another gateway of this log was first.
            return state.size
        outcome = self._submit(state.size, size, note)
        if isinstance(outcome, Conflict) and outcome.size <= size:
            outcome = self._submit(outcome.size, size, note)
        with self._gate as is_open:
            return self._keep(state, size, note, outcome) if is_open else state.size

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _submit(self, old: int, size: int, note: str) -> Outcome:
        return self._client.submit(Submission(old, self._store.proof(old, size), note))

    def _keep(self, state: WitnessState, size: int, note: str, outcome: Outcome) -> int:
        now_us = self._clock.wall_us()
        match outcome:
            case Cosigned(cosignature):
                grown = replace(state, size=size, answered_us=now_us, failed="")
                self._store.keep(size, self._address.witness, cosignature, grown)
                self._memory.remember(note + str(cosignature.line), size)
                return size
            case Conflict(known) if known > size and known > self._newest():
                self._refused(
                    state, size, f"it has seen {known} entries: this log was put back from an older copy"
                )
            case Conflict(known):
                self._failed(state, f"another gateway was first: it has seen {known} entries")
            case Refused(status, what):
                self._refused(state, size, _reason(status, what))
            case Failed(what):
                self._failed(state, what)
        return state.size

    def _newest(self) -> int:
        newest = self._store.newest()
        return newest[0] if newest else 0

    def _refused(self, state: WitnessState, size: int, what: str) -> None:
        if what != state.refused or state.size > state.refused_size:
            _log.error("witness %s refuses the checkpoint of %d entries: %s", self._address.name, size, what)
        now_us = self._clock.wall_us()
        self._store.put_state(replace(state, refused_us=now_us, refused_size=size, refused=what, failed=""))

    def _failed(self, state: WitnessState, what: str) -> None:
        if what != state.failed:
            _log.warning("witness %s gives no cosignature: %s", self._address.name, what)
        self._store.put_state(replace(state, failed_us=self._clock.wall_us(), failed=what))


def _reason(status: int, what: str) -> str:
    """The refusals of C2SP tlog-witness, in words for who must act on them."""
    meaning = {
        403: "it trusts another key for this log",
        404: "it does not watch this log: its operator must add it",
        422: "this log does not lead on from the history that it has seen",
    }.get(status)
    return f"{meaning} ({what})" if meaning else what

"""The registry in the request path: kept in memory, and as new as the last look at the database."""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath
from traceback import extract_tb

from sqlalchemy import Connection, select, union_all

from audit.ids import Clock
from gateway.control.changes import Control
from gateway.control.schema import CONTROL_HEAD, FOREVER
from gateway.errors import GovernanceUnavailable
from gateway.ownership.live.base import Snapshot
from gateway.ownership.live.resolving import Measures, read_assets, read_measures
from gateway.ownership.registry.present import touched_since
from gateway.ownership.rights.tables import GRANT
from gateway.settings import AssetSettings

_log = logging.getLogger("custody.gateway")

_EVERY_S = 0.25
_PATIENCE_S = 2.0
_NEVER_US = -FOREVER
# Store, revision and time of the last change that was read; of no database until one was.
_UNKNOWN = ("", -1, 0)


class LiveDirectory:
    """Assets that run somewhere, with the owners and rights that the registry believes in now.

    A thread of its own looks at the registry's revision four times a second and reads only what has changed
    since, so a change counts within a second in every process, and no call waits for a database. Where the
    last good look is longer ago than ``stale_after_s``, nothing is believed any more, until one succeeds: the
    thread goes on looking whatever failed. What a call got in a snapshot stays as it was.
    """

    def __init__(
        self,
        control: Control,
        assets: Iterable[AssetSettings],
        clock: Clock,
        *,
        stale_after_s: float,
        every_s: float = _EVERY_S,
    ) -> None:
        self._control = control
        self._places = {asset.id: asset for asset in assets}
        self._standing: defaultdict[str, set[str]] = defaultdict(set)
        for asset in self._places.values():
            self._standing[asset.base_model].add(asset.id)
        self._clock = clock
        self._stale_us = int(stale_after_s * 1_000_000)
        self._every_s = every_s
        self._snapshot = Snapshot(0, {})
        self._looked_us = _NEVER_US
        self._head = _UNKNOWN
        self._now_us = 0
        self._measures = Measures({}, {})
        self._turns: dict[str, int] = {}
        self._next_turn_us = FOREVER
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def snapshot(self) -> Snapshot:
        """What is believed now; raises ``GovernanceUnavailable`` if the last good look is too long ago."""
        if self._clock.monotonic_us() - self._looked_us > self._stale_us:
            raise GovernanceUnavailable(
                "Who owns what cannot be looked up at the moment, so nothing was sent; try again shortly.",
                reason_admin="the registry was not read in time",
            )
        return self._snapshot

    def look(self) -> None:
        """Reads what has changed since the last look; raises ``GovernanceUnavailable``.

        Only one thread may look at a time.
        """
        began_us = self._clock.monotonic_us()
        self._control.look(self._read)
        self._looked_us = began_us

    def follow(self) -> None:
        """Looks, and goes on looking in a thread; a second time does nothing more."""
        if self._thread is not None:
            return
        self.look()
        self._thread = threading.Thread(target=self._keep_looking, name="custody-registry", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread; the last look is believed until it is stale.

        A look that hangs at the database is not waited for longer than a moment.
        """
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    def _keep_looking(self) -> None:
        failing = ""
        while not self._ending.wait(self._every_s):
            failed = self._failure()
            if failed not in {"", failing}:
                _log.warning("the registry cannot be read, and is tried again: %s", failed)
            failing = failed

    def _failure(self) -> str:
        """Looks; what failed, for the operator, or nothing."""
        try:
            self.look()
        except GovernanceUnavailable as error:
            return error.reason_admin
        except Exception as error:  # noqa: BLE001 - the border of the thread: if it ended, calls would be refused for good
            # What is in memory may be half of something; the next look reads everything.
            self._head, self._turns = _UNKNOWN, {}
            last = extract_tb(error.__traceback__)[-1]
            return f"{type(error).__name__} at {PurePath(last.filename).name}:{last.lineno}"
        return ""

    def _read(self, connection: Connection) -> None:
        row = connection.execute(select(CONTROL_HEAD)).one()
        head = (row.store, row.revision, row.at_us)
        # A machine whose clock is behind must not take what was just changed for the future, nor go back.
        now_us = self._now_us = max(self._now_us, self._clock.wall_us(), row.at_us)
        if head == self._head and now_us < self._next_turn_us:
            return
        measures = read_measures(connection, now_us)
        touched = self._touched(connection, head, measures, now_us)
        reading = read_assets(connection, self._places, touched, measures, now_us)
        self._turns |= reading.turns
        self._next_turn_us = min(self._turns.values(), default=FOREVER)
        self._head, self._measures = head, measures
        untouched = {name: asset for name, asset in self._snapshot.assets.items() if name not in touched}
        self._snapshot = Snapshot(row.revision, {**untouched, **reading.assets})

    def _touched(
        self, connection: Connection, head: tuple[str, int, int], measures: Measures, now_us: int
    ) -> set[str]:
        """Our assets of which something may be otherwise than at the last look."""
        store, revision, since_us = self._head
        if head[0] != store or head[1] < revision:
            # Another database, or one that was put back to an earlier state.
            return set(self._places)
        changed = {*touched_since(connection, since_us, revision), *_regranted(connection, since_us)}
        changed |= measures.differing(self._measures)
        changed |= {name for name, turn_us in self._turns.items() if turn_us <= now_us}
        return {name for each in changed for name in ({each} & self._places.keys()) | self._on(each)}

    def _on(self, base_model: str) -> set[str]:
        return self._standing.get(base_model, set())


def _regranted(connection: Connection, since_us: int) -> set[str]:
    """Assets on which grants were given or ended since a moment."""
    grant = GRANT.c
    ended = select(grant.asset).where(grant.recorded_to_us > since_us, grant.recorded_to_us < FOREVER)
    return set(
        connection.scalars(union_all(select(grant.asset).where(grant.recorded_from_us > since_us), ended))
    )

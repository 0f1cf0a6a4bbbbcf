"""Which intents of this writer have no outcome yet."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from audit.entry import EntryType
from audit.numbering import Row
from audit.schema import ENTRY_COLUMNS

_TYPE, _INTENT = ENTRY_COLUMNS.index("type") - 2, ENTRY_COLUMNS.index("intent") - 2


class OpenIntents:
    """Follows what becomes durable; asked and told from several threads.

    An intent whose outcome could not be made durable is *given up*: its call has ended, and nobody will
    write the outcome any more.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # By entry id and in order of the log.
        self._open: dict[str, int] = {}
        self._given_up: dict[str, float] = {}
        self._next = 0

    def follow(self, first: int, rows: Sequence[Row]) -> None:
        """Take up a batch that is durable from index ``first`` on."""
        with self._lock:
            for index, row in enumerate(rows, first):
                kind = row.columns[_TYPE]
                if kind == EntryType.INTENT.value:
                    self._open[row.id] = index
                elif kind == EntryType.OUTCOME.value:
                    self._drop(str(row.columns[_INTENT]))
            self._next = first + len(rows)

    def give_up(self, intent: str) -> None:
        """The call of this intent has ended, and its outcome is not known to be durable."""
        with self._lock:
            if intent in self._open:
                self._given_up[intent] = self._monotonic()

    def given_up(self, for_s: float) -> list[str]:
        """Intents that were given up at least so long ago and are still open."""
        latest = self._monotonic() - for_s
        with self._lock:
            return [intent for intent, since in self._given_up.items() if since <= latest]

    def closed(self, intents: Iterable[str]) -> None:
        """Someone else closed these."""
        with self._lock:
            for intent in intents:
                self._drop(intent)

    def low(self, known: int) -> int:
        """An index below which this writer has no open intent; ``known`` is one from before."""
        with self._lock:
            return next(iter(self._open.values()), max(self._next, known))

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)

    def _drop(self, intent: str) -> None:
        self._open.pop(intent, None)
        self._given_up.pop(intent, None)

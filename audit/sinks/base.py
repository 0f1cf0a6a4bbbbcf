"""A copy of the log somewhere else: for alarms, dashboards and archives, never the system of record."""

from collections.abc import Sequence
from typing import Protocol

from audit.query import Located


class Sink(Protocol):
    """Takes entries in the log's order; for one thread at a time.

    Delivery is at least once: after a failure or a crash the same entries come again, so whoever reads the
    copy tells doubles by their index.
    """

    def deliver(self, entries: Sequence[Located]) -> None:
        """Returns once the other side has all of them; raises ``SinkUnavailable`` otherwise."""

    def close(self) -> None:
        """Gives back connections and files."""


def line(located: Located) -> bytes:
    """An entry as one line of JSON: its index, its leaf hash in hex, and the leaf as it stands."""
    head = f'{{"index":{located.index},"leaf_hash":"{located.leaf_hash.hex()}","entry":'
    return head.encode() + located.leaf + b"}"

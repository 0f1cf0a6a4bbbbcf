"""Many expressions looked for in one pass, by Hyperscan."""

import importlib.util
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from redaction.compiled import databases

if TYPE_CHECKING:
    import hyperscan

# A pass is a chance that another thread gets the interpreter and keeps it; for ten times as many expressions
# one alone takes twice as long to compile as ten.
_TOGETHER = 2_000
Collect = Callable[[tuple[int, int]], None]
_Ready: TypeAlias = "tuple[Callable[..., None], hyperscan.Scratch]"


def available() -> bool:
    """Whether there is a Hyperscan for this platform."""
    return importlib.util.find_spec("hyperscan") is not None


class Automaton:
    """Expressions compiled once; ``scan`` costs about the same however many there are. Thread-safe.

    Those of ``apart`` are numbered behind the others, and looked for a group at a time, only when asked for.

    Compiling takes seconds and frees the interpreter meanwhile, so it goes on in the background: ``wait``
    returns once it is done, and raises if it failed.
    """

    def __init__(self, expressions: Sequence[str], apart: Sequence[Sequence[str]] = ()) -> None:
        parts = [expressions[first : first + _TOGETHER] for first in range(0, len(expressions), _TOGETHER)]
        self._first = len(parts)
        self._compiling = _in_background(tuple(map(tuple, (*parts, *apart))))
        self._local = _Local()

    def scan(self, octets: bytes, collect: Collect) -> None:
        """Tells of every match: the number of the expression and where the match ends."""
        for scan, scratch in self._mine()[: self._first]:
            scan(octets, _told, 0, collect, scratch)

    def scan_apart(self, octets: bytes, group: int, collect: Collect) -> None:
        """The same of one group of those that stand apart."""
        scan, scratch = self._mine()[self._first + group]
        scan(octets, _told, 0, collect, scratch)

    def wait(self) -> None:
        """Returns once everything is compiled; raises if something could not be."""
        self._compiling.result()

    def _mine(self) -> "list[_Ready]":
        return self._local.ready or self._made_ready()

    def _made_ready(self) -> "list[_Ready]":
        import hyperscan  # noqa: PLC0415  loaded only where there is a wheel of it

        self._local.ready = [(each.scan, hyperscan.Scratch(each)) for each in self._compiling.result()]
        return self._local.ready


class _Local(threading.local):
    """What a thread scans with: Hyperscan's working memory belongs to one thread at a time."""

    ready: "list[_Ready] | None" = None


def _told(number: int, _start: int, end: int, _flags: int, collect: Collect) -> None:
    collect((number, end))


@lru_cache(maxsize=8)
def _in_background(parts: tuple[tuple[str, ...], ...]) -> "Future[list[hyperscan.Database]]":
    """What is being compiled or has been; the same expressions are compiled once in a process."""
    future: Future[list[hyperscan.Database]] = Future()

    def work() -> None:
        try:
            future.set_result(databases(parts))
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever waits
            future.set_exception(error)

    threading.Thread(target=work, name="automaton", daemon=True).start()
    return future

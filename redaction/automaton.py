"""Many expressions looked for in one pass, by Hyperscan."""

import importlib.util
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING

from redaction.compiled import databases

if TYPE_CHECKING:
    import hyperscan

# Compiling takes more than twice as long for twice as many, and a pass costs only microseconds.
_TOGETHER = 50
Collect = Callable[[tuple[int, int]], None]


def available() -> bool:
    """Whether there is a Hyperscan for this platform."""
    return importlib.util.find_spec("hyperscan") is not None


class Automaton:
    """Expressions compiled once; ``scan`` costs about the same however many there are. Thread-safe.

    ``words`` are expressions too, numbered behind the others, and so plain that any number compiles quickly.

    Compiling takes seconds and frees the interpreter meanwhile, so it goes on in the background: ``wait``
    returns once it is done, and raises if it failed.
    """

    def __init__(self, expressions: Sequence[str], words: Sequence[str] = ()) -> None:
        parts = [expressions[first : first + _TOGETHER] for first in range(0, len(expressions), _TOGETHER)]
        self._compiling = _in_background(tuple(map(tuple, (*parts, words) if words else parts)))
        self._local = threading.local()

    def scan(self, octets: bytes, collect: Collect) -> None:
        """Tells of every match: the number of the expression and where the match ends."""
        try:
            ready = self._local.ready
        except AttributeError:
            ready = self._ready()
        for scan, scratch in ready:
            scan(octets, _told, 0, collect, scratch)

    def wait(self) -> None:
        """Returns once everything is compiled; raises if something could not be."""
        self._compiling.result()

    def _ready(self) -> "list[tuple[Callable[..., None], hyperscan.Scratch]]":
        # Hyperscan's working memory belongs to one thread at a time.
        import hyperscan  # noqa: PLC0415  loaded only where there is a wheel of it

        self._local.ready = ready = [
            (each.scan, hyperscan.Scratch(each)) for each in self._compiling.result()
        ]
        return ready


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

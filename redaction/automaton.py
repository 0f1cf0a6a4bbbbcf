"""Many expressions looked for in one pass, by Hyperscan."""

import importlib.util
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hyperscan

Collect = Callable[[tuple[int, int]], None]


def available() -> bool:
    """Whether there is a Hyperscan for this platform."""
    return importlib.util.find_spec("hyperscan") is not None


class Automaton:
    """Expressions compiled once; ``scan`` costs one pass however many there are. Thread-safe.

    Compiling takes seconds and frees the interpreter meanwhile, so it goes on in the background: ``wait``
    returns once it is done, and raises if it failed.
    """

    def __init__(self, expressions: Sequence[str]) -> None:
        self._compiling = _in_background(tuple(expressions))
        self._database: hyperscan.Database | None = None
        self._local = threading.local()

    def scan(self, octets: bytes, collect: Collect) -> None:
        """Tells of every match: the number of the expression and where the match ends."""
        try:
            scratch = self._local.scratch
        except AttributeError:
            scratch = self._scratch()
        self._database.scan(octets, _told, 0, collect, scratch)  # type: ignore[union-attr,arg-type]  # set above

    def wait(self) -> None:
        """Returns once everything is compiled; raises if something could not be."""
        self._compiling.result()

    def _scratch(self) -> "hyperscan.Scratch":
        # Hyperscan's working memory belongs to one thread at a time.
        import hyperscan  # noqa: PLC0415  loaded only where there is a wheel of it

        self._database = self._compiling.result()
        scratch = hyperscan.Scratch(self._database)
        self._local.scratch = scratch
        return scratch


def _told(number: int, _start: int, end: int, _flags: int, collect: Collect) -> None:
    collect((number, end))


@lru_cache(maxsize=8)
def _in_background(expressions: tuple[str, ...]) -> "Future[hyperscan.Database]":
    """What is being compiled or has been; the same expressions are compiled once in a process."""
    future: Future[hyperscan.Database] = Future()

    def work() -> None:
        try:
            future.set_result(_compiled(expressions))
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever waits
            future.set_exception(error)

    threading.Thread(target=work, name="automaton", daemon=True).start()
    return future


def _compiled(expressions: Sequence[str]) -> "hyperscan.Database":
    import hyperscan  # noqa: PLC0415  loaded only where there is a wheel of it

    database = hyperscan.Database()
    database.compile(
        expressions=[expression.encode("ascii") for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_DOTALL] * len(expressions),
    )
    return database

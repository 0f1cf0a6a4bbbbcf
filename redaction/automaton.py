"""All patterns of a detector in one automaton: one pass over a text tells which of them can match."""

import importlib.util
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, cast

import regex

if TYPE_CHECKING:
    import hyperscan

FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
# The last guard against a pattern that backtracks without end: what is not decided by then is a failure.
TIMEOUT_S = 2.0
_COUNT = regex.compile(r"(?<!\\[pPxu])\{(\d+)(?:,(\d+))?\}")
_MOST_REPEATS = 8
_UNICODE_CLASS = regex.compile(r"\\p\{L[ul]?\}")


class Automaton:
    """Patterns compiled once; ``candidates`` costs one pass however many there are.

    With Hyperscan the pass is a multi-pattern prefilter that never misses a pattern that matches; without it
    (no wheel for the platform) each pattern is tried in turn, with the same answer. Thread-safe.
    """

    def __init__(self, patterns: Sequence[str], *, accelerated: bool | None = None) -> None:
        self._patterns = tuple(regex.compile(pattern, FLAGS) for pattern in patterns)
        wanted = importlib.util.find_spec("hyperscan") is not None if accelerated is None else accelerated
        # Compiling takes seconds and frees the interpreter meanwhile, so a start goes on with other things.
        self._compiling = _in_background(patterns) if wanted else None
        self._local = threading.local()

    def candidates(self, text: str) -> Sequence[int]:
        """Numbers of the patterns that may match, in order; every pattern that does match is among them."""
        if self._compiling is None:
            return [
                number
                for number, pattern in enumerate(self._patterns)
                if pattern.search(text, timeout=TIMEOUT_S)
            ]
        found: set[int] = set()
        # A lone surrogate has no UTF-8 form; no pattern looks for one, so any filler will do.
        database = self._compiling.result()
        octets = text.encode("utf-8", "replace")
        database.scan(octets, match_event_handler=_collect, context=found, scratch=self._scratch(database))
        return sorted(found)

    def wait(self) -> None:
        """Returns once everything is compiled; raises if something could not be."""
        if self._compiling is not None:
            self._compiling.result()

    def spans(self, number: int, text: str) -> list[tuple[int, int]]:
        """Where a pattern matches, in code points; its group ``value`` if it has one. Raises TimeoutError."""
        pattern = self._patterns[number]
        group = "value" if "value" in pattern.groupindex else 0
        return [match.span(group) for match in pattern.finditer(text, timeout=TIMEOUT_S)]

    def _scratch(self, database: "hyperscan.Database") -> "hyperscan.Scratch":
        # Hyperscan's working memory belongs to one thread at a time.
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            import hyperscan  # noqa: PLC0415  loaded only where there is a wheel of it

            self._local.scratch = scratch = hyperscan.Scratch(database)
        return scratch


def _in_background(patterns: Sequence[str]) -> "Future[hyperscan.Database]":
    future: Future[hyperscan.Database] = Future()

    def work() -> None:
        try:
            future.set_result(_compiled(patterns))
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever waits
            future.set_exception(error)

    threading.Thread(target=work, name="automaton", daemon=True).start()
    return future


def _compiled(patterns: Sequence[str]) -> "hyperscan.Database":
    import hyperscan  # noqa: PLC0415  loaded only where there is a wheel of it

    flags = (
        hyperscan.HS_FLAG_CASELESS
        | hyperscan.HS_FLAG_DOTALL
        | hyperscan.HS_FLAG_MULTILINE
        | hyperscan.HS_FLAG_UTF8
        | hyperscan.HS_FLAG_SINGLEMATCH
        | hyperscan.HS_FLAG_PREFILTER  # look-around and back-references become a superset of what they match
    )
    database = hyperscan.Database()
    database.compile(
        expressions=[_widened(pattern).encode() for pattern in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=[flags] * len(patterns),
    )
    return database


def _widened(pattern: str) -> str:
    """A pattern that matches wherever ``pattern`` does, and more, and that compiles in milliseconds.

    Exact long counts and Unicode classes blow an automaton up; the pattern itself decides afterwards.
    """
    return str(_UNICODE_CLASS.sub(r"\\S", _COUNT.sub(_open_ended, pattern)))


def _open_ended(count: regex.Match[str]) -> str:
    least, most = int(count[1]), int(count[2] or count[1])
    return f"{{{min(least, _MOST_REPEATS)},}}" if most > _MOST_REPEATS else count[0]


def _collect(number: int, start: int, end: int, flags: int, found: object) -> None:
    del start, end, flags
    cast("set[int]", found).add(number)

"""One pattern that rules share: where the automaton saw a sign of it, the pattern itself is tried."""

import re
from collections.abc import Iterator, Sequence

import regex

from redaction.probe import probe

BEYOND = 128  # code points around a match that look-around and context words may see
FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
# The last guard against a pattern that backtracks without end: what is not decided by then is a failure.
TIMEOUT_S = 2.0
_QUICK = 1_024  # a match no longer than this is decided, by a pattern of ours, before a clock could be read


class Check:
    """A pattern that one or more rules share, and how to find it near where the automaton saw it."""

    __slots__ = (
        "_begins",
        "_first",
        "_pattern",
        "_slow",
        "_written",
        "expression",
        "group",
        "least",
        "longest",
        "reach",
        "spaced",
    )

    def __init__(self, pattern: str, *, trusted: bool) -> None:
        told = probe(pattern)
        self.expression = told.expression
        self.least = told.least
        self.reach = told.reach
        self.longest = told.longest
        self.spaced = told.spaced
        self._written = told.begins + told.pattern
        self._begins = told.first
        self._first: re.Pattern[str] | None = None
        self._pattern: regex.Pattern[str] | None = None
        self.group: str | int = "value" if "(?P<value>" in told.pattern else 0
        self._slow = not trusted or told.longest > _QUICK

    @property
    def pattern(self) -> "regex.Pattern[str]":
        """The pattern, compiled when first needed: most never are, and all together take seconds."""
        if self._pattern is None:
            self._pattern = regex.compile(self._written, FLAGS)
        return self._pattern

    @property
    def first(self) -> "re.Pattern[str]":
        """The character that a match begins with, compiled when first needed as well."""
        if self._first is None:
            self._first = re.compile(self._begins)
        return self._first

    def matches(self, text: str, ends: Sequence[int] | None) -> Iterator["regex.Match[str]"]:
        """The matches from left to right, none overlapping; ``ends`` is where the automaton saw some."""
        if ends is None:
            yield from self.pattern.finditer(text, timeout=TIMEOUT_S)
            return
        begins = (self._first or self.first).search
        free = 0  # from here on a match may begin
        for end in ends:
            last = end - self.least  # behind it no match begins that the automaton saw end here
            start = max(free, end - self.reach)
            if not self.spaced:
                # What lies between the beginning and what the automaton saw last holds no space.
                start = max(start, text.rfind(" ", start, max(end - 1, 0)) + 1)
            # A search would go on where no match of this place begins, as far as one could end.
            while first := begins(text, start, last + 1):
                start = first.end()
                match = self._at(text, first.start(), last + self.longest + BEYOND)
                if match is not None:
                    yield match
                    start = match.end()
            free = max(free, start, last + 1)

    def _at(self, text: str, start: int, end: int) -> "regex.Match[str] | None":
        pattern = self._pattern or self.pattern
        if self._slow:
            return pattern.match(text, start, end, timeout=TIMEOUT_S)
        return pattern.match(text, start, end)

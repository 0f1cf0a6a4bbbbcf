"""Where a text that arrives in pieces may be cut.

The text falls into plain segments, which cannot hold anything worth finding and go out as they are, and
suspect ones, which are held until what follows shows that they have ended. Every decision is made from the
start of the segment onwards and never changes when more text comes, so the segments are a function of the
text alone and not of the pieces in which it came.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from redaction.restore import lookalikes
from redaction.words import Kind, kind

# A word ends at white space, or after a full stop of a script that sets none: ideographic, full width.
_STOPS = "\u3002\uff01\uff1f"
_TOKEN = re.compile(rf"\s*([^\s{_STOPS}]*[{_STOPS}]|[^\s{_STOPS}]+)")
_SPACE = re.compile(r"\s+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_DIGIT = re.compile(r"\d")
_SOFT = re.compile(r"[,;{}()\"'<>|](?=[^\s\]])")

# A run of words of which none is longer than SHORTEST allows, in small letters, each with a space after it:
# what most text is, found in one step.
_EASY_WORDS = r"(?:\s*[a-z]{1,30}(?:['\u2019-][a-z]{1,30})?[,.;:!?)]{0,2}(?=\s))+"
_EASY = re.compile(_EASY_WORDS)
# The same, and a word after it that has not ended.
_EASY_SO_FAR = re.compile(rf"((?:{_EASY_WORDS})?\s*)([^\s{_STOPS}]{{0,100}})")
_UNBROKEN = re.compile(r"\S{128}")
_KEY_BEGINS = "-----BEGIN "

SHORTEST = 128
LONGEST = 8_192  # private keys and signed tokens are as long as that
_CONTEXT = 96  # code points before a segment that its detectors see: context words, first halves
_FOLLOWING = 64  # code points left after a forced cut, so that what it cuts through is seen from both sides

Uncut: TypeAlias = Callable[[str], Iterator[tuple[int, int]]]


@dataclass(frozen=True, slots=True, repr=False)
class Segment:
    """A stretch of text; a suspect one comes with what stands before and after it."""

    text: str
    suspect: bool = False
    before: str = ""
    after: str = ""


class _Run(NamedTuple):
    """How far a suspect run has been read: all before ``end`` belongs to it, ``plain`` words follow that.

    One plain word ends a run; after a word with digits it takes two ("3 march 2024").
    """

    position: int = 0
    end: int = 0
    plain: int = 0
    allowed: int = 1


class _Cut(NamedTuple):
    """Where a suspect segment ends, and how much of what comes after it has been read."""

    end: int
    following: int


class Window:
    """Holds back the end of a text until it is known what it is.

    At most ``limit`` code points wait, and up to ``LONGEST`` only where one unbroken word or a private key
    is longer than that. The limit is at least ``SHORTEST``. ``uncut`` gives the spans that no cut may part.
    """

    def __init__(self, limit: int, uncut: Uncut = lookalikes) -> None:
        if limit < SHORTEST:
            raise ValueError(f"a window holds at least {SHORTEST} code points")
        self._limit = limit
        self._uncut = uncut
        self._held = ""
        self._before = ""
        self._run: _Run | None = None  # None: what is held is plain so far, or a word that has not ended

    def push(self, text: str) -> list[Segment]:
        """The segments that have ended now that this text has come."""
        self._held += text
        return list(self._segments(final=False))

    def push_plain(self, text: str) -> str | None:
        """What ``push`` would give, if it is plain; else None, and the text is yet to be pushed."""
        if self._run is None and (easy := _EASY_SO_FAR.fullmatch(self._held + text)):
            plain, self._held = easy[1], easy[2]
            if plain:
                self._before = (self._before + plain)[-_CONTEXT:]
            return plain
        before = self._held, self._before, self._run
        segments = self.push(text)
        if any(segment.suspect for segment in segments):
            self._held, self._before, self._run = before
            return None
        return segments[0].text if segments else ""

    def flush(self) -> list[Segment]:
        """The segments that are left when nothing follows."""
        return list(self._segments(final=True))

    def _segments(self, *, final: bool) -> Iterator[Segment]:
        held, start = self._held, 0
        while start < len(held):
            if self._run is None and (end := _plain_end(held, start, self._limit, final=final)) > start:
                yield self._passed(Segment(held[start:end]))
                start = end
                continue
            cut = self._suspect_cut(held, start, final=final)
            if cut is None:
                break
            end = start + cut.end
            yield self._passed(
                Segment(
                    held[start:end],
                    suspect=True,
                    before=self._before,
                    after=held[end : start + cut.following],
                )
            )
            start = end
        self._held = held[start:]

    def _passed(self, segment: Segment) -> Segment:
        self._before = (self._before + segment.text)[-_CONTEXT:]
        return segment

    def _suspect_cut(self, held: str, start: int, *, final: bool) -> _Cut | None:
        """Where the suspect run that begins at ``start`` ends; None while more has to come."""
        view = held[start : start + self._limit]
        if len(view) == self._limit and _is_long(view):
            view = held[start : start + LONGEST]
            full = len(view) == LONGEST
        else:
            full = len(view) == self._limit
        read = _read(view, self._run or _Run(), final=final and not full)
        if isinstance(read, _Run):
            # The first word is suspect only once it has ended.
            self._run = read if read.position else None
            if not full:
                return None
            read = _Cut(_forced(view, self._uncut), len(view))
        self._run = None
        return read


def _plain_end(held: str, start: int, limit: int, *, final: bool) -> int:
    """How far the text at ``start`` is plain beyond doubt."""
    position = start
    while True:
        if easy := _EASY.match(held, position):
            position = easy.end()
        if space := _SPACE.match(held, position):
            position = space.end()
        token = _TOKEN.match(held, position, position + limit)
        if token is None or token.end() - position >= limit or not _complete(held, token, final=final):
            return position
        if kind(token[1]) is Kind.SUSPECT:
            return position
        position = token.end()


def _read(view: str, run: _Run, *, final: bool) -> _Run | _Cut:
    """Reads on in a suspect run, to its end or as far as can be told."""
    position, end, plain, allowed = run
    while token := _TOKEN.match(view, position):
        if end and _BLANK_LINE.search(view, position, token.start(1)):
            return _Cut(end, end)
        if not _complete(view, token, final=final):
            return _Run(position, end, plain, allowed)
        # The first word is why there is a run at all.
        word = kind(token[1]) if end else Kind.SUSPECT
        position = token.end()
        if word is Kind.SUSPECT or (word is Kind.JOINING and not plain):
            end, plain = position, 0
            allowed = 2 if _DIGIT.search(token[1]) else 1
            if token[1][-1] in _STOPS:
                return _Cut(end, end)
        elif (plain := plain + 1) >= allowed:
            return _Cut(end, position)
    if final:
        return _Cut(len(view), len(view))
    return _Cut(end, end) if _BLANK_LINE.search(view, position) else _Run(position, end, plain, allowed)


def _complete(text: str, token: re.Match[str], *, final: bool) -> bool:
    return token.end() < len(text) or final or token[1][-1] in _STOPS


def _is_long(view: str) -> bool:
    """Whether what fills the view is part of something longer: a token of hundreds of characters, a key."""
    return _UNBROKEN.fullmatch(view, len(view) - 128) is not None or _KEY_BEGINS in view


def _forced(view: str, uncut: Uncut) -> int:
    """Where to cut a run that is longer than may be held: at a space if possible, never in a placeholder."""
    last = max(len(view) - _FOLLOWING, 1)
    spaces = [match.start() for match in _SPACE.finditer(view, 1, last)]
    softs = [match.end() for match in _SOFT.finditer(view, 1, last)]
    cut = (spaces or softs or [last])[-1]
    for start, end in uncut(view):
        if start < cut < end:
            return start or end
    return cut

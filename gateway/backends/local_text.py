"""Text out of generated tokens: whole characters only, and nothing from a stop string on."""

from collections.abc import Callable, Sequence

_HALF = "\ufffd"  # what a decoder puts where bytes are not, or not yet, a character


class TextReader:
    """Turns tokens into text as they come; a character whose bytes are not all there waits.

    ``decode`` gives the text of a sequence of tokens. The last tokens given out are decoded again with the
    next, for some tokenizers drop a space at the start of what they decode.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._context: list[int] = []
        self._context_chars = 0
        self._pending: list[int] = []
        self._given = 0

    def read(self, tokens: Sequence[int], *, last: bool = False) -> str:
        """The text that ``tokens`` complete; with ``last`` also what stays half."""
        self._pending += tokens
        text = self._decode([*self._context, *self._pending])[self._context_chars :]
        whole = text if last else text.rstrip(_HALF)
        piece, self._given = whole[self._given :], max(len(whole), self._given)
        if whole == text and text:
            self._advance()
        return piece

    def _advance(self) -> None:
        self._context, self._pending, self._given = self._pending, [], 0
        self._context_chars = len(self._decode(self._context))


class StopReader:
    """Ends a text before the first of its stop strings to be complete, under any split of the text."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.stopped = False

    def read(self, text: str, *, last: bool = False) -> str:
        """What can be given out; the start of what may become a stop string waits for the next text."""
        if self.stopped:
            return ""
        text = self._held + text
        ends = [(at + len(stop), at) for stop in self._stops if (at := text.find(stop)) >= 0]
        if ends:
            self.stopped, self._held = True, ""
            return text[: min(ends)[1]]
        keep = 0 if last else self._may_begin(text)
        cut = len(text) - keep
        self._held = text[cut:]
        return text[:cut]

    def _may_begin(self, text: str) -> int:
        """Length of the longest end of ``text`` that begins a stop string."""
        longest = max(map(len, self._stops), default=1) - 1
        sizes = range(min(longest, len(text)), 0, -1)
        return next((n for n in sizes if any(stop.startswith(text[-n:]) for stop in self._stops)), 0)

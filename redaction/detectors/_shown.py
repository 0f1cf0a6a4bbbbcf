"""A text as a person sees it, for the classifier: without invisible, look-alike, full-width and escaped characters.

A name in such signs is a name to its reader, and to the words of the classifier it is none. The way back to the
places of the original is kept by stretches, so its cost is that of the signs and not that of the text.
"""

from bisect import bisect_right
from dataclasses import dataclass

from redaction.unveil import disguises


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What is seen of a text; ``places`` are where in it a stretch begins, ``origins`` the span that it stands for.

    A stretch as long as its origin stands for it character by character, any other for the whole of it.
    """

    text: str
    places: tuple[int, ...]
    origins: tuple[tuple[int, int], ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that ``start..end`` of this text, not empty, comes from."""
        return self._span(start)[0], self._span(end - 1)[1]

    def _span(self, place: int) -> tuple[int, int]:
        at = bisect_right(self.places, place) - 1
        low, high = self.origins[at]
        begins = self.places[at]
        ends = self.places[at + 1] if at + 1 < len(self.places) else len(self.text)
        if ends - begins != high - low:
            return low, high
        return low + place - begins, low + place - begins + 1


def shown(text: str) -> Shown | None:
    """The text as it is seen; None where it is seen as it stands, or where nothing is."""
    pieces = disguises(text)
    if not pieces:
        return None
    parts: list[str] = []
    places: list[int] = []
    origins: list[tuple[int, int]] = []
    size = at = 0
    for start, end, instead in [*pieces, (len(text), len(text), [])]:
        if start < at:
            continue
        plain = "".join(each for each, _, _ in instead)
        for part, origin in ((text[at:start], (at, start)), (plain, (start, end))):
            if part:
                parts.append(part)
                places.append(size)
                origins.append(origin)
                size += len(part)
        at = end
    return Shown("".join(parts), tuple(places), tuple(origins)) if parts else None

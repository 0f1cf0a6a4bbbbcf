"""Counts by kind: as shares of a whole, and as columns over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from gateway.report.markup import Markup, tag
from gateway.report.plots import WIDTH, figure

_LEFT, _TOP, _ROOM, _BOTTOM = 62.0, 10.0, 190.0, 26.0
_BAR, _LABEL = 28.0, 90.0
# Thinner could not be seen, and what is rare is what one looks for.
_THINNEST = 2.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What is counted: its name, and the class of ``page.css`` that colours it."""

    name: str
    colour: str


def swatch(kind: Kind) -> Markup:
    """The colour of a kind, beside its name."""
    return tag("span", class_=f"swatch {kind.colour}", aria_hidden="true")


def tiles(counts: Sequence[tuple[Kind, int]]) -> Markup:
    """Each kind with its number, large."""
    shown = (
        tag("li", tag("b", f"{count:,}"), tag("span", swatch(kind), kind.name)) for kind, count in counts
    )
    return tag("ul", *shown, class_="tiles")


def legend(kinds: Sequence[Kind]) -> Markup:
    """What the colours mean, in words."""
    return tag("ul", *(tag("li", swatch(kind), kind.name) for kind in kinds), class_="legend")


def shares(name: str, title: str, counts: Sequence[tuple[Kind, int]]) -> Markup:
    """One bar whose pieces are the shares of a whole; empty pieces are left out."""
    whole = sum(count for _, count in counts) or 1
    ends = [end / whole * WIDTH for end in accumulate(count for _, count in counts)]
    pieces, told = [], []
    for (kind, count), end in zip(counts, ends, strict=True):
        if count:
            width = max(count / whole * WIDTH, _THINNEST)
            said = f"{kind.name}: {count:,} ({count / whole:.2%})"
            pieces.append(_piece(kind, end - width, 0, (width, _BAR), said))
            told.append(said)
    return figure(name, title, "; ".join(told) or "No counts.", _BAR, pieces)


@dataclass(frozen=True, slots=True)
class Columns:
    """Counts over time: one column for each label, of which there is one at least, in pieces by kind."""

    labels: Sequence[str]
    kinds: Sequence[Kind]
    counts: Mapping[tuple[str, str], int]

    def of(self, label: str) -> list[int]:
        """The counts of one column, in the order of the kinds."""
        return [self.counts.get((label, kind.name), 0) for kind in self.kinds]


def columns(name: str, title: str, data: Columns) -> Markup:
    """Stacked columns over one axis from zero."""
    top = max(sum(data.of(label)) for label in data.labels) or 1
    step = (WIDTH - _LEFT) / max(len(data.labels), 1)
    shapes = [*_axis(top)]
    for place, label in enumerate(data.labels):
        shapes += _column(data, label, _LEFT + place * step, max(step - 1, 0.5), top)
    shapes += _ticks(data.labels, step)
    return figure(name, title, _told(data), _height(), shapes)


def _told(data: Columns) -> str:
    each = [data.of(label) for label in data.labels]
    by_kind = zip(data.kinds, zip(*each, strict=True), strict=True)
    totals = ", ".join(f"{kind.name} {sum(counts):,}" for kind, counts in by_kind)
    highest = data.labels[max(range(len(each)), key=lambda place: sum(each[place]))]
    return (
        f"{len(each)} columns from {data.labels[0]} to {data.labels[-1]}; {totals}; the highest is {highest}."
    )


def _column(data: Columns, label: str, x: float, width: float, top: int) -> list[Markup]:
    shapes, base = [], _TOP + _ROOM
    for kind, count in zip(data.kinds, data.of(label), strict=True):
        if count:
            height = max(count / top * _ROOM, 1.0)
            base -= height
            shapes.append(_piece(kind, x, base, (width, height), f"{label}, {kind.name}: {count:,}"))
    return shapes


def _axis(top: int) -> list[Markup]:
    shapes = []
    for share in (0, 0.5, 1):
        y = _TOP + (1 - share) * _ROOM
        shapes.append(tag("line", x1=_LEFT, x2=WIDTH, y1=y, y2=y, class_="axis"))
        if share * top == int(share * top):
            shapes.append(tag("text", f"{int(share * top):,}", x=_LEFT - 8, y=y + 4.5, class_="soft end"))
    return shapes


def _ticks(labels: Sequence[str], step: float) -> list[Markup]:
    every = max(1, len(labels) // 6)
    return [
        tag("text", labels[place], x=_LEFT + place * step, y=_height() - 7, class_="soft")
        for place in range(0, len(labels), every)
        # A label at the very end would be cut off by the edge.
        if _LEFT + place * step < WIDTH - _LABEL
    ]


def _piece(kind: Kind, x: float, y: float, size: tuple[float, float], said: str) -> Markup:
    width, height = size
    shape = {"x": x, "y": y, "width": width, "height": height}
    return tag("rect", tag("title", said), class_=kind.colour, **shape)


def _height() -> float:
    return _TOP + _ROOM + _BOTTOM

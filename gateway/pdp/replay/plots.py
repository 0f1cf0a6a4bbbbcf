"""Plots as SVG text: no script, no font and no picture from elsewhere; colours come from the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

_WIDTH, _HEIGHT = 960, 220
_LEFT, _BOTTOM, _TOP = 56, 24, 8
_LABEL = 90


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of thing that is counted: its name, and the style class that colours it."""

    name: str
    style: str


def share_bar(parts: Sequence[tuple[Series, int]]) -> str:
    """One bar whose pieces are the shares of a whole; empty pieces are left out."""
    total = sum(count for _, count in parts) or 1
    ends = [end / total * _WIDTH for end in accumulate(count for _, count in parts)]
    pieces = []
    for (series, count), end in zip(parts, ends, strict=True):
        if count:
            # A piece that would be too thin to see is still drawn: rare changes are what one looks for.
            width = max(count / total * _WIDTH, 2.0)
            title = f"{series.name}: {count:,} ({count / total:.2%})"
            pieces.append(_rect(series.style, end - width, 0, width, 28, title))
    return _svg(_WIDTH, 28, "Shares of outcomes", pieces)


def columns(
    counts: Mapping[tuple[str, str], int], labels: Sequence[str], series: Sequence[Series], title: str
) -> str:
    """Stacked columns over time: one for each label, its pieces by the name of their series."""
    heights = [sum(counts.get((label, one.name), 0) for one in series) for label in labels]
    top = max(heights, default=0) or 1
    step = (_WIDTH - _LEFT) / max(len(labels), 1)
    room = _HEIGHT - _BOTTOM - _TOP
    drawn = [_axis(top, room)]
    for place, label in enumerate(labels):
        base = float(_HEIGHT - _BOTTOM)
        for one in series:
            count = counts.get((label, one.name), 0)
            if count:
                height = max(count / top * room, 1.0)
                base -= height
                said = f"{label} · {one.name}: {count:,}"
                drawn.append(_rect(one.style, _LEFT + place * step, base, max(step - 1, 0.5), height, said))
    drawn += _ticks(labels, step)
    return _svg(_WIDTH, _HEIGHT, title, drawn)


def legend(series: Sequence[Series]) -> str:
    """What the colours mean, in words."""
    items = (f'<li><i class="{one.style}"></i>{escape(one.name)}</li>' for one in series)
    return f'<ul class="legend">{"".join(items)}</ul>'


def _axis(top: int, room: float) -> str:
    lines = []
    for share in (0, 0.5, 1):
        y = _HEIGHT - _BOTTOM - share * room
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if share * top == int(share * top):
            lines.append(
                f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{int(share * top):,}</text>'
            )
    return "".join(lines)


def _ticks(labels: Sequence[str], step: float) -> list[str]:
    every = max(1, len(labels) // 6)
    return [
        f'<text x="{_LEFT + place * step:.1f}" y="{_HEIGHT - 6}">{escape(labels[place])}</text>'
        for place in range(0, len(labels), every)
        # A label at the very end would be cut off by the edge.
        if _LEFT + place * step < _WIDTH - _LABEL
    ]


def _rect(style: str, x: float, y: float, width: float, height: float, title: str) -> str:  # noqa: PLR0913, PLR0917 - a rectangle has these
    return (
        f'<rect class="{style}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}">'
        f"<title>{escape(title)}</title></rect>"
    )


def _svg(width: int, height: int, title: str, drawn: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">{"".join(drawn)}</svg>'
    )

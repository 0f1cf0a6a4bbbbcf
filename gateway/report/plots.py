"""Plots as SVG by hand: a few shapes, the same bytes on every machine. A table stands beside each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from gateway.report.markup import Child, Markup, tag

WIDTH = 880.0
_LEFT, _RIGHT, _ROW, _TOP, _BOTTOM = 150.0, 24.0, 30.0, 10.0, 44.0
_COLOURS = 6


@dataclass(frozen=True, slots=True)
class Range:
    """A figure between its bounds; there is no way to plot one without them."""

    label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar of several parts, each as long as its number."""

    label: str
    parts: Sequence[float]


def figure(name: str, title: str, told: str, height: float, shapes: Sequence[Child]) -> Markup:
    """An SVG with a title and, for who cannot see it, what it shows."""
    head = (tag("title", title, id=f"{name}-t"), tag("desc", told, id=f"{name}-d"))
    box = f"0 0 {WIDTH:.0f} {height:.0f}"
    drawn = tag("svg", *head, *shapes, viewBox=box, role="img", aria_labelledby=f"{name}-t {name}-d")
    return tag("figure", drawn)


def standalone(drawn: Markup) -> bytes:
    """A figure as an SVG file of its own, with its colours in light and dark."""
    svg = drawn.removeprefix("<figure><svg ").removesuffix("</svg></figure>")
    opening, _, shapes = svg.partition(">")
    style = tag("style", Markup(stylesheet()))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {opening}>{style}{shapes}</svg>\n'.encode()


def stylesheet() -> str:
    """How pages and plots look."""
    return files("gateway.report").joinpath("page.css").read_text("utf-8")


def ranges(name: str, title: str, unit: str, rows: Sequence[Range]) -> Markup:
    """Figures as points with their bounds as bars, over one axis from zero."""
    top = max((row.high for row in rows), default=0.0) or 1.0
    axis = _Axis(top, len(rows), unit)
    shapes = [*axis.shapes()]
    for place, row in enumerate(rows):
        y = axis.middle(place)
        low, high, at = axis.x(row.low), axis.x(row.high), axis.x(row.value)
        shapes += [
            tag("text", row.label, x=_LEFT - 12, y=y + 4.5, class_="end"),
            tag("line", x1=low, x2=high, y1=y, y2=y, class_="l0"),
            *(tag("line", x1=end, x2=end, y1=y - 6, y2=y + 6, class_="l0") for end in (low, high)),
            tag("circle", cx=at, cy=y, r=5, class_="f0"),
        ]
    told = "; ".join(f"{row.label} {row.value:.4g}, from {row.low:.4g} to {row.high:.4g}" for row in rows)
    return figure(name, title, told, axis.height, shapes)


def stacks(name: str, title: str, unit: str, parts: Sequence[str], rows: Sequence[Stack]) -> Markup:
    """Bars of parts over one axis from zero, with a legend."""
    top = max((sum(row.parts) for row in rows), default=0.0) or 1.0
    axis = _Axis(top, len(rows), unit, head=26.0)
    shapes = [*axis.shapes(), *_legend(parts)]
    for place, row in enumerate(rows):
        y, so_far = axis.middle(place), 0.0
        shapes.append(tag("text", row.label, x=_LEFT - 12, y=y + 4.5, class_="end"))
        for colour, part in enumerate(row.parts):
            x, width = axis.x(so_far), axis.x(so_far + part) - axis.x(so_far)
            if part:
                shapes.append(
                    tag("rect", x=x, y=y - 9, width=width, height=18, class_=f"cut {colour_of(colour)}")
                )
            so_far += part
    told = "; ".join(f"{row.label}: {_listed(parts, row.parts)}" for row in rows)
    return figure(name, title, told, axis.height, shapes)


def colour_of(number: int) -> str:
    """The class that fills with one of a few colours that most colour-blind people tell apart."""
    return f"f{number % _COLOURS}"


def _listed(names: Sequence[str], numbers: Sequence[float]) -> str:
    return ", ".join(f"{name} {number:.6g}" for name, number in zip(names, numbers, strict=True))


def _legend(parts: Sequence[str]) -> list[Markup]:
    shapes, x = [], _LEFT
    for colour, part in enumerate(parts):
        shapes.append(tag("rect", x=x, y=_TOP, width=12, height=12, class_=colour_of(colour)))
        shapes.append(tag("text", part, x=x + 18, y=_TOP + 11))
        x += 40 + 7.5 * len(part)
    return shapes


class _Axis:
    """Values from zero to a round number, left to right, and rows from top to bottom."""

    def __init__(self, top: float, rows: int, unit: str, head: float = 0.0) -> None:
        self._step = _round_step(top)
        self._top = math.ceil(top / self._step - 1e-9) * self._step
        self._head, self._rows, self._unit = _TOP + head, rows, unit
        self.height = self._head + rows * _ROW + _BOTTOM

    def x(self, value: float) -> float:
        """Where a value stands."""
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * value / self._top

    def middle(self, row: int) -> float:
        """The middle of a row."""
        return self._head + (row + 0.5) * _ROW

    def shapes(self) -> list[Markup]:
        """Grid, numbers and unit."""
        low = self._head + self._rows * _ROW
        shapes = []
        for tick in range(round(self._top / self._step) + 1):
            x = self.x(tick * self._step)
            shapes.append(tag("line", x1=x, x2=x, y1=self._head, y2=low, class_="axis"))
            shapes.append(tag("text", _number(tick * self._step), x=x, y=low + 17, class_="soft mid"))
        shapes.append(tag("text", self._unit, x=(WIDTH - _RIGHT + _LEFT) / 2, y=low + 36, class_="soft mid"))
        return shapes


def _round_step(top: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that makes four to ten steps."""
    power = 10.0 ** math.floor(math.log10(top / 4))
    return next(power * each for each in (1, 2, 5, 10) if top / (power * each) <= 8 + 1e-9)


def _number(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")

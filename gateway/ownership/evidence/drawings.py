"""The two drawings that are a dossier's own: ownership on its two axes of time, and the provenance graph."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from gateway.control.schema import FOREVER
from gateway.ownership.evidence.provenance import Node, Provenance
from gateway.ownership.evidence.words import spoken
from gateway.ownership.registry.history import Assertion
from gateway.report.markup import Markup, tag
from gateway.report.plots import WIDTH, colour_of, figure

_LEFT, _RIGHT, _TOP, _LOW = 150.0, 24.0, 34.0, 46.0
_ROW, _LEAST = 44.0, 2
_BOX_W, _BOX_H, _GAP_X, _GAP_Y = 190.0, 46.0, 26.0, 54.0
_ABREAST = 4


@dataclass(frozen=True, slots=True)
class _Scale:
    """Moments along one axis, in equal steps: a year of nothing must not hide the day that changed it all."""

    moments: Sequence[int]
    start: float
    length: float

    def at(self, moment: int) -> float:
        """Where a moment stands; the end of time stands at the end."""
        place = len(self.moments) if moment >= FOREVER else self.moments.index(moment)
        return self.start + self.length * place / len(self.moments)


def two_axes(
    name: str,
    facet: str,
    assertions: Sequence[Assertion],
    told: Mapping[int, str],
    holders: Sequence[str],
) -> Markup:
    """Who held a facet when (across), as believed when (upwards).

    ``told`` names moments for people; ``holders`` are in the order in which they get colours.
    """
    valid = sorted(
        {each.valid_from_us for each in assertions} | _ends(each.valid_to_us for each in assertions)
    )
    known = sorted(
        {each.recorded_from_us for each in assertions} | _ends(each.recorded_to_us for each in assertions)
    )
    plane = _ROW * max(_LEAST, len(known))
    across = _Scale(valid, _LEFT, WIDTH - _LEFT - _RIGHT)
    up = _Scale(known, _TOP + plane, -plane)
    shapes = [_plot(each, across, up, holders.index(each.holder)) for each in assertions]
    shapes += [
        _across(across, moment, told[moment], _TOP + plane, place) for place, moment in enumerate(valid)
    ]
    shapes += [_up(up, moment, told[moment]) for moment in known]
    shapes.append(tag("text", "believed from", x=_LEFT - 12, y=_TOP - 14, class_="soft end"))
    shapes.append(tag("text", "true from", x=WIDTH - _RIGHT, y=_TOP + plane + 42, class_="soft end"))
    words = "; ".join(_told(each, told) for each in assertions)
    return figure(name, f"Who held {facet}, as believed when", words, _TOP + plane + _LOW + 6, shapes)


def graph(name: str, found: Provenance) -> Markup:
    """The provenance graph: what stands on something is drawn above it."""
    rows = [
        row
        for _, rank in groupby(found.nodes, key=lambda node: node.rank)
        for row in _batched(list(rank), _ABREAST)
    ]
    height = len(rows) * (_BOX_H + _GAP_Y) - _GAP_Y + 24
    places = {
        node.asset: _place(number, len(row), line, height)
        for line, row in enumerate(rows)
        for number, node in enumerate(row)
    }
    shapes = [_edge(places[link.child], places[link.parent], spoken(link.kind.value)) for link in found.links]
    for node in found.nodes:
        shapes += _box(node, places[node.asset], disputed=node.asset == found.asset)
    words = "; ".join(f"{link.child} is {link.kind.value} {link.parent}" for link in found.links)
    return figure(name, f"Where {found.asset} comes from", words or "It stands alone.", height, shapes)


def _ends(moments: Iterable[int]) -> set[int]:
    return {moment for moment in moments if moment < FOREVER}


def _plot(each: Assertion, across: _Scale, up: _Scale, colour: int) -> Markup:
    left, right = across.at(each.valid_from_us), across.at(each.valid_to_us)
    low, high = up.at(each.recorded_from_us), up.at(each.recorded_to_us)
    box = tag(
        "rect", x=left, y=high, width=right - left, height=low - high, class_=f"cut {colour_of(colour)}"
    )
    label = tag("text", each.holder, x=(left + right) / 2, y=(low + high) / 2 + 4.5, class_="mid on")
    return tag("g", box, label)


def _across(scale: _Scale, moment: int, text: str, low: float, place: int) -> Markup:
    x = scale.at(moment)
    # Two heights, so that neighbours do not run into each other.
    y = low + 16 + 14 * (place % 2)
    line = tag("line", x1=x, x2=x, y1=low, y2=y - 10, class_="axis")
    return tag("g", line, tag("text", text, x=x, y=y, class_="soft"))


def _up(scale: _Scale, moment: int, text: str) -> Markup:
    y = scale.at(moment)
    line = tag("line", x1=_LEFT - 6, x2=_LEFT, y1=y, y2=y, class_="axis")
    return tag("g", line, tag("text", text, x=_LEFT - 12, y=y + 4, class_="soft end"))


def _told(each: Assertion, told: Mapping[int, str]) -> str:
    def until(moment: int) -> str:
        return "on" if moment >= FOREVER else f"to {told[moment]}"

    return (
        f"{each.holder} from {told[each.valid_from_us]} {until(each.valid_to_us)},"
        f" believed from {told[each.recorded_from_us]} {until(each.recorded_to_us)}"
    )


def _batched(nodes: Sequence[Node], size: int) -> list[Sequence[Node]]:
    return [nodes[at : at + size] for at in range(0, len(nodes), size)]


def _place(number: int, of: int, line: int, height: float) -> tuple[float, float]:
    row = of * _BOX_W + (of - 1) * _GAP_X
    left = max(0.0, (WIDTH - row) / 2) + number * (_BOX_W + _GAP_X)
    return left, height - 12 - _BOX_H - line * (_BOX_H + _GAP_Y)


def _edge(child: tuple[float, float], parent: tuple[float, float], kind: str) -> Markup:
    x1, y1 = child[0] + _BOX_W / 2, child[1] + _BOX_H
    x2, y2 = parent[0] + _BOX_W / 2, parent[1]
    line = tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="edge")
    return tag("g", line, tag("text", kind, x=(x1 + x2) / 2 + 8, y=(y1 + y2) / 2 + 4, class_="soft"))


def _box(node: Node, place: tuple[float, float], *, disputed: bool) -> list[Markup]:
    x, y = place
    ring = "box l0" if disputed else "box"
    return [
        tag("rect", x=x, y=y, width=_BOX_W, height=_BOX_H, rx=6, class_=ring),
        tag("text", node.asset, x=x + _BOX_W / 2, y=y + 19, class_="mid"),
        tag("text", f"{spoken(node.type)}, {node.owner}", x=x + _BOX_W / 2, y=y + 36, class_="mid soft"),
    ]

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from gateway.report.counts import Columns, Kind, columns, legend, shares, tiles
from gateway.report.page import facts
from gateway.report.plots import WIDTH, stylesheet

KINDS = (Kind("opened", "f1"), Kind("closed", "f0"), Kind("<same>", "faint"))
COUNTS = st.lists(st.integers(0, 10**9), min_size=3, max_size=3)


def drawn(markup: str) -> ET.Element:
    """The picture of a figure."""
    (svg,) = ET.fromstring(markup)  # noqa: S314 - our own markup
    return svg


@given(COUNTS)
def test_what_is_rare_is_drawn(counts: list[int]) -> None:
    """Each kind that occurs has a piece of the bar, wide enough to see and within it; others have none."""
    pieces = drawn(shares("s", "Shares", list(zip(KINDS, counts, strict=True)))).findall("rect")
    assert [piece.get("class") for piece in pieces] == [
        kind.colour for kind, count in zip(KINDS, counts, strict=True) if count
    ]
    for piece in pieces:
        x, width = float(piece.get("x", "")), float(piece.get("width", ""))
        assert width >= 2
        assert x + width <= WIDTH + 0.02


@given(st.lists(COUNTS, min_size=1, max_size=9))
def test_columns_stay_within_their_plot(rows: list[list[int]]) -> None:
    """No column is taller than the axis, but for the hairline that a rare kind gets."""
    labels = [f"day {place}" for place in range(len(rows))]
    counts = {
        (label, kind.name): count
        for label, row in zip(labels, rows, strict=True)
        for kind, count in zip(KINDS, row, strict=True)
    }
    svg = drawn(columns("c", "Columns", Columns(labels, KINDS, counts)))
    for piece in svg.findall("rect"):
        assert float(piece.get("y", "")) >= 10 - len(KINDS)
        assert float(piece.get("height", "")) >= 1


def test_columns_are_told_in_words() -> None:
    """Who cannot see the plot reads from when to when it goes, what each kind adds up to, and its peak."""
    data = Columns(["May", "June"], KINDS, {("May", "opened"): 2, ("June", "opened"): 1_500})
    svg = drawn(columns("c", "Columns", data))
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "c-t c-d")
    assert svg[1].text == "2 columns from May to June; opened 1,502, closed 0, <same> 0; the highest is June."


def test_colours_are_named_beside_them() -> None:
    """A legend and tiles say each kind in words, as text, and every colour is one of the stylesheet."""
    for markup in (legend(KINDS), tiles([(kind, 1_000) for kind in KINDS])):
        assert "&lt;same&gt;" in markup
        assert markup.count('aria-hidden="true"') == len(KINDS)
    assert "1,000" in tiles([(KINDS[0], 1_000)])
    assert all(f".{kind.colour} {{" in stylesheet() for kind in KINDS)


def test_facts_are_pairs() -> None:
    """Each name stands before what it is."""
    assert facts([("a", "<b>")]) == '<dl class="facts"><dt>a</dt><dd>&lt;b&gt;</dd></dl>'

import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report.markup import Markup, joined, table, tag
from gateway.report.page import Section, bullets, page, paragraphs
from gateway.report.plots import Range, Stack, ranges, stacks, standalone

HOSTILE = '<script>alert("x")</script>&amp;\'"'


def parsed(markup: str) -> ET.Element:
    """The element that the markup is."""
    return ET.fromstring(markup)  # noqa: S314 - our own markup


def whole(*bodies: Markup) -> str:
    """A page of these sections."""
    sections = [Section(f"s{at}", f"Section {at}", body) for at, body in enumerate(bodies)]
    return page("Title", paragraphs("lead"), sections).decode()


def test_text_is_escaped_wherever_it_stands() -> None:
    """Text in elements, attributes, tables, lists and plots never becomes markup."""
    bodies = (
        tag("p", HOSTILE, title=HOSTILE),
        table(HOSTILE, [HOSTILE], [[HOSTILE]]),
        bullets([HOSTILE]),
        ranges("r", HOSTILE, HOSTILE, [Range(HOSTILE, 1, 0, 2)]),
        stacks("s", HOSTILE, HOSTILE, [HOSTILE], [Stack(HOSTILE, [1])]),
    )
    text = page(HOSTILE, paragraphs(HOSTILE), [Section("s", HOSTILE, joined(bodies))]).decode()
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_text_comes_out_as_it_went_in(text: str) -> None:
    """What a reader sees is the text that was given, in an element and in an attribute."""
    found = parsed(tag("p", text, title=text))
    assert ((found.text or ""), found.get("title")) == (text, text)


def test_a_page_loads_and_runs_nothing() -> None:
    """A page holds no script, link to a file or address, and forbids its viewer to fetch any."""
    text = whole(ranges("r", "Findings", "per 1,000", [Range("retail", 1, 0.5, 2)]))
    assert "default-src 'none'" in unescape(text)
    assert not re.search(r"<(script|link|img|iframe|object)\b|\bsrc=|url\(|@import|https?://", text)


def test_plots_are_told_in_words() -> None:
    """Each plot is an image with a title and a description that names every figure with its bounds."""
    drawn = ranges("r", "Findings", "per 1,000", [Range("retail", 1.5, 0.5, 2.25), Range("product", 3, 2, 4)])
    (svg,) = parsed(drawn)
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "r-t r-d")
    assert [part.get("id") for part in svg[:2]] == ["r-t", "r-d"]
    assert svg[1].text == "retail 1.5, from 0.5 to 2.25; product 3, from 2 to 4"


@pytest.mark.parametrize("top", [0.0, 1e-6, 0.004, 0.9, 1, 3.7, 10, 99, 4_321, 5e7])
def test_bars_stay_within_their_plot(top: float) -> None:
    """Whatever the figures, bars and points lie between the axis' ends, and ticks are few."""
    for drawn in (
        ranges("r", "t", "u", [Range("a", top / 2, 0, top)]),
        stacks("s", "t", "u", ["x", "y"], [Stack("a", [top / 3, top / 2])]),
    ):
        (svg,) = parsed(drawn)
        places = [float(part.get(key, 0)) for part in svg for key in ("x1", "x2", "cx") if part.get(key)]
        bars = [float(part.get("x", 0)) + float(part.get("width", 0)) for part in svg if part.tag == "rect"]
        assert all(150 <= place <= 856.01 for place in [*places, *bars[2:]])
        assert 2 <= sum(part.get("class") == "soft mid" for part in svg) <= 12


def test_a_plot_stands_alone() -> None:
    """A plot as a file of its own is an SVG document with its style, shapes and words."""
    root = parsed(standalone(ranges("r", "Findings", "per 1,000", [Range("retail", 1, 0.5, 2)])).decode())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    kinds = [part.tag.partition("}")[2] for part in root]
    assert (kinds[0], "circle" in kinds, "desc" in kinds) == ("style", True, True)


def test_plots_of_nothing_are_plots() -> None:
    """Without rows a plot is an empty axis and no error."""
    assert parsed(ranges("r", "t", "u", []))[0].tag == "svg"
    assert parsed(stacks("s", "t", "u", ["x"], []))[0].tag == "svg"


def test_tables_name_their_cells() -> None:
    """Rows and columns have headers that a screen reader reads, and numbers are set to the right."""
    (found,) = parsed(table("Use", ["asset", "calls"], [["tone", "4"]], numbers=1))
    assert [cell.get("scope") for cell in found.iter("th")] == ["col", "col", "row"]
    assert [cell.get("class") for cell in found.iter("td")] == ["number"]

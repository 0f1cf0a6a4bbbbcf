from collections.abc import Sequence
from xml.etree import ElementTree as ET

from gateway.control.schema import FOREVER
from gateway.ownership.evidence.drawings import graph, two_axes
from gateway.ownership.evidence.provenance import Node, Provenance
from gateway.ownership.registry.facets import Basis, Facet, LinkKind
from gateway.ownership.registry.history import Assertion
from gateway.ownership.registry.links import Link
from gateway.report.markup import Markup

_TOLD = {10: "day 10", 20: "day 20", 30: "day 30", 40: "day 40"}


def assertion(holder: str, valid: tuple[int, int], known: tuple[int, int]) -> Assertion:
    """That somebody was accountable, as believed over some time."""
    return Assertion(
        1, "tone", Facet.ACCOUNTABLE_OWNER, holder, Basis.ORIGINATION, "", 0, *valid, *known, 1, 0
    )


def shapes(drawn: Markup, kind: str) -> Sequence[ET.Element]:
    """All shapes of a kind."""
    return list(ET.fromstring(drawn).iter(kind))  # noqa: S314 - our own markup


def test_belief_that_was_corrected_stands_below_what_corrected_it() -> None:
    """Later beliefs are drawn above earlier ones, later validity to the right, and words tell all of it."""
    history = [
        assertion("product", (10, FOREVER), (20, 40)),
        assertion("product", (10, 30), (40, FOREVER)),
        assertion("retail", (30, FOREVER), (40, FOREVER)),
    ]
    drawn = two_axes("t", "accountable_owner", history, _TOLD, ["product", "retail"])
    early, kept, new = ({key: float(box.get(key, "0")) for key in ("x", "y", "width", "height")}
                        for box in shapes(drawn, "rect"))  # fmt: skip
    assert early["y"] == kept["y"] + kept["height"]
    assert new["x"] == kept["x"] + kept["width"]
    assert early["width"] == kept["width"] + new["width"]
    (told,) = shapes(drawn, "desc")
    assert "retail from day 30 on, believed from day 40 on" in (told.text or "")


def test_the_graph_draws_each_asset_once() -> None:
    """Each asset is a box within the plot, however many stand side by side, and each link a line."""
    parents = [f"tickets-{number}" for number in range(9)]
    nodes = (
        *(Node(name, "dataset", "product", 0) for name in parents),
        Node("tone", "adapter", "product", 1),
    )
    links = tuple(Link("tone", name, LinkKind.DERIVED_FROM, 0, FOREVER, 1) for name in parents)
    drawn = graph("g", Provenance("tone", nodes, links))
    boxes = shapes(drawn, "rect")
    assert (len(boxes), len(shapes(drawn, "line"))) == (10, 9)
    assert all(0 <= float(box.get("x", "")) <= 880 - 190 for box in boxes)
    assert len({(box.get("x"), box.get("y")) for box in boxes}) == 10


def test_an_asset_that_stands_alone_is_drawn() -> None:
    """Without links there is one box, and the words say so."""
    drawn = graph("g", Provenance("tone", (Node("tone", "adapter", "product", 0),), ()))
    assert len(shapes(drawn, "rect")) == 1
    assert "It stands alone." in drawn

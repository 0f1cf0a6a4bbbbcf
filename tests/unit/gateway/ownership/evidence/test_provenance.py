import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.schema import FOREVER
from gateway.ownership.evidence.provenance import Node, Provenance, ranks
from gateway.ownership.registry.facets import LinkKind
from gateway.ownership.registry.links import Link


def link(child: str, parent: str) -> Link:
    """A link that is believed for good."""
    return Link(child, parent, LinkKind.DERIVED_FROM, 0, FOREVER, 1)


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] > pair[1])))
def test_each_stands_above_what_it_stands_on(pairs: set[tuple[int, int]]) -> None:
    """In any graph without a cycle a child ranks above all its parents, and who has none ranks 0."""
    links = [link(f"a{child}", f"a{parent}") for child, parent in pairs]
    found = ranks([f"a{number}" for number in range(10)], links)
    assert all(found[each.child] > found[each.parent] for each in links)
    assert all(found[f"a{n}"] == 0 for n in range(10) if n not in {child for child, _ in pairs})


def test_a_cycle_is_never_drawn() -> None:
    """A cycle, which the registry refuses, is an error here and no endless loop."""
    with pytest.raises(AssertionError, match="cycle"):
        ranks(["a", "b"], [link("a", "b"), link("b", "a")])


def test_dot_holds_names_as_they_are() -> None:
    """Names with quotes and backslashes stay names in DOT."""
    nodes = (Node('a"b', "dataset", "product", 0), Node("c\\d", "adapter", "retail", 1))
    text = Provenance("c\\d", nodes, (link("c\\d", 'a"b'),)).dot()
    assert '"a\\"b" [label="a\\"b\\ndataset, product"];' in text
    assert '"c\\\\d" -> "a\\"b" [label="derived_from"];' in text

from gateway.pdp.columns import Columns
from gateway.pdp.rego import Module, parse
from gateway.pdp.tree import nodes, place


def test_a_tab_is_one_column() -> None:
    """Columns are those of an editor and of OPA, behind tabs and characters of several bytes."""
    text = 'package a\n\nx if {\n\t\t"ä" == input.b\n}\n'
    found = [place(body) for kind, body in nodes(parse(Module("a.rego", text))) if kind == "RefDot"]
    assert (4, 10) in found
    assert Columns(text).counted(4, 9) == 3
    assert Columns(text).counted(99, 5) == 5

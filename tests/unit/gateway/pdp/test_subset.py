import pytest

from tests.policy_texts import Told


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("default f(x) := 1\n\nf(x) := 2 if x > 1", "a function can have no default"),
        ("default x := [y | some y in [1]]", "a default can only be a constant"),
        ("x if input.context.stream with input as {}", "with is allowed in tests alone"),
        ("x := [y | y := input.subject.id with input as {}]", "with is allowed in tests alone"),
        ("a.b := 1", "a rule's name can have no path or fixed key"),
        ('a["b"] := 1', "a rule's name can have no path or fixed key"),
        ("a[b] contains c if {\n\tsome b in [1]\n\tsome c in [2]\n}", "a rule's name can have no path"),
        ("a[b][c] := 1 if {\n\tsome b in [1]\n\tsome c in [2]\n}", "a rule's name can have no path"),
        ("x := data.custody.access", "a whole package can be no value"),
        ("x := data.custody[input.subject.department]", "a whole package can be no value"),
        ("x := data", "a whole package can be no value"),
        ("x := 1\n\nx contains 2", "x is defined as set and value"),
        ("x := 1\n\nx(y) := y", "x is defined as function and value"),
        ("default x := 1\n\ndefault x := 2", "x has two defaults"),
    ],
)
def test_what_lies_outside_is_refused(told: Told, rules: str, said: str) -> None:
    """A construct that an embedded form lacks or gets wrong is refused with its place and the way round."""
    found = [each for each in told(rules) if said in each.message]
    assert found
    assert all(each.fix and each.line >= 3 for each in found)


@pytest.mark.parametrize(
    "rules",
    [
        "default x := false\n\nx if input.context.stream",
        "x[k] := v if some k, v in input.context.findings",
        "x contains 1\n\nx contains 2",
        "f(1) := 2\n\nf(2) := 3",
        'x := 1 if input.context.stream else := {"a": [true, null, "b"]}',
        "import data.custody.access\n\nx if access.decision.allow",
        "y := {1}\n\nx := data.custody.lib.x.y",
    ],
)
def test_what_lies_inside_is_taken(told: Told, rules: str) -> None:
    """Constant defaults, sets, objects by key, functions, else and whole rules are the published subset."""
    assert told(rules) == []

import pytest

from tests.policy_texts import Told


@pytest.mark.parametrize(
    ("rules", "line", "column"),
    [
        ("x := y", 3, 6),
        ("x if {\n\tinput.context.purpose == y\n}", 4, 27),
        ("x contains y if true", 3, 12),
        ("x[k] := 1 if true", 3, 3),
        ("f(a) := b if a > 1", 3, 9),
        ("x := 1 if input.context.stream else := q if input.context.tools", 3, 40),
        ("x := [q | some r in [1]]", 3, 7),
        ("x if not input.subject.groups[i] == y", 3, 37),
        ("x if not input.subject.groups[_] == 1", 3, 31),
        ("x if every y in z { y > 1 }", 3, 17),
        ("x if {\n\tsome y in [1]\n\tevery z in [2] { z > w }\n}", 5, 23),
        ("x if count(z) > 1", 3, 12),
        ("x if [a, b] == [1, 2]", 3, 7),
    ],
)
def test_a_variable_without_a_value_is_refused(told: Told, rules: str, line: int, column: int) -> None:
    """Every use of a variable that nothing gives a value to is named with its place, used or not."""
    places = [(each.line, each.column) for each in told(rules) if "has no value" in each.message]
    assert (line, column) in places


@pytest.mark.parametrize(
    "rules",
    [
        "x contains y if some y in input.subject.groups",
        "x[k] := v if some k, v in input.context.findings",
        "x contains i if input.subject.groups[i] == `a`",
        "x if {\n\t[a, b] := [1, 2]\n\ta < b\n}",
        'x if {\n\t{"a": a} := {"a": 1}\n\ta > 0\n}',
        "x if {\n\tcount([1], n)\n\tn == 1\n}",
        "f(a, [b, _]) := a + b",
        "x := [v | some v in [1]; every w in [2] { w > v }]",
        "x if {\n\tsome y\n\tinput.subject.groups[y] == `a`\n}",
        "x if not count({y | some y in [1]}) == 2",
        "y := 1\n\nx := y",
    ],
)
def test_what_gives_a_value_is_known(told: Told, rules: str) -> None:
    """Iteration, assignment, patterns, arguments, brackets and outputs give values; nothing is refused."""
    assert told(rules) == []

import pytest

from tests.policy_texts import Told


@pytest.mark.parametrize(
    ("call", "fix"),
    [
        ("time.now_ns()", "input.context.time"),
        ('http.send({"url": "x"})', "data.json"),
        ("cont([1])", "did you mean"),
        ("object.gte({}, `a`, 1)", "did you mean object.get?"),
        ("walk({})", "name the path"),
        ('strings.count("a", "")', "split"),
        ("any([true])", "some value in"),
    ],
)
def test_a_function_that_may_not_be_called_comes_with_the_way_round(told: Told, call: str, fix: str) -> None:
    """The author learns the place and what to write instead, or the nearest name."""
    found = [each for each in told(f"x := {call}") if "unknown or not allowed" in each.message]
    assert [(each.line, each.column) for each in found] == [(3, 6)]
    assert fix in found[0].fix


@pytest.mark.parametrize(
    "call", ["count(1, 2, 3)", "f(1)", "data.custody.lib.x.f(1, 2, 3, 4)", "concat(`a`)"]
)
def test_a_call_with_a_wrong_number_of_arguments_is_refused(told: Told, call: str) -> None:
    """Builtins and own functions are called with as many arguments as they take."""
    assert any("arguments, not" in each.message for each in told(f"f(a, b) := a + b\n\nx := {call}"))

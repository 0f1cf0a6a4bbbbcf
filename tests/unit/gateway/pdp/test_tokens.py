import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bundled import policies
from gateway.pdp.checks import check
from gateway.pdp.rego import Module, RegoError
from gateway.pdp.source import PolicyRefused, read_source
from gateway.pdp.syntax import read_syntax
from gateway.pdp.tokens import MAX_CHAIN, MAX_NESTING, limit_problems, read_tokens
from tests.policy_texts import Write

DEEP = {
    "array": ("[", "", "]"),
    "object": ('{"a": ', "1", "}"),
    "call": ("f(", "1", ")"),
    "parentheses": ("(", "1", ")"),
    "comprehension": ("[x | x := ", "1", "]"),
}
LONG = {"sum": "1" + " + 1" * 50_000, "reference": "input" + "[0]" * 50_000, "path": "input" + ".a" * 50_000}


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("depth", [MAX_NESTING + 1, 100, 50_000])
def test_deep_nesting_is_refused_before_it_is_parsed(kind: str, depth: int) -> None:
    """What would keep regorus busy for hours, or overflow its stack and end the process, is not parsed."""
    left, middle, right = DEEP[kind]
    text = f"package a\n\nx := {left * depth}{middle}{right * depth}\n"
    with pytest.raises(RegoError, match=r"a\.rego:3:\d+: brackets nest deeper"):
        read_syntax(Module("a.rego", text))


@pytest.mark.parametrize("kind", LONG)
def test_a_long_chain_is_refused_before_it_is_parsed(folder: Write, kind: str) -> None:
    """Thousands of operators in one expression, which overflow the stack of regorus, are not parsed."""
    text = f"package custody.lib.a\n\nx := {LONG[kind]}\n".replace("[0][0]", "[0]\n[0]")
    with pytest.raises(PolicyRefused, match="more than 200 operators"):
        check(read_source(folder({"lib/a.rego": text})))


def test_what_people_write_is_within_the_limits() -> None:
    """The shipped policies, and many short expressions after each other, are far from the limits."""
    source = read_source(policies())
    assert [each for module in (*source.modules, *source.tests) for each in limit_problems(module)] == []
    many = "package a\n\nx := {\n" + "\t1 + 1,\n" * 500 + "}\n\n" + "y if input.a == 1\n\n" * MAX_CHAIN
    assert list(limit_problems(Module("a.rego", many))) == []


@given(st.text(alphabet=st.sampled_from('a1"`#\\\n\r\t []{}():=ä|.'), max_size=60))
def test_tokens_are_the_text(text: str) -> None:
    """Tokens with their places hold every character of a text but white space, in order."""
    tokens = list(read_tokens(text))
    told = "".join(each.text for each in tokens)
    blanks = str.maketrans("", "", " \t\r")
    assert told.translate(blanks) == text.translate(blanks)
    lines = text.split("\n")
    for each in tokens:
        assert lines[each.line - 1][each.column - 1 :].startswith(each.text.split("\n", 1)[0])

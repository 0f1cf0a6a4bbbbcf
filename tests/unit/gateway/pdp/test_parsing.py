import pytest

from gateway.pdp.checks import check
from gateway.pdp.source import PolicyRefused, read_source
from tests.policy_texts import Write


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("\ufeffpackage custody.lib.x\n", "byte order mark"),
        (f'package custody.lib.x\n\nx := "{"y" * 1025}"\n', "break the line"),
        ('package custody.lib.x\n\nx := $"a {input.subject.id}"\n', "sprintf"),
        ("package custody.lib.x\n\nif.x := 1\n", "no rule's name can be a keyword"),
        ("package custody.lib.x\n\nx {\n\tinput.context.stream\n}\n", "write Rego v1"),
        ("package custody.lib.x\n\nx[y] {\n\ty := 1\n}\n", "write Rego v1"),
        ("package custody.lib.x\n\nf(a) = b {\n\tb := a\n}\n", "write Rego v1"),
    ],
)
def test_what_does_not_parse_comes_with_the_way_out(folder: Write, text: str, fix: str) -> None:
    """A byte order mark, a long line, later syntax and Rego v0 are refused with what to write instead."""
    with pytest.raises(PolicyRefused) as caught:
        check(read_source(folder({"lib/x.rego": text})))
    assert [each.path for each in caught.value.problems] == ["lib/x.rego"]
    assert caught.value.problems[0].line > 0
    assert fix in caught.value.problems[0].fix

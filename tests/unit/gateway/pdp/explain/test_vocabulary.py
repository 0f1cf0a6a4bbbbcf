import pytest

from gateway.pdp.explain.vocabulary import Vocabulary
from gateway.pdp.rego import Module

_PATH = ("context", "use_case")
_HEAD = "package p\n\nimport data.lib.known\n\n"
_LIB = Module("lib.rego", 'package lib\n\nknown := {"k1", "k2"}\n')
_DATA = {"cases": {"c1": {"owner": "o1"}, "c2": {"owner": "o2"}}, "names": ["n1"]}


def words(text: str, path: tuple[str, ...] = _PATH) -> list[object]:
    """What is worth trying at a path by a policy of this text."""
    return list(Vocabulary([_LIB, Module("p.rego", _HEAD + text)], _DATA).words(path))  # type: ignore[arg-type]  # JSON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('r if input.context.use_case == "a"', ["a"]),
        ('r if "a" != input.context.use_case', ["a"]),
        ('r if input.context.use_case in {"a", "b"}', ["a", "b"]),
        ("r if input.context.use_case in known", ["k1", "k2"]),
        ('uses := {"a": "x"}\n\nr if uses[input.context.use_case] == "x"', ["a"]),
        ("r if data.cases[input.context.use_case]", ["c1", "c2"]),
        ("r if input.context.use_case in data.names", ["n1"]),
        ('r if startswith(input.context.use_case, "a")', ["a"]),
        ('r if {\n\tname := "a"\n\tinput.context.use_case == name\n}', ["a"]),
        ('r if {\n\tsome name in ["a", "b"]\n\tinput.context.use_case == name\n}', ["a", "b"]),
        (
            "r if {\n\tcase := data.cases[x]\n\tx := 1\n\tinput.context.use_case == case.owner\n}",
            ["o1", "o2"],
        ),
    ],
)
def test_a_value_counts_where_it_is_compared(text: str, expected: list[str]) -> None:
    """Literals, constant rules, data and locals bound to them are found on either side of a comparison."""
    assert words(text) == expected


def test_what_stands_nearby_does_not_count() -> None:
    """A text of the same rule that is compared with something else, or told to people, is not tried here."""
    text = (
        'r contains {"code": "told"} if {\n\tinput.context.use_case == "a"\n\tinput.action.name == "chat"\n}'
    )
    assert words(text) == ["a"]
    assert words(text, ("action", "name")) == ["chat"]


def test_a_part_that_is_read_whole_counts_as_read() -> None:
    """Where a policy hands a whole section on, every part of it may matter."""
    vocabulary = Vocabulary(
        [Module("p.rego", "package p\n\nr if f(input.context)\n\nf(x) if x.purpose\n")], {}
    )
    assert vocabulary.reads(("context", "purpose"))
    assert not vocabulary.reads(("subject", "department"))

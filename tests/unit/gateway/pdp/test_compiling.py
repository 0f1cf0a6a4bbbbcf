from tests.policy_texts import Told


def test_hundreds_of_rules_compile(told: Told) -> None:
    """More rules than one program has registers for are compiled in batches."""
    assert told("\n\n".join(f"x{number} := {number}" for number in range(300))) == []


def test_what_the_compiler_alone_refuses_has_its_place(told: Told) -> None:
    """A variable that is used before it is given is found by compiling, with file, line and rule."""
    found = told("x if {\n\ty := 1\n\ty := 2\n}")
    assert [(each.path, each.line) for each in found] == [("lib/x.rego", 4)]

import pytest

from gateway.bundled import policies
from gateway.pdp.probe import Limits, examine
from gateway.pdp.source import PolicyRefused, read_source
from tests.policy_texts import ALLOW, Write

SMALL = Limits(seconds=120, memory_mib=1536, inputs=20)
BRIEF = Limits(seconds=10, memory_mib=1536, inputs=20)
DIGITS = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
LOOPS = "; ".join(f"some {name} in {DIGITS}" for name in "abcdefghij")


def test_the_shipped_policy_is_tried_on_every_tested_input() -> None:
    """The shipped policy passes: every entry point evaluated, in its compiled form, on hundreds of inputs."""
    examined = examine(read_source(policies()))
    assert "data.custody.access.decision" in examined.entry_points
    assert examined.inputs > 250
    assert (examined.form, examined.differences) == ("compiled", ())


def test_a_test_that_never_ends_is_ended(folder: Write) -> None:
    """A loop that only the interpreter runs, which has no limit of its own, is killed in time."""
    endless = f"package tests.lib.x\n\ntest_endless if count({{1 | {LOOPS}}}) > 0\n"
    with pytest.raises(PolicyRefused, match=r"does not end within 10 s .while its tests run"):
        examine(read_source(folder({"lib/x_test.rego": endless})), BRIEF)


def test_a_decision_that_never_ends_is_refused(folder: Write) -> None:
    """A decision over the compiled form's limit is refused before the interpreter is asked."""
    text = ALLOW.replace('"allow": true', '"allow": count(many) > 0') + f"\nmany := [1 | {LOOPS}]\n"
    with pytest.raises(PolicyRefused, match="limit"):
        examine(read_source(folder({"main.rego": text})), SMALL)


def test_a_policy_that_explodes_is_refused(folder: Write) -> None:
    """A text doubled forty times takes the child's memory, not ours."""
    doubling = "".join(f'\ns{n} := concat("", [s{n - 1}, s{n - 1}])\n' for n in range(1, 41))
    text = ALLOW.replace('"allow": true', '"allow": count(s40) > 0') + '\ns0 := "xxxxxxxx"\n' + doubling
    with pytest.raises(PolicyRefused, match=r"MiB|limit|ends the process"):
        examine(read_source(folder({"main.rego": text})), SMALL)


def test_an_answer_that_is_no_decision_is_refused_with_its_input(folder: Write) -> None:
    """An entry point that answers outside of the contract is refused, and the input is told."""
    text = ALLOW.replace('{"*": "keep"}', '{"*": input.action.name}')
    asked = 'with input as {"action": {"name": "a"}}'
    tested = f"package tests.access\n\ntest_a if data.custody.access.decision {asked}\n"
    with pytest.raises(PolicyRefused, match=r"gives no decision: .*reply.*asked about .*action"):
        examine(read_source(folder({"main.rego": text, "main_test.rego": tested})), SMALL)


def test_every_other_entry_point_is_tried_too(folder: Write) -> None:
    """A rule annotated as an entry point is evaluated, and a failure of it refuses the folder."""
    text = "package custody.lib.x\n\n# METADATA\n# title: x\n# entrypoint: true\nx := 1\n"
    assert "data.custody.lib.x.x" in examine(read_source(folder({"lib/x.rego": text})), SMALL).entry_points
    failing = text.replace("x := 1", "x := count(input.context.purpose) + max([]) + to_number(`a`)")
    with pytest.raises(PolicyRefused, match=r"lib/x\.rego"):
        examine(read_source(folder({"lib/x.rego": failing})), SMALL)


def test_static_problems_come_back_with_their_place(folder: Write) -> None:
    """What the checks find in the child has file, line, column and fix here."""
    with pytest.raises(PolicyRefused) as caught:
        examine(read_source(folder({"lib/x.rego": "package custody.lib.x\n\nx := y\n"})), SMALL)
    assert [(each.path, each.line, each.column) for each in caught.value.problems] == [("lib/x.rego", 3, 6)]
    assert caught.value.problems[0].fix

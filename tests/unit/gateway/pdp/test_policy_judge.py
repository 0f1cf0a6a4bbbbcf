from dataclasses import replace

import pytest

from gateway.bundled import policies
from gateway.domain import AccessRequest
from gateway.errors import PolicyUnavailable
from gateway.pdp.embedded import Options, build
from gateway.pdp.judge import InputUnknown, Judge
from gateway.pdp.source import PolicyRefused, read_source
from tests.unit.gateway.pdp.conftest import Write

_UNDEFINED = "package custody.access\n\ndecision := input.subject.nothing\n"


@pytest.fixture(scope="module")
def judge() -> Judge:
    """A judge by the shipped policy."""
    return Judge.of(read_source(policies()))


async def test_a_judge_decides_as_the_engine_does(judge: Judge, letter: AccessRequest) -> None:
    """Facts of a request give the decision that the request got, but for its id."""
    engine = build(Options())
    asked = await engine.decide(letter)
    assert judge.decide(letter.to_input()) == replace(asked, id="")
    assert (judge.form, judge.revision) == (engine.form, engine.revision)


def test_facts_of_another_schema_are_not_judged(judge: Judge, letter: AccessRequest) -> None:
    """Facts that are no input are told as such, by place and never by value."""
    facts = letter.to_input()
    facts["resource"] = {"id": "support-tone-secret"}
    with pytest.raises(InputUnknown, match="/resource") as told:
        judge.decide(facts)
    assert "secret" not in str(told.value)


def test_a_policy_without_an_answer_is_an_error(folder: Write, letter: AccessRequest) -> None:
    """Undefined is no denial of the policy but a refusal for want of one."""
    judge = Judge.formed(read_source(folder({"main.rego": _UNDEFINED})), "compiled")
    with pytest.raises(PolicyUnavailable):
        judge.decide(letter.to_input())
    assert judge.forms_agree(letter.to_input())


def test_the_forms_are_compared_on_what_is_asked(judge: Judge, letter: AccessRequest) -> None:
    """The compiled form of the shipped policy answers the letter like the interpreter."""
    assert judge.form == "compiled"
    assert judge.forms_agree(letter.to_input())


def test_a_policy_that_is_refused_judges_nothing(folder: Write) -> None:
    """A folder that could not be put into force decides nothing here either."""
    with pytest.raises(PolicyRefused):
        Judge.of(read_source(folder({"main.rego": "package custody.other\n\nx := 1\n"})))

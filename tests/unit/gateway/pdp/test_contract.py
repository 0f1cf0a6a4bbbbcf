from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import AccessRequest, DataClass, Grant, Operator, Right, Rights
from gateway.errors import PolicyUnavailable
from gateway.pdp.contract import DecisionContract

CONTRACT = DecisionContract(lambda: "id-1")


def reason(effect: str) -> dict[str, Any]:
    """A reason with this effect and nothing optional."""
    return {"code": "c", "effect": effect, "department": "it", "package": "p", "rule": "r"}


def allow(**changes: Any) -> dict[str, Any]:
    """A sound allow, but for ``changes``."""
    sound = {
        "allow": True,
        "obligations": {"prompt": {"*": "replace", "PERSON": "mask"}, "reply": {"*": "keep"}},
        "reasons": [reason("allow")],
    }
    return sound | changes


def test_a_sound_answer_becomes_a_decision() -> None:
    """A sound answer comes out typed, with a fresh id and the revision it was given under."""
    decision = CONTRACT.decision(allow(), "rev")
    assert decision.allow is True
    assert decision.obligations.prompt == {"*": Operator.REPLACE, "PERSON": Operator.MASK}
    assert (decision.id, decision.policy_revision) == ("id-1", "rev")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        [],
        "<undefined>",
        True,
        allow(allow=1),
        allow(allow="true"),
        allow(allow=None),
        allow(extra=1),
        allow(reasons=[]),
        allow(reasons=[reason("deny")]),
        allow(allow=False),
        allow(reasons=[reason("allow") | {"note": "x"}]),
        allow(obligations={}),
        allow(obligations={"prompt": {"PERSON": "mask"}, "reply": {"*": "keep"}}),
        allow(obligations={"prompt": {"*": "replace"}, "reply": {}}),
        allow(obligations={"prompt": {"*": "shred"}, "reply": {"*": "keep"}}),
        allow(obligations={"prompt": {"*": "<undefined>"}, "reply": {"*": "keep"}}),
        allow(obligations={"prompt": {"*": "keep", "a person": "mask"}, "reply": {"*": "keep"}}),
        allow(obligations={"prompt": {"*": "keep"}, "reply": {"*": "keep"}, "watermark": True}),
        allow(obligations={"prompt": {"*": "keep"}, "reply": {"*": "keep"}, "restore": "no"}),
        allow(obligations={"prompt": {"*": "keep"}, "reply": {"*": "keep"}, "max_tokens": 0}),
    ],
)
def test_what_is_not_understood_is_no_decision(answer: Any) -> None:
    """Anything but a wholly understood answer is refused, never guessed at."""
    with pytest.raises(PolicyUnavailable):
        CONTRACT.decision(answer, "rev")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON, st.sampled_from(["allow", "obligations", "reasons"]))
def test_noise_in_any_part_never_allows(noise: Any, part: str) -> None:
    """Whatever stands in one part of an allow, it comes out as that allow or not at all."""
    try:
        decision = CONTRACT.decision(allow(**{part: noise}), "rev")
    except PolicyUnavailable:
        return
    assert part != "allow" or noise is True
    assert decision.allow is True


def test_a_request_passes_as_it_is(letter: AccessRequest) -> None:
    """What the gateway asks is what the input schema names."""
    assert CONTRACT.question(letter) == letter.to_input()


@pytest.mark.parametrize(
    "time", ["", "now", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+00:00", "1999-01-01T00:00:00Z"]
)
def test_a_time_that_engines_read_differently_is_refused(letter: AccessRequest, time: str) -> None:
    """Only instants that both engines read alike reach a policy."""
    with pytest.raises(PolicyUnavailable):
        CONTRACT.question(replace(letter, context=replace(letter.context, time=time)))


def test_a_broken_question_is_told_by_place_alone(letter: AccessRequest) -> None:
    """The refusal names the place that is wrong, not the value there."""
    odd = replace(letter, context=replace(letter.context, time="Jane Roe"))
    with pytest.raises(PolicyUnavailable) as caught:
        CONTRACT.question(odd)
    assert "/context/time" in caught.value.reason_admin
    assert "Jane" not in caught.value.reason_admin + caught.value.reason_user


@pytest.mark.parametrize("department", ["re\ud800tail", ""])
def test_what_no_engine_could_read_is_refused(letter: AccessRequest, department: str) -> None:
    """A lone surrogate or an empty department denies as unavailable and goes to no engine."""
    with pytest.raises(PolicyUnavailable):
        CONTRACT.question(replace(letter, subject=replace(letter.subject, department=department)))


def test_a_number_too_large_for_json_is_refused(letter: AccessRequest) -> None:
    """A number that engines would round denies as unavailable."""
    with pytest.raises(PolicyUnavailable):
        CONTRACT.question(replace(letter, context=replace(letter.context, max_tokens=10**30)))


def test_what_the_registry_believed_is_part_of_the_question(letter: AccessRequest) -> None:
    """Disputes, grants on both and the revision are in the input where there are any, and only there."""
    grant = Grant("retail", Right.INVOKE, DataClass.INTERNAL, "2027-01-01T00:00:00.000001Z", id="grant-7")
    rights = Rights((grant,), (grant,), revision=12)
    bound = replace(letter.resource, disputed_by=("product", "retail"), suspended_by="dispute-1")
    plain = CONTRACT.question(letter)
    asked = CONTRACT.question(replace(letter, resource=bound, context=replace(letter.context, rights=rights)))
    assert asked["resource"] == plain["resource"] | {
        "disputed_by": ["product", "retail"],
        "suspended_by": "dispute-1",
    }
    assert asked["context"] == plain["context"] | {
        "grants": [grant.to_input()],
        "base_model_grants": [grant.to_input()],
        "registry_revision": 12,
    }


def test_facts_of_before_there_was_a_registry_can_be_asked_again(letter: AccessRequest) -> None:
    """What older records hold is a sound question still: every later key may be missing."""
    facts = letter.to_input()
    context = facts["context"]
    assert isinstance(context, dict)
    del context["registry_revision"]
    assert CONTRACT._input.is_valid(facts)

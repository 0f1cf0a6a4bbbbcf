import pytest

from tests.policy_texts import Told

PLACE = ("departments/it/x.rego", "custody.departments.it")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ('obligations := {"prompts": {"*": "mask"}}', "obligations has no field prompts"),
        ('obligations := {"prompt": {"*": "shred"}}', "prompt['*']: \"shred\" is not one of"),
        ('obligations := {"prompt": {"us-ssn": "mask"}}', "prompt"),
        ('obligations := {"max_tokens": 0}', "max_tokens: 0 is less than the minimum"),
        ('obligations := {"retain_payload": "yes"} if input.context.stream', "retain_payload"),
        ("allow := true", "allow must be a set of reasons"),
        ("deny if input.context.stream", "deny must be a set of reasons"),
        ('deny contains {"code": "a", "rule": "a", "messge_user": "b"}', "reason has no field messge_user"),
        ('deny contains {"code": "a"}', "reason lacks rule"),
        ('deny contains {"code": "", "rule": "a"}', "code"),
    ],
)
def test_a_word_that_no_decision_may_hold_is_refused(told: Told, rules: str, said: str) -> None:
    """Obligations and reasons of a layer are held against the decision's schema, with their place."""
    found = [each for each in told(rules, *PLACE) if said in each.message]
    assert found
    assert all(each.line == 3 for each in found)


def test_sound_words_are_taken(told: Told) -> None:
    """Sets of reasons and obligations of the schema are in order, and other layers are not judged by it."""
    rules = (
        'obligations := {"prompt": {"*": "mask"}, "max_tokens": 10, "restore": false}\n\n'
        'allow contains {"code": "a", "rule": "a"} if input.context.stream\n\ndeny := set()'
    )
    assert told(rules, *PLACE) == []
    assert told("allow := true\n\nobligations := 5") == []

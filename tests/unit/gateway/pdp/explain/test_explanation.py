from dataclasses import replace

import pytest

from gateway.bundled import policies
from gateway.domain import AccessRequest, DataClass, JsonObject
from gateway.pdp.explain.explanation import Explanation, explain
from gateway.pdp.explain.told import explanation_json, explanation_lines
from gateway.pdp.explain.trials import Who
from gateway.pdp.judge import Judge
from gateway.pdp.source import read_source
from tests.unit.gateway.pdp.replay.decisions import recorded_by


@pytest.fixture(scope="module")
def judge() -> Judge:
    """A judge by the shipped policy."""
    return Judge.of(read_source(policies()))


@pytest.fixture
def confidential(letter: AccessRequest) -> JsonObject:
    """The letter, declared above what its asset takes."""
    return replace(letter, context=replace(letter.context, declared_class=DataClass.CONFIDENTIAL)).to_input()


def explained(judge: Judge, facts: JsonObject) -> Explanation:
    """The explanation of the decision that the judge gives."""
    return explain(recorded_by(judge, facts), judge)


def test_a_reason_stands_where_its_rule_is_written(judge: Judge, confidential: JsonObject) -> None:
    """The deciding rule comes first, with its file, first line and text as they stand in the folder."""
    first = explained(judge, confidential).reasons[0]
    assert first.reason.rule == "confidential_needs_grant"
    (place,) = first.places
    text = (policies() / place.path).read_text("utf-8")
    assert text.split("\n")[place.line - 1] == place.text.split("\n")[0] == "deny contains reasons.reason("
    assert '"confidential_needs_grant"' in place.text
    assert place.text in text


def test_default_denial_is_found_in_the_entry_point(judge: Judge, letter: AccessRequest) -> None:
    """Silence has no rule of its own; the entry point's stands in for it."""
    facts = letter.to_input()
    facts["resource"] = {**_part(facts, "resource"), "facets": {"accountable_owner": "nobody"}}
    reasons = {each.reason.code: each.places for each in explained(judge, facts).reasons}
    assert [place.path for place in reasons["no_rule_allows"]] == ["main.rego"]


def test_every_change_that_is_shown_turns_the_verdict(judge: Judge, confidential: JsonObject) -> None:
    """Nothing is advised that the policy itself does not answer otherwise."""
    explanation = explained(judge, confidential)
    assert explanation.flips.found
    for changes in explanation.flips.found:
        facts = confidential
        for change in changes:
            facts = change.applied(facts)
        assert judge.decide(facts).allow is not explanation.decision.allow


def test_the_owners_grant_and_a_lower_class_are_both_found(judge: Judge, confidential: JsonObject) -> None:
    """What the caller can do and what the owner can do come before what they would have to be."""
    flips = explained(judge, confidential).flips.found
    texts = [change.text for (change, *_) in flips]
    assert any('declared_class "internal"' in text for text in texts)
    assert any(
        text.startswith("a grant by product to retail for chat up to class confidential") for text in texts
    )
    ready = [all(change.who.ready for change in changes) for changes in flips]
    assert ready == sorted(ready, reverse=True)


def test_two_obstacles_take_two_changes(judge: Judge, confidential: JsonObject) -> None:
    """Where a secret and the class both refuse, only a pair is shown, and neither half alone would do."""
    facts = {**confidential, "context": {**_part(confidential, "context"), "secrets": {"jwt": 1}}}
    explanation = explained(judge, facts)
    pairs = [changes for changes in explanation.flips.found if all(change.who.ready for change in changes)]
    assert pairs
    assert {len(changes) for changes in pairs} == {2}
    assert all(any(change.who is Who.PROMPT for change in changes) for changes in pairs)
    assert not any(judge.decide(change.applied(facts)).allow for changes in pairs for change in changes)


def test_restricted_data_has_no_grant_that_helps(judge: Judge, confidential: JsonObject) -> None:
    """What security refuses whatever an owner says is not advised to be granted."""
    facts = {**confidential, "context": {**_part(confidential, "context"), "declared_class": "restricted"}}
    found = explained(judge, facts).flips.found
    assert not any(change.who is Who.OWNER for changes in found for change in changes)


def test_a_verdict_that_the_policy_does_not_give_is_not_confirmed(
    judge: Judge, letter: AccessRequest
) -> None:
    """An explanation says so when record and policy contradict each other."""
    recorded = replace(recorded_by(judge, letter.to_input()), effect="deny")
    explanation = explain(recorded, judge)
    assert not explanation.confirmed
    assert any("NOT CONFIRMED" in line for line in explanation_lines(explanation))


def test_people_and_machines_are_told_the_same(judge: Judge, confidential: JsonObject) -> None:
    """The text names file and line, the facts and a remedy; the JSON holds the same rule."""
    explanation = explained(judge, confidential)
    text = "\n".join(explanation_lines(explanation))
    place = explanation.reasons[0].places[0]
    assert f"{place.path}:{place.line}" in text
    assert "Ask product-ai@northwind.example" in text
    assert '"declared_class":"confidential"' in text
    assert explanation_json(explanation)["policy_revision"] == judge.revision


def _part(facts: JsonObject, name: str) -> JsonObject:
    part = facts[name]
    assert isinstance(part, dict)
    return part

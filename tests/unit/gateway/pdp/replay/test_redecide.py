from copy import deepcopy
from dataclasses import replace

from gateway.domain import AccessRequest, JsonObject
from gateway.pdp.judge import Judge
from gateway.pdp.replay.recorded import Undecided, read_recorded
from gateway.pdp.replay.redecide import Outcome, redecide
from tests.unit.gateway.pdp.replay.decisions import leaf_of, recorded_by, undecided_leaf


def test_a_leaf_gives_back_the_decision_that_it_records(judge: Judge, letter: AccessRequest) -> None:
    """What replay reads of a leaf is what was put on record."""
    recorded = recorded_by(judge, letter.to_input(), index=7)
    assert read_recorded(7, leaf_of(recorded)) == recorded


def test_a_call_without_a_decision_tells_its_code() -> None:
    """A call that ended at the door has nothing to replay, and says how it ended."""
    told = read_recorded(3, undecided_leaf("unauthenticated", 3))
    assert isinstance(told, Undecided)
    assert told.code == "unauthenticated"


def test_the_same_policy_changes_nothing(judge: Judge, letter: AccessRequest) -> None:
    """A decision made again by its own policy on its own facts comes out the same, rules included."""
    (again,) = redecide([recorded_by(judge, letter.to_input())], judge)
    assert again.outcome is Outcome.UNCHANGED
    assert again.same_rules


def test_a_verdict_that_the_policy_does_not_give_shows(judge: Judge, letter: AccessRequest) -> None:
    """A record that claims another verdict, or other rules, than the policy gives does not pass."""
    honest = recorded_by(judge, letter.to_input())
    flipped, renamed = redecide([replace(honest, effect="deny"), replace(honest, rules=("x.y",))], judge)
    assert flipped.outcome is Outcome.CHANGED
    assert renamed.outcome is Outcome.UNCHANGED
    assert not renamed.same_rules


def test_facts_can_be_swapped_for_what_would_have_been(judge: Judge, letter: AccessRequest) -> None:
    """With legal as the owner, product's consent is worth nothing; the record keeps its own facts."""
    recorded = recorded_by(judge, letter.to_input())
    before = deepcopy(recorded.facts)
    (again,) = redecide([recorded], judge, _owned_by_legal)
    assert recorded.allow
    assert again.outcome is Outcome.CHANGED
    assert again.rules[0].startswith("custody.departments.legal.")
    assert recorded.facts == before


def test_facts_of_another_version_cannot_be_replayed(judge: Judge, letter: AccessRequest) -> None:
    """What no policy of today can read is told apart from a change."""
    recorded = replace(recorded_by(judge, letter.to_input()), facts={"resource": {"id": "support-tone"}})
    (again,) = redecide([recorded], judge)
    assert again.outcome is Outcome.UNREPLAYABLE
    assert again.reason.startswith("input of another version")


def _owned_by_legal(facts: JsonObject) -> JsonObject:
    resource = facts["resource"]
    assert isinstance(resource, dict)
    return {**facts, "resource": {**resource, "facets": {"accountable_owner": "legal"}}}

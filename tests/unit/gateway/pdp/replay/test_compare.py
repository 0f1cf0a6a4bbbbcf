from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.bundled import policies
from gateway.domain import AccessRequest
from gateway.pdp.judge import Judge
from gateway.pdp.replay.compare import Comparison, Terms
from gateway.pdp.replay.recorded import Undecided
from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.replay.tally import Change
from gateway.pdp.source import PolicySource, read_source
from tests.unit.gateway.pdp.replay.decisions import recorded_by

Changed = Callable[[str, str, str], PolicySource]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """The shipped policy with one text in one file put another way."""

    def change(name: str, old: str, new: str) -> PolicySource:
        shipped = policies()
        for path in shipped.rglob("*"):
            if path.is_file():
                target = tmp_path / "candidate" / path.relative_to(shipped)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        target = tmp_path / "candidate" / name
        assert old in target.read_text("utf-8")
        target.write_text(target.read_text("utf-8").replace(old, new), "utf-8")
        return read_source(tmp_path / "candidate")

    return change


def test_a_policy_against_its_own_record_changes_nothing(judge: Judge, letter: AccessRequest) -> None:
    """A zero replay is a zero: no flip, no other rule, no error."""
    tally = Comparison(Terms(judge.source, "compiled", check_every=1)).tally(
        [recorded_by(judge, letter.to_input())]
    )
    assert tally.outcomes == {Outcome.UNCHANGED: 1}
    assert not tally.flips
    assert (tally.cross_checked, tally.disagreements) == (1, [])


def test_a_narrower_candidate_closes(judge: Judge, letter: AccessRequest, changed: Changed) -> None:
    """A use that the candidate no longer agrees to is a flip to deny, told by the rule that decides now."""
    candidate = changed("departments/product/support_tone.rego", '"complaint-triage": "retail",', "")
    recorded = recorded_by(judge, letter.to_input())
    (flip,) = Comparison(Terms(candidate, "compiled")).tally([recorded]).flips
    assert flip.change is Change.ALLOW_TO_DENY
    assert (flip.department, flip.asset) == ("retail", "support-tone")
    assert flip.after == "custody.departments.product.use_not_agreed"


def test_a_wider_candidate_opens(judge: Judge, letter: AccessRequest, changed: Changed) -> None:
    """A call that the candidate would let through is a flip to allow."""
    facts = replace(letter, context=replace(letter.context, use_case="support-drafting")).to_input()
    candidate = changed(
        "data.json",
        '"support-drafting": {"department": "product"}',
        '"support-drafting": {"department": "retail"}',
    )
    candidate = replace(
        candidate,
        modules=tuple(
            replace(
                module,
                text=module.text.replace('"support-drafting": "product"', '"support-drafting": "retail"'),
            )
            for module in candidate.modules
        ),
    )
    (flip,) = Comparison(Terms(candidate, "compiled")).tally([recorded_by(judge, facts)]).flips
    assert flip.change is Change.DENY_TO_ALLOW
    assert flip.before == "custody.security.foreign_use_case"


def test_weaker_obligations_show_against_a_baseline(
    judge: Judge, letter: AccessRequest, changed: Changed
) -> None:
    """A candidate that keeps what was replaced flips no verdict, and is told all the same."""
    candidate = changed("security/obligations.rego", '"PERSON": "replace"', '"PERSON": "keep"')
    recorded = recorded_by(judge, letter.to_input())
    alone = Comparison(Terms(candidate, "compiled")).tally([recorded])
    beside = Comparison(Terms(candidate, "compiled", judge.source, "compiled")).tally([recorded])
    assert not alone.flips
    assert [flip.change for flip in beside.flips] == [Change.OTHER_OBLIGATIONS]


def test_proof_covers_what_the_policy_itself_decided(judge: Judge, letter: AccessRequest) -> None:
    """A decision of another revision proves nothing about this one, and is counted as such."""
    own = recorded_by(judge, letter.to_input())
    tally = Comparison(Terms(judge.source, "compiled", only_own=True)).tally(
        [own, replace(own, revision="0" * 64)]
    )
    assert tally.outcomes == {Outcome.UNCHANGED: 1, Outcome.UNREPLAYABLE: 1}
    assert (Outcome.UNREPLAYABLE, "decided by another revision") in tally.reasons


def test_calls_without_a_decision_are_counted_with_their_reason(judge: Judge) -> None:
    """A refusal at the door is in the count of the log, and not among what was decided again."""
    tally = Comparison(Terms(judge.source, "compiled")).tally([Undecided(0, 1, "unauthenticated")])
    assert tally.calls == 1
    assert list(tally.reasons) == [(Outcome.UNREPLAYABLE, "recorded without a decision: unauthenticated")]


def test_parts_add_up_in_the_order_of_the_log(judge: Judge, letter: AccessRequest, changed: Changed) -> None:
    """Counts of two parts are those of the whole, and examples are the first ones."""
    candidate = changed("departments/product/support_tone.rego", '"complaint-triage": "retail",', "")
    calls = [recorded_by(judge, letter.to_input(), index=index) for index in range(5)]
    comparison = Comparison(Terms(candidate, "compiled"))
    whole, first, second = (comparison.tally(part) for part in (calls, calls[:2], calls[2:]))
    first.add(second)
    assert first == whole
    assert list(whole.examples.values()) == [[call.id for call in calls[:3]]]

from dataclasses import replace

import orjson
from typer.testing import CliRunner

from gateway.cli.policy import app
from gateway.domain import AccessRequest
from gateway.ids import Uuid7
from gateway.pdp.judge import Judge
from tests.unit.gateway.pdp.conftest import letter
from tests.unit.gateway.pdp.replay.conftest import LogOf, judge, log_of
from tests.unit.gateway.pdp.replay.decisions import NOON_US, leaf_of, recorded_by, undecided_leaf

__all__ = ["judge", "letter", "log_of"]


def test_a_decision_is_found_by_its_own_id(log_of: LogOf, judge: Judge, letter: AccessRequest) -> None:
    """The id in the answer's header leads to the rule, its file and line, and the facts."""
    made = Uuid7(lambda: NOON_US // 1000)()
    recorded = recorded_by(judge, letter.to_input())
    log = log_of([leaf_of(replace(recorded, id=made))])
    ran = CliRunner().invoke(app, ["explain", made, "--database", str(log)])
    assert ran.exit_code == 0
    assert "departments/product/support_tone.rego:" in ran.stdout
    assert '"use_case":"complaint-triage"' in ran.stdout


def test_a_decision_is_found_by_its_entry(log_of: LogOf, judge: Judge, letter: AccessRequest) -> None:
    """What `custody audit` shows of a call names its decision too."""
    recorded = recorded_by(judge, letter.to_input())
    log = log_of([leaf_of(recorded)])
    ran = CliRunner().invoke(app, ["explain", "0", "--database", str(log), "--json"])
    assert ran.exit_code == 0
    assert orjson.loads(ran.stdout)["decision"] == recorded.id


def test_a_call_that_no_policy_decided_is_told_so(log_of: LogOf) -> None:
    """There is nothing to explain about a call that ended at the door."""
    ran = CliRunner().invoke(
        app, ["explain", "0", "--database", str(log_of([undecided_leaf("unauthenticated")]))]
    )
    assert ran.exit_code == 1
    assert "without a decision" in ran.stderr


def test_a_policy_that_is_not_at_hand_leaves_the_record(
    log_of: LogOf, judge: Judge, letter: AccessRequest
) -> None:
    """Without the text of that revision the record is shown as it stands, and nothing is made up."""
    recorded = recorded_by(judge, letter.to_input())
    log = log_of([leaf_of(replace(recorded, revision="0" * 64))])
    ran = CliRunner().invoke(app, ["explain", "0", "--database", str(log)])
    assert ran.exit_code == 1
    assert "allow: retail asked to chat with support-tone" in ran.stdout
    assert "No policy of revision 000000000000 is at hand" in ran.stderr

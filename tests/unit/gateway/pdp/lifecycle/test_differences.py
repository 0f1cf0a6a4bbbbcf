from dataclasses import replace

import orjson
import pytest

from gateway.domain import AccessRequest, Decision, Obligations, Operator, Reason
from gateway.pdp.lifecycle.differences import Kind, Tally, difference


def decision(*, allow: bool, rule: str = "r", operator: Operator = Operator.REPLACE) -> Decision:
    """A decision by one rule."""
    reason = Reason("c", "allow" if allow else "deny", "it", "custody.departments.it", rule)
    return Decision(allow, Obligations({"*": operator}, {"*": Operator.KEEP}), (reason,), "id", "revision")


@pytest.mark.parametrize(
    ("active", "candidate", "how"),
    [
        (decision(allow=False), decision(allow=True), "deny_to_allow"),
        (decision(allow=True), decision(allow=False), "allow_to_deny"),
        (decision(allow=True), decision(allow=True, operator=Operator.MASK), "obligations"),
        (decision(allow=False), decision(allow=False, rule="other"), "reason"),
    ],
)
def test_what_differs_is_named(
    letter: AccessRequest, active: Decision, candidate: Decision, how: str
) -> None:
    """A difference is named by what changes for the caller, with department, asset and deciding rule."""
    found = difference(letter, active, candidate)
    assert found is not None
    assert found == Kind(how, "retail", letter.resource.id, f"custody.departments.it.{found.rule[23:]}")


def test_ids_and_revisions_are_no_difference(letter: AccessRequest) -> None:
    """Two decisions that say the same do not differ by who gave them."""
    one = decision(allow=True)
    assert difference(letter, one, replace(one, id="other", policy_revision="other")) is None


def test_a_tally_is_bounded_and_fits_a_record() -> None:
    """However odd the traffic, a tally stays small, counts everything, and tells the frequent ones first."""
    tally = Tally()
    for number in range(3000):
        tally.count(Kind("deny_to_allow", "retail", f"asset-{number}", "custody.departments.it.rule" * 4))
    for _ in range(5):
        tally.count(Kind("deny_to_allow", "retail", "asset-7", "custody.departments.it.rule" * 4))
    tally.count(None)
    facts = tally.facts()
    listed = facts["differences"]
    assert isinstance(listed, list)
    assert listed[0] == {
        "how": "deny_to_allow",
        "department": "retail",
        "asset": "asset-7",
        "rule": "custody.departments.it.rule" * 4,
        "count": 6,
    }
    assert facts["asked"] == 3006
    assert sum(each["count"] for each in listed) + int(str(facts["other_differences"])) + 1 == 3006
    assert len(orjson.dumps(facts)) < 60_000

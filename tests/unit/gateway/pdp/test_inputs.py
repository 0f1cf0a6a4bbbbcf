import pytest

from gateway.pdp.checks import check
from gateway.pdp.source import PolicyRefused, read_source
from tests.policy_texts import Told, Write


@pytest.mark.parametrize(
    ("rules", "field", "nearest"),
    [
        ("x if input.subject.departmnt == `it`", "departmnt", "department"),
        ("x if input.resorce.id == `a`", "resorce", "resource"),
        ('x if input["subject"].groop', "groop", "groups"),
        ("x if {\n\tsome given in input.context.grants\n\tgiven.expirs == `a`\n}", "expirs", "expires"),
        ("f(a) := a\n\nx := [y | y := f(input.context.tim)]", "tim", "time"),
    ],
)
def test_a_misspelt_field_is_refused_with_the_nearest(
    told: Told, rules: str, field: str, nearest: str
) -> None:
    """A reference to a field that no input has is refused, and the author told what was meant."""
    found = [each for each in told(rules) if f"no field {field}" in each.message]
    assert [each.fix for each in found] == [f"did you mean {nearest}?"]


def test_fields_that_an_input_may_have_are_taken(told: Told) -> None:
    """Required fields, free keys such as facets and counts, and members of arrays are known."""
    rules = (
        "x contains input.resource.facets.accountable_owner\n\n"
        "y if input.context.findings.US_SSN > 1\n\ny if input.subject.groups[0] == `a`\n\n"
        "y if input.context.findings[`PERSON`] == 1"
    )
    assert told(rules) == []


def test_governance_is_held_against_the_input_of_a_dispute(folder: Write) -> None:
    """A misspelt field of a claim is refused, and what a dispute asks with is taken."""
    rule = "shown contains claim.party if {\n\tsome claim in input.claims\n\tclaim.%s\n}\n"
    text = f"package custody.governance.own\n\n{rule}"
    check(read_source(folder({"governance/own.rego": text % "shown"})))
    with pytest.raises(PolicyRefused) as refused:
        check(read_source(folder({"governance/own.rego": text % "shwn"})))
    found = [(each.message, each.fix) for each in refused.value.problems]
    assert ("claim.shwn: the input has no field shwn", "did you mean shown?") in found


def test_an_access_field_is_none_of_a_dispute(folder: Write) -> None:
    """Governance that reads who calls is told which schema speaks of its input."""
    text = "package custody.governance.own\n\nx if input.subject.id == `a`\n"
    with pytest.raises(PolicyRefused) as refused:
        check(read_source(folder({"governance/own.rego": text})))
    assert [each.fix for each in refused.value.problems] == ["see adjudication.schema.json"]

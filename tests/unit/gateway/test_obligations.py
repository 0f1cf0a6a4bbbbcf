import pytest

from gateway.domain import Decision, JsonObject, Obligations, Reason
from gateway.errors import AccessDenied, ApprovalRequired
from gateway.obligations import cap_tokens, refuse_unmet


def decision(obligations: Obligations) -> Decision:
    """An allow with these obligations."""
    reason = Reason("ok", "allow", "it", "custody.departments.it", "allow")
    return Decision(allow=True, obligations=obligations, reasons=(reason,), id="d", policy_revision="r")


def test_plain_obligations_pass() -> None:
    """What redaction and the token cap meet is not refused."""
    refuse_unmet(decision(Obligations(max_tokens=10)), retains=False)


@pytest.mark.parametrize("obligations", [Obligations(retain_payload=True), Obligations(priority=1)])
def test_unmet_obligation_denies(obligations: Obligations) -> None:
    """A duty that the gateway cannot do is a no, with the rule that asked for it."""
    with pytest.raises(AccessDenied) as caught:
        refuse_unmet(decision(obligations), retains=False)
    assert caught.value.rule == "custody.departments.it.allow"


def test_retention_is_met_where_payloads_can_be_kept() -> None:
    """The duty to keep payloads is no reason to refuse where there is a place for them."""
    refuse_unmet(decision(Obligations(retain_payload=True)), retains=True)


def test_approval_is_asked_for() -> None:
    """An approval obligation stops the call and says whom to ask."""
    with pytest.raises(ApprovalRequired) as caught:
        refuse_unmet(decision(Obligations(approval="it@northwind.example")), retains=True)
    assert caught.value.owner_contact == "it@northwind.example"
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"max_tokens": 100}),
        ({"max_tokens": 500}, {"max_tokens": 100}),
        ({"max_tokens": 50}, {"max_tokens": 50}),
        ({"max_tokens": None}, {"max_tokens": 100}),
        ({"max_completion_tokens": 500}, {"max_completion_tokens": 100}),
    ],
)
def test_token_cap(body: JsonObject, expected: JsonObject) -> None:
    """The policy's token limit lowers the caller's and never raises it."""
    cap_tokens(body, Obligations(max_tokens=100))
    assert body == expected

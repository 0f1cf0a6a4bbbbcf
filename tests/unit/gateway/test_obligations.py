import pytest

from gateway.domain import Decision, JsonObject, Obligations, Reason
from gateway.errors import AccessDenied, ApprovalRequired
from gateway.obligations import cap_tokens, denied, refuse_unmet
from gateway.routes.wire import error_body


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


def test_a_refusal_names_everybody_who_refuses() -> None:
    """The first reason is told in full, each other beside it; what allows, or is for admins, is left out."""
    reasons = (
        Reason("ok", "allow", "audit", "custody.departments.audit", "fine"),
        Reason(
            "a", "deny", "it", "custody.departments.it", "full", "No room.", "secret", "Wait.", "it@x.example"
        ),
        Reason("b", "deny", "product", "custody.departments.product", "use", "Not for this.", "secret"),
    )
    refusal = denied(
        Decision(allow=False, obligations=Obligations(), reasons=reasons, id="d", policy_revision="r")
    )
    assert (refusal.department, refusal.rule) == ("it", "custody.departments.it.full")
    assert (refusal.reason_user, refusal.remedy, refusal.owner_contact) == (
        "No room.",
        "Wait.",
        "it@x.example",
    )
    assert refusal.also == (
        {
            "department": "product",
            "rule": "custody.departments.product.use",
            "message": "Not for this.",
            "remedy": "",
            "owner_contact": "",
        },
    )
    assert "secret" not in str(error_body(refusal, "r-1"))


def test_a_refusal_without_a_reason_says_no_more() -> None:
    """Where no reason denies, the refusal stands and names nobody."""
    shown = error_body(
        denied(Decision(allow=False, obligations=Obligations(), reasons=(), id="d", policy_revision="r")),
        "r-1",
    )
    assert set(shown["error"]) == {"message", "type", "param", "code", "request_id"}

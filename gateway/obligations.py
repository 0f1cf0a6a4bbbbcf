"""The obligations that are met outside redaction, and what a caller is told when the answer is no."""

from collections.abc import Mapping
from typing import cast

from gateway.domain import Decision, JsonObject, Obligations, Reason
from gateway.errors import AccessDenied, ApprovalRequired

MET_IN: Mapping[str, str] = {
    "prompt": "gateway.scanning:prompt_plan",
    "reply": "gateway.scanning:Scanner.replies",
    "restore": "gateway.scanning:Scanner.replies",
    "max_tokens": "gateway.obligations:cap_tokens",
    "approval": "gateway.obligations:refuse_unmet",
    "retain_payload": "gateway.pipeline:Pipeline._retain",
    "priority": "gateway.obligations:refuse_unmet",
}
"""The one place that meets each obligation; ``refuse_unmet`` refuses what cannot be met.

A test holds the table to the code and to the schema, so an obligation that nothing meets cannot be added.
"""


def refuse_unmet(decision: Decision, *, retains: bool) -> None:
    """Raises ``AccessDenied`` where a decision asks for what this gateway cannot do.

    ``retains`` says whether it can keep payloads.
    """
    obligations = decision.obligations
    if obligations.approval:
        raise ApprovalRequired(
            "The owner must approve this request before it is let through.",
            rule=_rule(decision),
            owner_contact=obligations.approval,
            remedy="Ask the owner to allow this use case by a rule or a grant.",
        )
    asked = {
        "retain_payload": obligations.retain_payload and not retains,
        "priority": obligations.priority != 0,
    }
    if unmet := [name for name, beyond in asked.items() if beyond]:
        raise AccessDenied(
            "The policy asks for something that this gateway cannot do, so the call was not let through.",
            rule=_rule(decision),
            remedy="Ask the security team to look at the policy's obligations.",
            reason_admin=f"unmet obligations: {', '.join(unmet)}",
        )


def denied(decision: Decision) -> AccessDenied:
    """The refusal of a call that the policy does not allow, for somebody who may know the asset.

    It names the deciding rule, and each further one that would still refuse once that is settled.
    """
    reason = decision.deciding
    if reason is None:
        return AccessDenied("The policy does not allow this call.", reason_admin="default deny")
    return AccessDenied(
        reason.message_user or "The policy of the asset's owner does not allow this call.",
        department=reason.department,
        rule=_named(reason),
        owner_contact=reason.owner_contact,
        remedy=reason.remedy,
        reason_admin=reason.message_admin,
        also=tuple(
            {
                "department": each.department,
                "rule": _named(each),
                "message": each.message_user,
                "remedy": each.remedy,
                "owner_contact": each.owner_contact,
            }
            for each in decision.reasons
            if each.effect == "deny" and each is not reason
        ),
    )


def as_json(obligations: Obligations) -> JsonObject:
    """Obligations by the names that the policy gives them."""
    return {
        "prompt": {entity: operator.value for entity, operator in obligations.prompt.items()},
        "reply": {entity: operator.value for entity, operator in obligations.reply.items()},
        "restore": obligations.restore,
        "max_tokens": obligations.max_tokens,
        "approval": obligations.approval,
        "retain_payload": obligations.retain_payload,
        "priority": obligations.priority,
    }


def cap_tokens(body: JsonObject, obligations: Obligations) -> None:
    """Lowers the caller's token limit to that of the policy, in place."""
    cap = obligations.max_tokens
    if cap is None:
        return
    name = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
    body[name] = min(cap, cast("int | None", body.get(name)) or cap)


def _rule(decision: Decision) -> str:
    reason = decision.deciding
    return _named(reason) if reason else ""


def _named(reason: Reason) -> str:
    return f"{reason.package}.{reason.rule}"

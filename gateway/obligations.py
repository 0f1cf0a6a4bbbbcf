"""The obligations that are met outside redaction, and the refusal of those that are not met yet."""

from typing import cast

from gateway.domain import Decision, JsonObject, Obligations
from gateway.errors import AccessDenied, ApprovalRequired


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
    beyond = ("priority",) if retains else ("retain_payload", "priority")
    unmet = [name for name in beyond if getattr(obligations, name)]
    if unmet:
        raise AccessDenied(
            "The policy asks for something that this gateway cannot do, so the call was not let through.",
            rule=_rule(decision),
            remedy="Ask the security team to look at the policy's obligations.",
            reason_admin=f"unmet obligations: {', '.join(unmet)}",
        )


def cap_tokens(body: JsonObject, obligations: Obligations) -> None:
    """Lowers the caller's token limit to that of the policy, in place."""
    cap = obligations.max_tokens
    if cap is None:
        return
    name = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
    body[name] = min(cap, cast("int | None", body.get(name)) or cap)


def _rule(decision: Decision) -> str:
    reason = decision.deciding
    return f"{reason.package}.{reason.rule}" if reason else ""

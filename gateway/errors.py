"""What can go wrong in the gateway, and what each reader is told.

    CustodyError
    ├── BadRequest                400  the body or a header cannot be accepted
    │   ├── InvalidBody                not JSON, a wrong type, nested too deep, a lone surrogate
    │   └── UnsupportedParameter       a field that is not known and so cannot be scanned
    ├── Unauthenticated           401  no key, or one that is not (or no longer) valid
    ├── AccessDenied              403  the policy of an owner, or of the company, said no
    │   ├── ApprovalRequired           an owner must approve this very request first
    │   └── ContentRefused             an obligation refuses what the prompt holds
    ├── ModelNotFound             404  unknown, or not for this caller to know
    ├── NotPermitted              403  not this party's to do
    ├── UnknownPath               404  no such door
    ├── NotFound                  404  nothing of this name in the registry
    ├── RequestInProgress         409  the first call with this idempotency key still runs
    ├── Conflict                  409  what is there now does not allow it; look again
    │   ├── MatterDisputed             a dispute keeps this facet where it is
    │   ├── AlreadyDecided             a ruling or settlement decided it, and no ground is new
    │   └── OutOfTurn                  the dispute does not stand where this step is taken
    ├── PreconditionFailed        412  the thing is not what If-Match says
    ├── BodyTooLarge              413
    ├── IdempotencyKeyReused      422  the key came with another body before
    ├── AlreadyAnswered           422  the call with this key was answered
    ├── Impossible                422  the operation contradicts itself or the registry
    ├── HeadersTooLarge           431
    ├── ClientGone                499  nobody is left to tell; for the log alone
    ├── UpstreamFailed            502  the model server failed or answered nonsense
    ├── Unavailable               503  a part that must work does not: nothing was forwarded
    │   ├── IdentityUnavailable
    │   ├── PolicyUnavailable
    │   ├── RedactionUnavailable
    │   ├── AuditUnavailable
    │   ├── RetentionUnavailable
    │   ├── GovernanceUnavailable
    │   └── BackendUnavailable
    ├── UpstreamTimeout           504
    └── InternalError             500  what nobody foresaw

Clients retry 408, 409, 429 and 5xx on their own, so a refusal that will stay one is never among them.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class CustodyError(Exception):
    """A failure that a caller may see.

    ``reason_user`` goes to the caller; ``reason_admin`` goes to the audit log alone. Neither may ever
    hold prompt text or a found value.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    type: ClassVar[str] = "server_error"
    retry: ClassVar[bool] = False

    def __init__(self, reason_user: str, *, reason_admin: str = "", param: str | None = None) -> None:
        super().__init__(reason_user)
        self.reason_user = reason_user
        self.reason_admin = reason_admin
        self.param = param
        self.department = ""
        self.owner_contact = ""
        self.rule = ""
        self.remedy = ""
        self.also: Sequence[Mapping[str, str]] = ()


class BadRequest(CustodyError):
    """The request cannot be accepted as it is."""

    status = 400
    code = "invalid_request"
    type = "invalid_request_error"


class InvalidBody(BadRequest):
    """The body is not what this route takes."""

    code = "invalid_body"


class UnsupportedParameter(BadRequest):
    """The body names a parameter that Custody cannot scan, so it is not forwarded."""

    code = "unsupported_parameter"


class Unauthenticated(CustodyError):
    """No key, or one that is not valid; the two answer alike."""

    status = 401
    code = "invalid_api_key"
    type = "authentication_error"


class AccessDenied(CustodyError):
    """A policy refused; department, rule, contact and remedy help those who may know.

    ``also`` are the other rules that refuse, for an asset of several owners.
    """

    status = 403
    code = "access_denied"
    type = "permission_error"

    def __init__(  # noqa: PLR0913 - each reader is told something else
        self,
        reason_user: str,
        *,
        department: str = "",
        rule: str = "",
        owner_contact: str = "",
        remedy: str = "",
        reason_admin: str = "",
        also: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(reason_user, reason_admin=reason_admin)
        self.department = department
        self.also = also
        self.rule = rule
        self.owner_contact = owner_contact
        self.remedy = remedy


class ApprovalRequired(AccessDenied):
    """The owner must approve this request; the same request then passes once."""

    code = "approval_required"


class ContentRefused(AccessDenied):
    """An obligation refuses a kind of content that was found in the prompt."""

    code = "content_refused"


class ModelNotFound(CustodyError):
    """No such model, or none that this caller may know of."""

    status = 404
    code = "model_not_found"
    type = "invalid_request_error"


class UnknownPath(CustodyError):
    """No such door."""

    status = 404
    code = "unknown_path"
    type = "invalid_request_error"


class NotPermitted(CustodyError):
    """The operation is not for whoever asked: the message says whose it is."""

    status = 403
    code = "not_permitted"
    type = "permission_error"


class NotFound(CustodyError):
    """The registry holds nothing of this name, or nothing that the subject may know of."""

    status = 404
    code = "not_found"
    type = "invalid_request_error"


class Conflict(CustodyError):
    """What is there now does not allow the operation; repeating it as it is will not help."""

    status = 409
    code = "conflict"
    type = "invalid_request_error"


class MatterDisputed(Conflict):
    """The facet stays where it is until a dispute about it ends, or joins that dispute."""

    code = "matter_disputed"


class AlreadyDecided(Conflict):
    """The matter was decided between these parties, and no ground arose since."""

    code = "already_decided"


class OutOfTurn(Conflict):
    """The step cannot be taken where the dispute stands."""

    code = "out_of_turn"


class PreconditionFailed(CustodyError):
    """The thing is not what the caller believed; read it again and decide anew."""

    status = 412
    code = "precondition_failed"
    type = "invalid_request_error"


class Impossible(CustodyError):
    """The operation contradicts itself or the registry: a cycle, an overlap, a reversed interval."""

    status = 422
    code = "impossible"
    type = "invalid_request_error"


class BodyTooLarge(CustodyError):
    """The body is over the configured limit."""

    status = 413
    code = "body_too_large"
    type = "invalid_request_error"


class HeadersTooLarge(CustodyError):
    """The headers are over the limit, or one that must stand alone stands twice."""

    status = 431
    code = "headers_too_large"
    type = "invalid_request_error"


class RequestInProgress(CustodyError):
    """The first call with this idempotency key has not ended."""

    status = 409
    code = "request_in_progress"
    type = "invalid_request_error"
    retry = True


class IdempotencyKeyReused(CustodyError):
    """The idempotency key came with another body before."""

    status = 422
    code = "idempotency_key_reused"
    type = "invalid_request_error"


class AlreadyAnswered(CustodyError):
    """The call with this idempotency key was answered; not 409, which clients would try again."""

    status = 422
    code = "already_answered"
    type = "invalid_request_error"


class ClientGone(CustodyError):
    """The client closed the connection before its answer was complete."""

    status = 499
    code = "client_gone"


class UpstreamFailed(CustodyError):
    """The model server failed, or answered something that is not an answer."""

    status = 502
    code = "upstream_failed"
    retry = True


class Unavailable(CustodyError):
    """A part that must work does not, so nothing was forwarded."""

    status = 503
    code = "unavailable"
    retry = True


class IdentityUnavailable(Unavailable):
    """Who asks cannot be established."""

    code = "identity_unavailable"


class PolicyUnavailable(Unavailable):
    """No policy decision can be had, or the one that came is not one."""

    code = "policy_unavailable"


class RedactionUnavailable(Unavailable):
    """A detector failed, so what the prompt holds is not known."""

    code = "redaction_unavailable"


class AuditUnavailable(Unavailable):
    """The record could not be made durable."""

    code = "audit_unavailable"


class RetentionUnavailable(Unavailable):
    """What the policy wants kept could not be kept."""

    code = "retention_unavailable"


class GovernanceUnavailable(Unavailable):
    """The registry of assets, rights and policies cannot be reached."""

    code = "governance_unavailable"


class BackendUnavailable(Unavailable):
    """The model server cannot be reached, or has no room."""

    code = "backend_unavailable"


class UpstreamTimeout(CustodyError):
    """The model server did not answer in time."""

    status = 504
    code = "upstream_timeout"
    retry = True


class InternalError(CustodyError):
    """Something failed that nobody foresaw; the request id leads the operator to it."""

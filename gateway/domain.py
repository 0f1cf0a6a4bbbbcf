"""The words of a governed call, after AuthZEN 1.0: subject, action, resource, context, decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]


class Action(StrEnum):
    """What a subject can ask to do with a resource."""

    CHAT = "chat"
    COMPLETE = "complete"
    EMBED = "embed"
    DISCOVER = "discover"
    TUNE = "tune"
    DEPLOY = "deploy"
    MANAGE = "manage"
    AUDIT = "audit"


class DataClass(StrEnum):
    """How sensitive data is, from free to closest held; the order is that of definition."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class Operator(StrEnum):
    """What an obligation does with a finding."""

    KEEP = "keep"
    REPLACE = "replace"
    MASK = "mask"
    HASH = "hash"
    GENERALIZE = "generalize"
    SURROGATE = "surrogate"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks. ``id`` is opaque and stable; it is never a natural identifier, so it may be recorded."""

    id: str
    kind: Literal["person", "service"]
    department: str
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    acr: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """The asset that is asked for, with the party that holds each facet of it.

    ``base_model_owner`` is the accountable owner of the base model that an adapter stands on; it must
    consent too. It is empty for anything but an adapter.
    """

    id: str
    type: str
    base_model: str
    adapter: str
    facets: Mapping[str, str]
    class_ceiling: DataClass
    self_hosted: bool = True
    region: str = ""
    weight_hash: str = ""
    base_model_owner: str = ""

    @property
    def owner(self) -> str:
        """The department accountable for the asset."""
        return self.facets["accountable_owner"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that an owner gave to a department on one asset, until ``expires`` (RFC 3339, UTC)."""

    department: str
    action: Action
    class_ceiling: DataClass
    expires: str
    use_case: str = ""


@dataclass(frozen=True, slots=True)
class CallContext:
    """The circumstances of a call. Findings are counts by type: values never come here."""

    use_case: str
    purpose: str
    declared_class: DataClass
    findings: Mapping[str, int]
    secrets: Mapping[str, int]
    corpora: Mapping[str, int]
    time: str
    stream: bool = False
    tools: bool = False
    max_tokens: int | None = None
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """The question put to the policy."""

    subject: Subject
    action: Action
    resource: Resource
    context: CallContext

    def to_input(self) -> JsonObject:
        """The policy input: only what ``gateway/pdp/input.schema.json`` names, only JSON types."""
        subject, resource, context = self.subject, self.resource, self.context
        return {
            "subject": {
                "id": subject.id,
                "kind": subject.kind,
                "department": subject.department,
                "groups": list(subject.groups),
                "roles": list(subject.roles),
                "acr": subject.acr,
            },
            "action": {"name": self.action.value},
            "resource": {
                "type": resource.type,
                "id": resource.id,
                "base_model": resource.base_model,
                "base_model_owner": resource.base_model_owner,
                "adapter": resource.adapter,
                "facets": dict(resource.facets),
                "class_ceiling": resource.class_ceiling.value,
                "self_hosted": resource.self_hosted,
                "region": resource.region,
            },
            "context": {
                "use_case": context.use_case,
                "purpose": context.purpose,
                "declared_class": context.declared_class.value,
                "findings": dict(context.findings),
                "secrets": dict(context.secrets),
                "corpora": dict(context.corpora),
                "time": context.time,
                "stream": context.stream,
                "tools": context.tools,
                "max_tokens": context.max_tokens,
                "grants": [
                    {
                        "department": grant.department,
                        "action": grant.action.value,
                        "class_ceiling": grant.class_ceiling.value,
                        "expires": grant.expires,
                        "use_case": grant.use_case,
                    }
                    for grant in context.grants
                ],
            },
        }


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision came out as it did, told to each reader in the words that reader may see."""

    code: str
    effect: Literal["allow", "deny"]
    department: str
    package: str
    rule: str
    message_user: str = ""
    message_admin: str = ""
    remedy: str = ""
    owner_contact: str = ""


@dataclass(frozen=True, slots=True)
class Obligations:
    """What must be done if the call goes ahead; operators by entity type, ``*`` for the rest."""

    prompt: Mapping[str, Operator] = field(default_factory=dict)
    reply: Mapping[str, Operator] = field(default_factory=dict)
    restore: bool = True
    max_tokens: int | None = None
    approval: str = ""
    retain_payload: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of the policy; ``id`` names it in the log, ``policy_revision`` the text that gave it."""

    allow: bool
    obligations: Obligations
    reasons: tuple[Reason, ...]
    id: str
    policy_revision: str

    @property
    def deciding(self) -> Reason | None:
        """The first reason on the winning side."""
        effect = "allow" if self.allow else "deny"
        return next((reason for reason in self.reasons if reason.effect == effect), None)


@dataclass(frozen=True, slots=True)
class RedactedPrompt:
    """A request body in which every found value stands as its obligation says; all a backend may take."""

    body: JsonObject


@dataclass(frozen=True, slots=True, repr=False)
class UnscannedReply:
    """A model's answer before it is scanned and restored; nothing but the pipeline may open it."""

    body: JsonObject


@dataclass(frozen=True, slots=True, repr=False)
class UnscannedChunks:
    """Streamed chunks of a model's answer that came together, before they are scanned and restored."""

    bodies: tuple[JsonObject, ...]

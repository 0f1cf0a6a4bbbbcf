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


class Right(StrEnum):
    """What an owner can grant: an action, or ``invoke`` for all that hand a prompt to a model."""

    INVOKE = "invoke"
    CHAT = "chat"
    COMPLETE = "complete"
    EMBED = "embed"
    DISCOVER = "discover"
    TUNE = "tune"
    DEPLOY = "deploy"
    MANAGE = "manage"
    AUDIT = "audit"

    def covers(self, other: "Right") -> bool:
        """Whether whoever has this right has the other."""
        return self is other or (self is Right.INVOKE and other in _INVOKING)


_INVOKING = frozenset({Right.CHAT, Right.COMPLETE, Right.EMBED})


class DataClass(StrEnum):
    """How sensitive data is, from free to closest held; the order is that of definition."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    def within(self, ceiling: "DataClass") -> bool:
        """Whether data of this class may go where the ceiling is."""
        return _CLASSES.index(self) <= _CLASSES.index(ceiling)


_CLASSES = tuple(DataClass)


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
    consent too. ``disputed_by`` are the parties of a dispute over the asset, whose denials count while it is
    open, and ``suspended_by`` the dispute for which nobody may use it.
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
    disputed_by: tuple[str, ...] = ()
    suspended_by: str = ""

    @property
    def owner(self) -> str:
        """The department accountable for the asset."""
        return self.facets["accountable_owner"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that an owner gave to a department on one asset, until ``expires`` (RFC 3339, UTC).

    ``id`` names it in the registry; empty for one from elsewhere, such as a test.
    """

    department: str
    action: Right
    class_ceiling: DataClass
    expires: str
    use_case: str = ""
    id: str = ""

    def to_input(self) -> JsonObject:
        """The grant as policies see it."""
        stated: JsonObject = {
            "department": self.department,
            "action": self.action.value,
            "class_ceiling": self.class_ceiling.value,
            "expires": self.expires,
            "use_case": self.use_case,
        }
        return {**stated, "id": self.id} if self.id else stated


@dataclass(frozen=True, slots=True)
class Rights:
    """What a department holds on an asset and on the base model below it, and the revision that says so."""

    grants: tuple[Grant, ...] = ()
    base_model_grants: tuple[Grant, ...] = ()
    revision: int = 0


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
    rights: Rights = field(default_factory=Rights)


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """The question put to the policy."""

    subject: Subject
    action: Action
    resource: Resource
    context: CallContext

    def to_input(self) -> JsonObject:
        """The policy input: only what ``gateway/pdp/input.schema.json`` names, only JSON types."""
        subject = self.subject
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
            "resource": _resource_input(self.resource),
            "context": _context_input(self.context),
        }


def _resource_input(resource: Resource) -> JsonObject:
    stated: JsonObject = {
        "type": resource.type,
        "id": resource.id,
        "base_model": resource.base_model,
        "base_model_owner": resource.base_model_owner,
        "adapter": resource.adapter,
        "facets": dict(resource.facets),
        "class_ceiling": resource.class_ceiling.value,
        "self_hosted": resource.self_hosted,
        "region": resource.region,
    }
    # What is rare is left out where there is none: the input is part of every record.
    if resource.disputed_by:
        stated["disputed_by"] = list(resource.disputed_by)
    if resource.suspended_by:
        stated["suspended_by"] = resource.suspended_by
    return stated


def _context_input(context: CallContext) -> JsonObject:
    rights = context.rights
    stated: JsonObject = {
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
        "grants": [grant.to_input() for grant in rights.grants],
        "registry_revision": rights.revision,
    }
    if rights.base_model_grants:
        stated["base_model_grants"] = [grant.to_input() for grant in rights.base_model_grants]
    return stated


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

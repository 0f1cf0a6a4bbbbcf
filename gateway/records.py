"""What the log is told of a call, step by step; nothing here ever holds content."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast

from audit.entry import (
    Actor,
    DecisionRef,
    EntryType,
    Facts,
    PayloadCommitment,
    Receipt,
    Record,
    RedactionRef,
    ResourceRef,
    Result,
)
from gateway.attempts import Attempt
from gateway.domain import AccessRequest, Action, Decision, Resource, Subject
from gateway.errors import CustodyError
from gateway.retention import Keeper


class Recorder(Protocol):
    """Where records become durable."""

    async def append(self, record: Record) -> Receipt:
        """Makes one record durable, or raises ``audit.errors.AuditError``."""


class Refusals(Protocol):
    """Where refusals become durable, or are counted once they come in a flood."""

    async def refuse(self, record: Record, peer: str) -> None:
        """Records or counts one refusal of a caller at ``peer``, or raises ``audit.errors.AuditError``."""


@dataclass(slots=True)
class Trail:
    """What is known of one call so far, for the record of however it ends.

    ``payloads`` are what the next record commits to: the prompt in the intent, the reply in the outcome.
    ``peer`` is the address of the other end, which no record holds. ``registry_revision`` is that of the
    beliefs about owners and rights that the call goes by.
    """

    request_id: str
    action: Action
    started_ns: int
    subject: Subject | None = None
    resource: Resource | None = None
    question: AccessRequest | None = None
    decision: Decision | None = None
    engine: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    masked: dict[str, int] = field(default_factory=dict)
    intent: str = ""
    keeper: Keeper | None = None
    payloads: tuple[PayloadCommitment, ...] = ()
    attempt: Attempt | None = None
    peer: str = ""
    registry_revision: int | None = None

    def intent_record(self) -> Record:
        """What is about to happen, to be durable before it does."""
        return self._record(EntryType.INTENT, None, self.attempt.detail() if self.attempt else {})

    def denied_record(self, error: CustodyError, now_ns: int) -> Record:
        """A call that ended before anything was forwarded, and why."""
        result = self._result(error.status, error.code, now_ns)
        return self._record(EntryType.DENIED, result, {**self._believed(), **_admin_detail(error)})

    def listed_record(self, now_ns: int) -> Record:
        """A look at which assets there are."""
        return self._record(EntryType.LISTED, self._result(200, "", now_ns), self._believed())

    def evaluated_record(self, status: int, now_ns: int) -> Record:
        """A decision that was asked for and that nothing followed."""
        return self._record(EntryType.EVALUATED, self._result(status, "", now_ns), self._believed())

    def outcome_record(self, result: Result, error: CustodyError | None = None) -> Record:
        """How a forwarded call ended; ``counts`` are what the model itself produced and was masked."""
        actor = _actor(self.subject) if self.subject else None
        return Record(
            type=EntryType.OUTCOME,
            request_id=self.request_id,
            actor=actor,
            action=self.action.value,
            resource=_resource(self.resource) if self.resource else None,
            redaction=RedactionRef(self.engine, dict(self.masked)),
            result=result,
            intent=self.intent,
            payloads=self.payloads,
            detail=_admin_detail(error),
        )

    def _record(self, kind: EntryType, result: Result | None, detail: dict[str, Facts]) -> Record:
        return Record(
            type=kind,
            request_id=self.request_id,
            actor=_actor(self.subject) if self.subject else None,
            action=self.action.value,
            resource=_resource(self.resource) if self.resource else None,
            decision=self._decision(),
            redaction=RedactionRef(self.engine, dict(self.counts)) if self.engine else None,
            result=result,
            payloads=self.payloads,
            detail=detail,
        )

    def _believed(self) -> dict[str, Facts]:
        # Where there is a decision, its facts say so.
        if self.registry_revision is None or self.decision is not None:
            return {}
        return {"registry_revision": self.registry_revision}

    def _decision(self) -> DecisionRef | None:
        if self.decision is None or self.question is None:
            return None
        effect: Literal["allow", "deny"] = "allow" if self.decision.allow else "deny"
        rules = tuple(f"{r.package}.{r.rule}" for r in self.decision.reasons if r.effect == effect)
        facts = cast("Mapping[str, Facts]", self.question.to_input())
        return DecisionRef(self.decision.id, effect, self.decision.policy_revision, rules, facts)

    def _result(self, status: int, code: str, now_ns: int) -> Result:
        return Result(status=status, code=code, duration_us=(now_ns - self.started_ns) // 1000)


def _actor(subject: Subject) -> Actor:
    return Actor(subject.id, subject.kind, subject.department)


def _resource(resource: Resource) -> ResourceRef:
    return ResourceRef(resource.id, resource.type, resource.owner, resource.weight_hash)


def _admin_detail(error: CustodyError | None) -> dict[str, Facts]:
    return {"reason": error.reason_admin} if error is not None and error.reason_admin else {}

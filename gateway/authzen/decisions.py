"""The policy decision point as AuthZEN 1.0 has it: the same decision function, on record like every call."""

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from audit.entry import Record
from gateway.authzen.request import (
    AskedSubject,
    Evaluation,
    Malformed,
    Semantic,
    read_evaluation,
    read_evaluations,
)
from gateway.domain import AccessRequest, Action, CallContext, Decision, JsonObject, Subject
from gateway.durable import durable
from gateway.errors import CustodyError
from gateway.identity.base import Identity
from gateway.obligations import as_json
from gateway.ownership.live.base import NO_ASSET, Resolved, Snapshot
from gateway.pipeline import Call, Parts
from gateway.records import Trail

_KINDS: Mapping[str, Literal["person", "service"]] = {
    "person": "person",
    "user": "person",
    "service": "service",
}
# As our own subjects are named: nothing in it tells who it is.
_OPAQUE = re.compile(r"sub_[0-9a-f]{24}", re.ASCII)
_ENDS: Mapping[Semantic, bool | None] = {
    "execute_all": None,
    "deny_on_first_deny": False,
    "permit_on_first_permit": True,
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """One verdict, and what the caller may know of it."""

    decision: bool
    context: JsonObject
    status: int = 200

    @property
    def body(self) -> JsonObject:
        return {"decision": self.decision, "context": self.context}


class DecisionPoint:
    """Answers whether somebody may do something, without anything being done.

    Callers ask about themselves. About another subject only those may ask whom the policy allows the action
    ``audit`` on the resource.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def evaluation(self, call: Call) -> JsonObject:
        """One decision; raises ``CustodyError``, on record by then."""
        trail = self._trail(call)
        try:
            identity = await self._authenticate(call, trail)
            question = read_evaluation(await call.read_body())
            answers = await self._answers([question], "execute_all", identity, trail)
        except CustodyError as refusal:
            await self._record_refused(trail, refusal)
            raise
        return answers[0].body

    async def evaluations(self, call: Call) -> JsonObject:
        """Several decisions in order, or one where no list was sent; raises ``CustodyError`` likewise."""
        trail = self._trail(call)
        try:
            identity = await self._authenticate(call, trail)
            batch = read_evaluations(await call.read_body())
            answers = await self._answers(batch.questions, batch.semantic, identity, trail)
        except CustodyError as refusal:
            await self._record_refused(trail, refusal)
            raise
        return answers[0].body if batch.single else {"evaluations": [answer.body for answer in answers]}

    async def refused_at_door(self, request_id: str, refusal: CustodyError, peer: str) -> None:
        """Records a request whose headers alone could not be accepted."""
        trail = Trail(request_id, Action.AUDIT, self._parts.monotonic_ns(), peer=peer)
        await self._record_refused(trail, refusal)

    # The steps, in their order.

    async def _authenticate(self, call: Call, trail: Trail) -> Identity:
        identity = await self._parts.authenticator.authenticate(call.headers)
        trail.subject = identity.subject
        return identity

    async def _answers(
        self,
        questions: Sequence[Evaluation | Malformed],
        semantic: Semantic,
        identity: Identity,
        trail: Trail,
    ) -> list[_Answer]:
        """Decides in order, as far as the semantic goes; nothing is answered that is not on record."""
        believed = self._parts.directory.snapshot()
        answers: list[_Answer] = []
        records: list[Record] = []
        for question in questions:
            own = replace(trail)
            answer = await self._answer(question, identity, believed, own)
            answers.append(answer)
            records.append(own.evaluated_record(answer.status, self._parts.monotonic_ns()))
            if answer.decision is _ENDS[semantic]:
                break
        await asyncio.gather(*(durable(self._parts.recorder.append(record)) for record in records))
        return answers

    async def _answer(
        self, question: Evaluation | Malformed, identity: Identity, believed: Snapshot, trail: Trail
    ) -> _Answer:
        if isinstance(question, Malformed):
            return _failed(400, question.message)
        resolved = believed.resolve(question.resource.id)
        if resolved.asset.resource.type != question.resource.type:
            resolved = Resolved(NO_ASSET, believed.revision)
        if question.subject.id == identity.subject.id:
            return await self._about_caller(question, identity, resolved, trail)
        return await self._about_another(question, identity, resolved, trail)

    async def _about_caller(
        self, question: Evaluation, identity: Identity, resolved: Resolved, trail: Trail
    ) -> _Answer:
        asked = self._request(question, identity.subject, identity, resolved)
        decision = await self._decide(asked, resolved, trail)
        # Asked of what does not exist too, which so takes the time of what is forbidden.
        known = (await self._parts.policy.decide(replace(asked, action=Action.DISCOVER))).allow
        return _told(decision) if known and resolved.asset is not NO_ASSET else _hidden(decision)

    async def _about_another(
        self, question: Evaluation, identity: Identity, resolved: Resolved, trail: Trail
    ) -> _Answer:
        """Who may audit the resource may ask about another subject, and is told the reasons."""
        other = _other(question.subject, self._parts.attempt_key)
        if isinstance(other, Malformed):
            return _failed(400, other.message)
        auditing = replace(self._request(question, identity.subject, identity, resolved), action=Action.AUDIT)
        if not (await self._decide(auditing, resolved, trail)).allow:
            return _failed(403, "Only who may audit the resource may ask about another subject.")
        return _told(await self._decide(self._request(question, other, identity, resolved), resolved, trail))

    async def _decide(self, asked: AccessRequest, resolved: Resolved, trail: Trail) -> Decision:
        decision = await self._parts.policy.decide(asked)
        trail.action, trail.question, trail.decision = asked.action, asked, decision
        trail.resource = None if resolved.asset is NO_ASSET else resolved.asset.resource
        return decision

    def _request(
        self, question: Evaluation, subject: Subject, identity: Identity, resolved: Resolved
    ) -> AccessRequest:
        context, defaults = question.context, identity.defaults
        now = self._parts.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return AccessRequest(
            subject,
            question.action,
            resolved.asset.resource,
            CallContext(
                use_case=_said(context.use_case, defaults.use_case),
                purpose=_said(context.purpose, defaults.purpose),
                declared_class=context.declared_class or defaults.declared_class,
                findings=context.findings,
                secrets=context.secrets,
                corpora=context.corpora,
                time=now,
                stream=context.stream,
                tools=context.tools,
                max_tokens=context.max_tokens,
                rights=resolved.rights(subject.department),
            ),
        )

    def _trail(self, call: Call) -> Trail:
        return Trail(call.request_id, Action.AUDIT, self._parts.monotonic_ns(), peer=call.peer)

    async def _record_refused(self, trail: Trail, refusal: CustodyError) -> None:
        record = trail.denied_record(refusal, self._parts.monotonic_ns())
        await durable(self._parts.refusals.refuse(record, trail.peer))


def _other(asked: AskedSubject, key: bytes) -> Subject | Malformed:
    """A subject as the caller describes it; nothing but its department must be known of it."""
    kind = _KINDS.get(asked.type)
    if kind is None:
        return Malformed(f"subject.type is one of {', '.join(_KINDS)}")
    given = asked.properties
    if not given.department:
        return Malformed("subject.properties.department must be given for another subject")
    # Somebody else's system may name people by their addresses, which no record may hold.
    digest = hmac.digest(key, b"subject\0" + asked.id.encode("utf-8", "replace"), "sha256").hex()
    name = asked.id if _OPAQUE.fullmatch(asked.id) else f"ext_{digest[:24]}"
    return Subject(name, kind, given.department, given.groups, given.roles, given.acr)


def _said(given: str | None, default: str) -> str:
    return default if given is None else given


def _failed(status: int, message: str) -> _Answer:
    """Section 7.2.1: what fails in one evaluation is a denial, with its error in the context."""
    return _Answer(False, {"error": {"status": status, "message": message}}, status)  # noqa: FBT003 - the verdict


def _hidden(decision: Decision) -> _Answer:
    """A verdict without reasons: the same for what is forbidden and for what does not exist."""
    return _Answer(decision.allow, _reference(decision))


def _told(decision: Decision) -> _Answer:
    effect = "allow" if decision.allow else "deny"
    context = _reference(decision)
    context["reasons"] = [
        {
            "code": reason.code,
            "department": reason.department,
            "rule": f"{reason.package}.{reason.rule}",
            "message": reason.message_user,
            "remedy": reason.remedy,
            "owner_contact": reason.owner_contact,
        }
        for reason in decision.reasons
        if reason.effect == effect
    ]
    if decision.allow:
        context["obligations"] = as_json(decision.obligations)
    return _Answer(decision.allow, context)


def _reference(decision: Decision) -> JsonObject:
    return {"decision_id": decision.id, "policy_revision": decision.policy_revision}

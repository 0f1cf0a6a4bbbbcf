"""The request, top to bottom. Only this file orders the security steps; their order is the guarantee."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from audit.entry import Receipt, Record
from audit.errors import AuditError
from gateway.abreast import abreast
from gateway.attempts import AttemptLog, read_attempt, require_first
from gateway.backends.base import Backend, ModelCall
from gateway.body import parse_object
from gateway.circumstances import Contents, call_context
from gateway.domain import AccessRequest, Action, Decision, JsonObject
from gateway.durable import durable, unrecorded
from gateway.errors import CustodyError, ModelNotFound, UnknownPath
from gateway.identity.base import Authenticator, Identity
from gateway.obligations import cap_tokens, denied, refuse_unmet
from gateway.ownership.live.base import NO_ASSET, Asset, AssetDirectory, Resolved, Snapshot
from gateway.pdp.base import PolicyEngine
from gateway.records import Recorder, Refusals, Trail
from gateway.retention import Keeper, Retainer, payload_owner
from gateway.scanning import RedactedCall, ScannedCall, Scanner
from gateway.streaming import Answer, AuditedStream, Ledger, ending, whole_answer


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in, before anything about it is believed."""

    request_id: str
    headers: Mapping[str, str]
    read_body: Callable[[], Awaitable[bytes]]
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline is made of; each part is chosen in ``app.py``."""

    authenticator: Authenticator
    directory: AssetDirectory
    policy: PolicyEngine
    scanner: Scanner
    recorder: Recorder
    retainer: Retainer | None
    backends: Mapping[str, Backend]
    isolation_key: bytes
    now: Callable[[], datetime]
    monotonic_ns: Callable[[], int]
    attempts: AttemptLog
    attempt_key: bytes
    refusals: Refusals


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A call that may go ahead: everything but the answer is settled and on record."""

    trail: Trail
    asset: Asset
    redacted: RedactedCall
    decision: Decision
    receipt: Receipt


class Pipeline:
    """Takes a call from the door to the model and back; each exit leaves a record."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._salts: dict[str, str] = {}  # by department, of which the settings name a few

    async def chat(self, call: Call) -> Answer | AuditedStream:
        """One chat completion, whole or streamed.

        Raises a ``CustodyError`` for every way in which it ends without an answer; the record of that end
        is durable by then, or the error is ``AuditUnavailable``.
        """
        trail = self._trail(call, Action.CHAT)
        try:
            admitted = await self._admit(call, trail)
        except CustodyError as refusal:
            await self._record_denied(trail, refusal)
            raise
        except BaseException as error:
            await self._record_denied(trail, ending(error))
            raise
        await self._require_first(admitted)
        return await self._forward(admitted)

    async def models(self, call: Call) -> JsonObject:
        """The assets that the caller may discover, in OpenAI's list shape."""
        trail = self._trail(call, Action.DISCOVER)
        try:
            identity = await self._authenticate(call, trail)
            visible = [
                each.asset
                for each in self._believed(trail).all()
                if await self._visible(call, identity, each)
            ]
        except CustodyError as refusal:
            await self._record_denied(trail, refusal)
            raise
        await self._append(trail.listed_record(self._parts.monotonic_ns()))
        return {"object": "list", "data": [_model_entry(asset) for asset in visible]}

    async def unknown(self, call: Call) -> UnknownPath:
        """The refusal of a path that is no door, once it is on record."""
        refusal = UnknownPath("There is nothing at this path. See /v1/models and /v1/chat/completions.")
        await self._record_denied(self._trail(call, Action.DISCOVER), refusal)
        return refusal

    async def refused_at_door(self, request_id: str, refusal: CustodyError, peer: str) -> None:
        """Records a request whose headers alone could not be accepted."""
        trail = Trail(request_id, Action.CHAT, self._parts.monotonic_ns(), peer=peer)
        await self._record_denied(trail, refusal)

    # The steps, in their order.

    async def _admit(self, call: Call, trail: Trail) -> _Admitted:
        identity = await self._authenticate(call, trail)
        raw = await call.read_body()
        trail.attempt = read_attempt(self._parts.attempt_key, call.headers, identity.subject.id, raw)
        body = parse_object(raw)
        resolved = self._resolve(body, trail)
        await abreast()
        scanned = await self._scan(body, identity, trail)
        await abreast()
        decision = await self._decide(call, identity, resolved, scanned.contents, trail)
        await abreast()
        redacted = await self._redact(scanned, decision)
        await self._retain(call, identity, decision, redacted, trail)
        receipt = await self._record_intent(trail)
        return _Admitted(trail, resolved.asset, redacted, decision, receipt)

    async def _authenticate(self, call: Call, trail: Trail) -> Identity:
        identity = await self._parts.authenticator.authenticate(call.headers)
        trail.subject = identity.subject
        return identity

    def _believed(self, trail: Trail) -> Snapshot:
        """What the whole call goes by, whatever changes meanwhile; its revision goes on record."""
        believed = self._parts.directory.snapshot()
        trail.registry_revision = believed.revision
        return believed

    def _resolve(self, body: JsonObject, trail: Trail) -> Resolved:
        resolved = self._believed(trail).resolve(body.get("model"))
        if resolved.asset is not NO_ASSET:
            trail.resource = resolved.asset.resource
        return resolved

    async def _scan(self, body: JsonObject, identity: Identity, trail: Trail) -> ScannedCall:
        scanner = self._parts.scanner
        scanned = await scanner.scan(body, identity.subject.department)
        trail.engine, trail.counts = scanner.engine, scanned.contents.counts
        return scanned

    async def _decide(
        self, call: Call, identity: Identity, resolved: Resolved, contents: Contents, trail: Trail
    ) -> Decision:
        question = self._question(call, identity, resolved, contents, Action.CHAT)
        decision = await self._parts.policy.decide(question)
        if resolved.asset is NO_ASSET:
            await self._refusal(question, decision)
            raise _not_found("unknown model")
        trail.question, trail.decision = question, decision
        if not decision.allow:
            raise await self._refusal(question, decision)
        refuse_unmet(decision, retains=self._parts.retainer is not None)
        return decision

    async def _redact(self, scanned: ScannedCall, decision: Decision) -> RedactedCall:
        redacted = await self._parts.scanner.redact_aside(scanned, decision.obligations)
        cap_tokens(redacted.prompt.body, decision.obligations)
        return redacted

    async def _retain(
        self, call: Call, identity: Identity, decision: Decision, redacted: RedactedCall, trail: Trail
    ) -> None:
        retainer = self._parts.retainer
        if retainer is None or not decision.obligations.retain_payload:
            return
        owner = payload_owner(call.headers, identity.subject)
        asset = trail.resource.id if trail.resource else ""
        trail.keeper = Keeper(retainer, owner, call.request_id, asset)
        trail.payloads = (await trail.keeper.prompt(redacted.prompt.body),)

    async def _record_intent(self, trail: Trail) -> Receipt:
        receipt = await self._append(trail.intent_record())
        trail.intent, trail.payloads = receipt.entry_id, ()
        return receipt

    async def _require_first(self, admitted: _Admitted) -> None:
        """Stops a call that was begun before; its intent is on record by now, so the log's order decides."""
        trail = admitted.trail
        if trail.attempt is None:
            return
        try:
            await require_first(self._parts.attempts, trail.attempt, admitted.receipt.index)
        except AuditError as error:
            unasked = unrecorded(type(error).__name__)
            await self._ledger(trail).close(unasked)
            raise unasked from error
        except BaseException as error:
            await self._ledger(trail).close(ending(error))
            raise

    async def _forward(self, admitted: _Admitted) -> Answer | AuditedStream:
        backend = self._parts.backends[admitted.asset.backend]
        model_call = self._model_call(admitted)
        replies = self._parts.scanner.replies(
            admitted.redacted,
            admitted.decision.obligations,
            admitted.asset.resource.id,
            admitted.trail.request_id,
        )
        ledger = self._ledger(admitted.trail)
        headers = _answer_headers(admitted)
        if admitted.redacted.stream:
            return await AuditedStream(backend.stream(model_call), replies, ledger, headers).start()
        return await whole_answer(backend.complete(model_call), replies, ledger, headers)

    # What the steps lean on.

    async def _refusal(self, question: AccessRequest, decision: Decision) -> CustodyError:
        """What the caller may know: the rule, its owner and the remedy, or not even that the asset exists."""
        if not (await self._parts.policy.decide(replace(question, action=Action.DISCOVER))).allow:
            return _not_found("forbidden, and not for the subject to discover")
        return denied(decision)

    async def _visible(self, call: Call, identity: Identity, resolved: Resolved) -> bool:
        question = self._question(call, identity, resolved, Contents(), Action.DISCOVER)
        return (await self._parts.policy.decide(question)).allow

    def _question(
        self, call: Call, identity: Identity, resolved: Resolved, contents: Contents, action: Action
    ) -> AccessRequest:
        rights = resolved.rights(identity.subject.department)
        context = call_context(call.headers, identity.defaults, contents, rights, self._parts.now())
        return AccessRequest(identity.subject, action, resolved.asset.resource, context)

    def _model_call(self, admitted: _Admitted) -> ModelCall:
        owner = admitted.trail.subject.department if admitted.trail.subject else ""
        salt = self._salts.get(owner)
        if salt is None:
            salt = self._salts[owner] = hmac.digest(self._parts.isolation_key, owner.encode(), "sha256").hex()
        return ModelCall(admitted.asset.model, admitted.redacted.prompt, admitted.trail.request_id, salt)

    def _ledger(self, trail: Trail) -> Ledger:
        return Ledger(trail, self._append, self._parts.monotonic_ns)

    def _trail(self, call: Call, action: Action) -> Trail:
        return Trail(call.request_id, action, self._parts.monotonic_ns(), peer=call.peer)

    async def _record_denied(self, trail: Trail, refusal: CustodyError) -> None:
        record = trail.denied_record(refusal, self._parts.monotonic_ns())
        await durable(self._parts.refusals.refuse(record, trail.peer))

    async def _append(self, record: Record) -> Receipt:
        return await durable(self._parts.recorder.append(record))


def _not_found(reason_admin: str) -> ModelNotFound:
    return ModelNotFound(
        "The model does not exist, or is not yours to use. GET /v1/models lists those that are.",
        reason_admin=reason_admin,
        param="model",
    )


def _model_entry(asset: Asset) -> JsonObject:
    return {"id": asset.resource.id, "object": "model", "created": 0, "owned_by": asset.resource.owner}


def _answer_headers(admitted: _Admitted) -> dict[str, str]:
    return {
        "x-custody-decision-id": admitted.decision.id,
        "x-custody-policy-revision": admitted.decision.policy_revision,
        "x-custody-receipt": admitted.receipt.token,
    }

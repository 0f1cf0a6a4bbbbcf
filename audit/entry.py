from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

Facts: TypeAlias = "str | int | bool | list[Facts] | dict[str, Facts] | None"


class EntryType(StrEnum):
    """What an entry is about; later kinds of record add members and never change these."""

    INTENT = "access.intent"
    OUTCOME = "access.outcome"
    DENIED = "access.denied"
    LISTED = "access.listed"
    EVALUATED = "access.evaluated"
    FLOOD = "access.flood"
    KEY_ERASE = "key.erase"
    KEY_DISCLOSE = "key.disclose"
    HOLD_PLACED = "hold.placed"
    HOLD_RELEASED = "hold.released"
    RETENTION_PRUNE = "retention.prune"
    AUDITOR_QUERY = "auditor.query"
    CONTROL_VOID = "control.void"
    OWNERSHIP_PARTY = "ownership.party"
    OWNERSHIP_REORGANISED = "ownership.reorganised"
    OWNERSHIP_ASSET = "ownership.asset"
    OWNERSHIP_RETIRED = "ownership.retired"
    OWNERSHIP_LINKED = "ownership.linked"
    OWNERSHIP_ASSERTED = "ownership.asserted"
    OWNERSHIP_CORRECTED = "ownership.corrected"
    OWNERSHIP_SEEDED = "ownership.seeded"
    OPERATION_PROPOSED = "operation.proposed"
    OPERATION_CONSENTED = "operation.consented"
    OPERATION_DECLINED = "operation.declined"
    OPERATION_WITHDRAWN = "operation.withdrawn"
    POLICY_BUILT = "policy.built"
    POLICY_ACTIVATED = "policy.activated"
    POLICY_ROLLED_BACK = "policy.rolled_back"
    POLICY_CANARY = "policy.canary"
    POLICY_CANARY_ENDED = "policy.canary_ended"
    POLICY_SHADOW = "policy.shadow"
    POLICY_SHADOW_ENDED = "policy.shadow_ended"
    POLICY_SHADOW_REPORTED = "policy.shadow_reported"
    POLICY_BREAK_GLASS = "policy.break_glass"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_CLAIMED = "dispute.claimed"
    DISPUTE_FILED = "dispute.filed"
    DISPUTE_ADMITTED = "dispute.admitted"
    DISPUTE_REJECTED = "dispute.rejected"
    DISPUTE_SERVED = "dispute.served"
    DISPUTE_ANSWERED = "dispute.answered"
    DISPUTE_JOINED = "dispute.joined"
    DISPUTE_EVIDENCE_OPENED = "dispute.evidence_opened"
    DISPUTE_EXHIBITED = "dispute.exhibited"
    DISPUTE_SEALED = "dispute.sealed"
    DISPUTE_MEDIATION_OPENED = "dispute.mediation_opened"
    DISPUTE_SETTLEMENT_PROPOSED = "dispute.settlement_proposed"
    DISPUTE_SETTLEMENT_ACCEPTED = "dispute.settlement_accepted"
    DISPUTE_SETTLED = "dispute.settled"
    DISPUTE_SEAT_OFFERED = "dispute.seat_offered"
    DISPUTE_APPOINTED = "dispute.appointed"
    DISPUTE_CHALLENGED = "dispute.challenged"
    DISPUTE_CHALLENGE_DECIDED = "dispute.challenge_decided"
    DISPUTE_RECUSED = "dispute.recused"
    DISPUTE_MEASURE_ORDERED = "dispute.measure_ordered"
    DISPUTE_MEASURE_LIFTED = "dispute.measure_lifted"
    DISPUTE_RECOMMENDED = "dispute.recommended"
    DISPUTE_DELIBERATION_OPENED = "dispute.deliberation_opened"
    DISPUTE_RULING_DRAFTED = "dispute.ruling_drafted"
    DISPUTE_VOTED = "dispute.voted"
    DISPUTE_RULED = "dispute.ruled"
    DISPUTE_APPEAL_OPENED = "dispute.appeal_opened"
    DISPUTE_APPEALED = "dispute.appealed"
    DISPUTE_BECAME_FINAL = "dispute.became_final"
    DISPUTE_EXECUTED = "dispute.executed"
    DISPUTE_REVIEWED = "dispute.reviewed"
    DISPUTE_WITHDRAWN = "dispute.withdrawn"
    DISPUTE_LAPSED = "dispute.lapsed"
    GRANT_GIVEN = "grant.given"
    GRANT_REVOKED = "grant.revoked"
    GRANT_CARRIED = "grant.carried"
    DELEGATION_GIVEN = "delegation.given"
    DELEGATION_REVOKED = "delegation.revoked"
    DELEGATION_CARRIED = "delegation.carried"
    TRANSFER_PROPOSED = "transfer.proposed"
    TRANSFER_ACCEPTED = "transfer.accepted"
    TRANSFER_DECLINED = "transfer.declined"
    TRANSFER_REVOKED = "transfer.revoked"
    TRANSFER_EXPIRED = "transfer.expired"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: an opaque per-subject id, never a natural identifier."""

    id: str
    kind: Literal["person", "service"]
    department: str


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """The asset that was asked for, and who was accountable for it at that moment."""

    id: str
    type: str
    owner: str
    weight_hash: str = ""


@dataclass(frozen=True, slots=True)
class DecisionRef:
    """The verdict, with what an auditor needs to compute it again: policy revision and decision facts."""

    id: str
    effect: Literal["allow", "deny"]
    policy_revision: str
    rules: tuple[str, ...]
    facts: Mapping[str, Facts]


@dataclass(frozen=True, slots=True)
class RedactionRef:
    """What was taken out, as counts by entity type, and the digest of the engine that looked."""

    engine: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """How a call ended. ``status`` is the HTTP status; ``code`` an error code or empty."""

    status: int
    code: str = ""
    finish: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    chunks: int = 0
    duration_us: int = 0


@dataclass(frozen=True, slots=True)
class PayloadCommitment:
    """What binds an entry to a payload kept elsewhere, so that erasing the payload leaves every proof valid.

    ``ciphertext_sha256`` names the stored bytes; ``plaintext_hmac`` (HMAC-SHA-256 under a per-record key,
    for a plain hash of a prompt can be guessed) commits to what they open to. Both in lower-case hex.
    ``kind`` says which payload (prompt, reply), ``key_id`` which data key, ``size`` the ciphertext's bytes.
    """

    kind: str
    key_id: str
    ciphertext_sha256: str
    plaintext_hmac: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that happened, as the gateway tells it; the recorder adds identity, order and time.

    ``intent`` is the entry id of the intent that an outcome belongs to. ``detail`` carries small facts of
    rarer record types. No field may hold content or a found value.
    """

    type: EntryType
    request_id: str
    actor: Actor | None = None
    action: str = ""
    resource: ResourceRef | None = None
    decision: DecisionRef | None = None
    redaction: RedactionRef | None = None
    result: Result | None = None
    intent: str = ""
    payloads: tuple[PayloadCommitment, ...] = ()
    detail: Mapping[str, Facts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that an entry is durable: its id, position, leaf hash, and the log's signature over them."""

    entry_id: str
    index: int
    leaf_hash: bytes
    token: str


@dataclass(frozen=True, slots=True)
class WriterPosition:
    """Where an entry stands in its writer's chain: which writer, its how many-th, after which leaf.

    ``previous`` is the leaf hash of the writer's last entry in lower-case hex, empty for its first.
    """

    id: str
    counter: int
    previous: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its identity, place and time: all that a leaf says.

    ``wall_us`` counts microseconds since 1970 UTC; ``monotonic_us`` orders entries of one writer whatever
    happens to the wall clock.
    """

    id: str
    writer: WriterPosition
    wall_us: int
    monotonic_us: int
    record: Record

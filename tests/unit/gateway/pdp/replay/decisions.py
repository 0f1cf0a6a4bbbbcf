"""Recorded decisions to replay in tests."""

from audit.entry import Actor, DecisionRef, Entry, EntryType, Record, ResourceRef, Result, WriterPosition
from audit.leaf import encode_entry
from gateway.domain import JsonObject
from gateway.pdp.judge import Judge
from gateway.pdp.replay.recorded import RecordedDecision
from gateway.pdp.replay.redecide import winning_rules

WRITER = WriterPosition("01980000-0000-7000-8000-000000000000", 0, "")
NOON_US = 1_782_900_000_000_000


def entry_id(number: int) -> str:
    """A well-formed id."""
    return f"01980000-0000-7000-8000-{number:012x}"


def recorded_by(judge: Judge, facts: JsonObject, index: int = 0, wall_us: int = NOON_US) -> RecordedDecision:
    """The record of what the judge decides on these facts."""
    decision = judge.decide(facts)
    return RecordedDecision(
        index=index,
        id=entry_id(index),
        request_id=entry_id(index),
        wall_us=wall_us,
        department=_of(facts, "subject", "department"),
        asset=_of(facts, "resource", "id"),
        effect="allow" if decision.allow else "deny",
        rules=winning_rules(decision),
        revision=judge.revision,
        facts=facts,
    )


def leaf_of(recorded: RecordedDecision) -> bytes:
    """The leaf of an intent or a refusal with this decision."""
    decision = DecisionRef(
        recorded.id,
        recorded.effect,
        recorded.revision,
        recorded.rules,
        recorded.facts,  # type: ignore[arg-type]  # JSON both
    )
    return _leaf(
        Record(
            type=EntryType.INTENT if recorded.allow else EntryType.DENIED,
            request_id=recorded.request_id,
            actor=Actor("sub-1", "service", recorded.department),
            action="chat",
            resource=ResourceRef(recorded.asset, "adapter", "product"),
            decision=decision,
            result=None if recorded.allow else Result(403, "access_denied"),
        ),
        recorded.index,
        recorded.wall_us,
    )


def undecided_leaf(code: str, index: int = 0, wall_us: int = NOON_US) -> bytes:
    """The leaf of a call that was refused before the policy was asked."""
    record = Record(type=EntryType.DENIED, request_id=entry_id(index), result=Result(401, code))
    return _leaf(record, index, wall_us)


def _leaf(record: Record, index: int, wall_us: int) -> bytes:
    return encode_entry(Entry(entry_id(index), WRITER, wall_us, 0, record))


def _of(facts: JsonObject, part: str, name: str) -> str:
    members = facts[part]
    assert isinstance(members, dict)
    return str(members[name])

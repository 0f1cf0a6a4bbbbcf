"""The canonical bytes of an entry: format version 1, RFC 8785, at most 65,535 bytes.

Every member is always present; what does not apply is null, an empty string, list or object. Keys are ASCII
and numbers small integers, so that ``orjson`` with sorted keys gives RFC 8785 bytes at a seventieth of the
cost of a general canonicaliser (a test holds the two equal). The format never changes: a new need gets a new
``v``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import orjson

from audit.entry import (
    Actor,
    DecisionRef,
    Entry,
    EntryType,
    PayloadCommitment,
    Record,
    RedactionRef,
    ResourceRef,
    Result,
    WriterPosition,
)
from audit.errors import EntryTooLarge, InvalidEntry

VERSION = 1
# A tlog-tiles entry bundle gives the length of an entry in two bytes.
MAX_LEAF = 65_535
_TEXT = frozenset({str})
_NUMBER = frozenset({int})
_SCALARS = frozenset({str, int, bool, type(None)})
# Beyond 2**53 - 1 a double, and so JSON elsewhere, cannot hold every integer (RFC 8785 section 3.2.2.3).
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_ENTRY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")

_Part = TypeVar("_Part", Actor, ResourceRef, DecisionRef, RedactionRef, Result, PayloadCommitment)
# Parsed JSON, before any of it is known.
_Unknown: TypeAlias = Any


def encode_entry(entry: Entry) -> bytes:
    """The leaf of an entry; raises InvalidEntry or EntryTooLarge."""
    members = _members(entry)
    _require_types(entry)
    _require_plain(members)
    _require_consistent(entry)
    try:
        leaf = orjson.dumps(members, option=_OPTIONS)
    except (TypeError, RecursionError):
        # orjson's error may quote what it could not write, so it goes no further.
        raise InvalidEntry(
            "the record holds text that is not Unicode, an integer beyond 2**53 - 1, a key that is not text,"
            " or nests too deep"
        ) from None
    if not leaf.isascii():
        # RFC 8785 sorts keys by UTF-16 units and orjson by bytes: the same for ASCII alone.
        _require_ascii_keys(members)
    if len(leaf) > MAX_LEAF:
        raise EntryTooLarge(f"the entry takes {len(leaf)} bytes, and {MAX_LEAF} is the most")
    return leaf


def decode_entry(leaf: bytes) -> Entry:
    """The entry that a leaf holds; raises InvalidEntry unless the leaf is that entry's one encoding."""
    try:
        entry = _entry(orjson.loads(leaf))
        again = encode_entry(entry)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidEntry("the leaf does not read as an entry of version 1") from error
    if again != leaf:
        raise InvalidEntry("the leaf is not canonical (RFC 8785), or holds members that are not known")
    return entry


def _members(entry: Entry) -> dict[str, object]:
    record, writer = entry.record, entry.writer
    return {
        "v": VERSION,
        "type": record.type.value,
        "id": entry.id,
        "request_id": record.request_id,
        "writer": {"id": writer.id, "n": writer.counter, "prev": writer.previous},
        "time": {"wall_us": entry.wall_us, "mono_us": entry.monotonic_us},
        "actor": _fields(record.actor),
        "action": record.action,
        "resource": _fields(record.resource),
        "decision": _decision(record.decision),
        "redaction": _redaction(record.redaction),
        "result": _fields(record.result),
        "intent": record.intent,
        "payloads": [_fields(payload) for payload in record.payloads],
        "detail": dict(record.detail),
    }


def _fields(part: Actor | ResourceRef | Result | PayloadCommitment | None) -> dict[str, object] | None:
    return None if part is None else {name: getattr(part, name) for name in part.__slots__}


def _decision(decision: DecisionRef | None) -> dict[str, object] | None:
    if decision is None:
        return None
    return {
        "id": decision.id,
        "effect": decision.effect,
        "policy_revision": decision.policy_revision,
        "rules": list(decision.rules),
        "facts": dict(decision.facts),
    }


def _redaction(redaction: RedactionRef | None) -> dict[str, object] | None:
    return None if redaction is None else {"engine": redaction.engine, "counts": dict(redaction.counts)}


def _require_plain(members: dict[str, _Unknown]) -> None:
    """Refuse floats, and whatever else JSON has no one spelling for, in the free parts; raises InvalidEntry.

    Runs for every entry, so it looks at a container's items in one go where they are all scalars.
    """
    rest: list[_Unknown] = [members["detail"]]
    if members["decision"] is not None:
        rest.append(members["decision"]["facts"])
    # Each container takes two bytes at least; the bound also ends a list that holds itself.
    for _ in range(MAX_LEAF // 2):
        if not rest:
            return
        value = rest.pop()
        kind = type(value)
        if kind is dict:
            items = value.values()
        elif kind is list or kind is tuple:
            items = value
        else:
            raise InvalidEntry(
                f"the record holds a {kind.__name__}: only text, integers, lists and objects are kept"
            )
        if not _SCALARS.issuperset(map(type, items)):
            rest += [item for item in items if type(item) not in _SCALARS]
    raise EntryTooLarge("the record holds more lists and objects than an entry has bytes")


def _require_ascii_keys(value: _Unknown) -> None:
    if isinstance(value, dict):
        if not all(map(str.isascii, value)):
            raise InvalidEntry("a key of the record is not ASCII text")
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for item in value:
        _require_ascii_keys(item)


def _require_consistent(entry: Entry) -> None:
    """Hold the rules between members; raises InvalidEntry."""
    record, writer = entry.record, entry.writer
    if not _ENTRY_ID.fullmatch(entry.id) or not _ENTRY_ID.fullmatch(writer.id):
        raise InvalidEntry("entry and writer ids are UUIDs of version 7 in lower case")
    if writer.counter < 0 or bool(writer.previous) != bool(writer.counter):
        raise InvalidEntry("only a writer's first entry, number 0, has none before it")
    if writer.previous and not _HASH.fullmatch(writer.previous):
        raise InvalidEntry("the previous leaf hash is 64 hexadecimal digits in lower case")
    if (record.type is EntryType.OUTCOME) != bool(record.intent):
        raise InvalidEntry("an outcome names its intent, and nothing else does")


def _require_types(entry: Entry) -> None:
    """Hold the members that are not free to their types; raises InvalidEntry."""
    record, writer = entry.record, entry.writer
    actor, resource, decision, result = record.actor, record.resource, record.decision, record.result
    texts: list[object] = [
        entry.id,
        writer.id,
        writer.previous,
        record.request_id,
        record.action,
        record.intent,
    ]
    numbers: list[object] = [entry.wall_us, entry.monotonic_us, writer.counter]
    if actor:
        texts += (actor.id, actor.kind, actor.department)
    if resource:
        texts += (resource.id, resource.type, resource.owner, resource.weight_hash)
    if decision:
        texts += (decision.id, decision.effect, decision.policy_revision, *decision.rules)
    if record.redaction:
        texts.append(record.redaction.engine)
        numbers += record.redaction.counts.values()
    if result:
        texts += (result.code, result.finish)
        numbers += (result.status, result.prompt_tokens, result.completion_tokens)
        numbers += (result.chunks, result.duration_us)
    for payload in record.payloads:
        texts += (payload.kind, payload.key_id, payload.ciphertext_sha256, payload.plaintext_hmac)
        numbers.append(payload.size)
    if not _TEXT.issuperset(map(type, texts)) or not _NUMBER.issuperset(map(type, numbers)):
        raise InvalidEntry("a member of the record has a wrong type")


def _entry(members: _Unknown) -> Entry:
    if members["v"] != VERSION:
        raise InvalidEntry("the leaf has a format version that this release does not know")
    writer, time = members["writer"], members["time"]
    return Entry(
        id=members["id"],
        writer=WriterPosition(writer["id"], writer["n"], writer["prev"]),
        wall_us=time["wall_us"],
        monotonic_us=time["mono_us"],
        record=_record(members),
    )


def _record(members: _Unknown) -> Record:
    return Record(
        type=EntryType(members["type"]),
        request_id=members["request_id"],
        actor=_part(Actor, members["actor"]),
        action=members["action"],
        resource=_part(ResourceRef, members["resource"]),
        decision=_part(_decision_of, members["decision"]),
        redaction=_part(RedactionRef, members["redaction"]),
        result=_part(Result, members["result"]),
        intent=members["intent"],
        payloads=tuple(PayloadCommitment(**payload) for payload in members["payloads"]),
        detail=members["detail"],
    )


def _decision_of(**members: _Unknown) -> DecisionRef:
    rules = tuple(members.pop("rules"))
    return DecisionRef(rules=rules, **members)


def _part(build: Callable[..., _Part], members: Mapping[str, _Unknown] | None) -> _Part | None:
    return None if members is None else build(**members)

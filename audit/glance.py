"""Reads of a leaf what verification needs, at a fraction of what it costs to build an entry of it."""

import re
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from audit.entry import EntryType
from audit.leaf import VERSION, decode_entry
from audit.schema import ATTEMPT, derive_columns

_Unknown: TypeAlias = Any

# The keys of each part in canonical order.
_MEMBERS = (
    "action", "actor", "decision", "detail", "id", "intent", "payloads", "redaction", "request_id",
    "resource", "result", "time", "type", "v", "writer",
)  # fmt: skip
_TIME = ("mono_us", "wall_us")
_WRITER = ("id", "n", "prev")
_ACTOR = ("department", "id", "kind")
_DECISION = ("effect", "facts", "id", "policy_revision", "rules", list)
_PAYLOAD = ("ciphertext_sha256", "key_id", "kind", "plaintext_hmac", "size")
_REDACTION = ("counts", "engine", dict)
_RESOURCE = ("id", "owner", "type", "weight_hash")
_RESULT = ("chunks", "code", "completion_tokens", "duration_us", "finish", "prompt_tokens", "status")

_PAYLOAD_TYPES = (str, str, str, str, int)
_TEXT = frozenset({str})
_NUMBER = frozenset({int})
_CONTAINERS = frozenset({dict, list})
_SCALARS = frozenset({str, int, bool, type(None)})
_KINDS = frozenset(kind.value for kind in EntryType)
_OUTCOME = EntryType.OUTCOME.value
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_is_id = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
# A log has few writers, and each wrote many entries.
_is_writer = lru_cache(4096)(_is_id)


# What a good leaf says: its query columns, its writer, number and the leaf before it, and the revision of the
# policy that decided, None if nothing was decided.
Glance: TypeAlias = tuple[tuple[Any, ...], str, int, str, str | None]


class _Unsure(Exception):
    """The quick way cannot say that the leaf is good."""


def glance(leaf: bytes) -> Glance:
    """What the leaf says; raises InvalidEntry where ``decode_entry`` does, but for the leaf before it.

    Of that it only knows that it is text: whoever follows the chain compares it with the hash it must be.
    The quick way accepts only what it is sure of, and the whole way decides on the rest.
    """
    try:
        return _quick(leaf)
    except (_Unsure, ValueError, TypeError, AttributeError, RecursionError):
        entry = decode_entry(leaf)
    writer, decision = entry.writer, entry.record.decision
    revision = decision.policy_revision if decision else None
    return derive_columns(entry), writer.id, writer.counter, writer.previous, revision


def _quick(leaf: bytes) -> Glance:
    members = orjson.loads(leaf)
    # Sorted ASCII keys, no spaces, one spelling of each text and integer: what comes out is what went in.
    if not leaf.isascii() or orjson.dumps(members, option=_OPTIONS) != leaf or tuple(members) != _MEMBERS:
        raise _Unsure
    (
        action, actor, decision, detail, entry_id, intent, payloads, redaction, request_id, resource, result,
        time, kind, version, writer,
    ) = members.values()  # fmt: skip
    mono, wall = time.values()
    writer_id, number, previous = writer.values()
    # All that must be text, and all that must be a number, is asked in one go.
    texts, numbers = [action, intent, request_id, previous], [mono, wall, number, version]
    actor_id = department = resource_id = owner = effect = code = ""
    revision = None
    if actor is not None:
        department, actor_id, actor_kind = actor.values()
        _same(tuple(actor), _ACTOR)
        texts += (department, actor_id, actor_kind)
    if resource is not None:
        resource_id, owner, resource_kind, weights = resource.values()
        _same(tuple(resource), _RESOURCE)
        texts += (resource_id, owner, resource_kind, weights)
    if decision is not None:
        effect, facts, decision_id, revision, rules = decision.values()
        _same((*decision, type(rules)), _DECISION)
        texts += (effect, decision_id, revision, *rules)
        _require_plain(facts)
    if redaction is not None:
        counts, engine = redaction.values()
        _same((*redaction, type(counts)), _REDACTION)
        texts.append(engine)
        numbers += counts.values()
    if result is not None:
        chunks, code, completion, duration, finish, prompt, status = result.values()
        _same(tuple(result), _RESULT)
        texts += (code, finish)
        numbers += (chunks, completion, duration, prompt, status)
    _require_rest(detail, payloads)
    _require_texts_and_numbers(texts, numbers)
    _same((tuple(time), tuple(writer), version), (_TIME, _WRITER, VERSION))
    _same((kind == _OUTCOME, number > 0), (intent != "", previous != ""))
    if kind not in _KINDS or not (_is_id(entry_id) and _is_writer(writer_id) and number >= 0):
        raise _Unsure
    attempt = detail.get(ATTEMPT, "")
    columns = (
        entry_id, kind, request_id, wall, actor_id, department, action, resource_id, owner, effect, code,
        intent, attempt if type(attempt) is str else "",
    )  # fmt: skip
    return columns, writer_id, number, previous, revision


def _same(found: object, expected: object) -> None:
    if found != expected:
        raise _Unsure


def _require_texts_and_numbers(texts: list[_Unknown], numbers: list[_Unknown]) -> None:
    if not _TEXT.issuperset(map(type, texts)) or not _NUMBER.issuperset(map(type, numbers)):
        raise _Unsure


def _require_rest(detail: _Unknown, payloads: _Unknown) -> None:
    if detail or type(detail) is not dict:
        _require_plain(detail)
    if type(payloads) is not list:
        raise _Unsure
    for part in payloads:
        if tuple(part) != _PAYLOAD or tuple(map(type, part.values())) != _PAYLOAD_TYPES:
            raise _Unsure


def _require_plain(whole: _Unknown) -> None:
    """Be sure that an object of parsed JSON holds no float, which has more than one spelling."""
    if type(whole) is not dict:
        raise _Unsure
    rest = [whole]
    for part in rest:
        for item in part.values() if type(part) is dict else part:
            kind = type(item)
            if kind not in _SCALARS:
                if kind not in _CONTAINERS:
                    raise _Unsure
                rest.append(item)

"""Entries as events of the Open Cybersecurity Schema Framework 1.8.0, class API Activity (6003)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from audit.entry import Actor, DecisionRef, EntryType, Record, Result
from audit.query import Located

VERSION = "1.8.0"
_CLASS, _CATEGORY = 6003, 6
_READ, _UPDATE, _DELETE, _CREATE, _OTHER = 2, 3, 4, 1, 99
_UNKNOWN, _SUCCESS, _FAILURE = 0, 1, 2
_INFORMATIONAL, _LOW = 1, 2
_USER, _SERVICE = 1, 4
_BAD_REQUEST = 400

_ACTIVITIES = {
    EntryType.LISTED: (_READ, "Read"),
    EntryType.EVALUATED: (_READ, "Read"),
    EntryType.AUDITOR_QUERY: (_READ, "Read"),
    EntryType.KEY_DISCLOSE: (_READ, "Read"),
    EntryType.HOLD_PLACED: (_CREATE, "Create"),
    EntryType.HOLD_RELEASED: (_UPDATE, "Update"),
    EntryType.KEY_ERASE: (_DELETE, "Delete"),
    EntryType.RETENTION_PRUNE: (_DELETE, "Delete"),
    EntryType.GRANT_GIVEN: (_CREATE, "Create"),
    EntryType.GRANT_REVOKED: (_UPDATE, "Update"),
    EntryType.DELEGATION_GIVEN: (_CREATE, "Create"),
    EntryType.DELEGATION_REVOKED: (_UPDATE, "Update"),
    EntryType.TRANSFER_PROPOSED: (_CREATE, "Create"),
    EntryType.TRANSFER_ACCEPTED: (_UPDATE, "Update"),
}
_STATUS = {_UNKNOWN: "Unknown", _SUCCESS: "Success", _FAILURE: "Failure"}
# JSON on its way out.
_Event: TypeAlias = dict[str, Any]


def event(located: Located) -> _Event:
    """One event; what the class has no place for stands in ``unmapped``, what is not there is left out.

    The log keeps no network addresses, so ``src_endpoint``, which the class requires, says so.
    """
    entry, record = located.entry, located.entry.record
    activity, caption = _ACTIVITIES.get(record.type, (_OTHER, record.action or record.type.value))
    status = _status(record)
    denied = record.type in (EntryType.DENIED, EntryType.FLOOD)
    made: _Event = {
        "activity_id": activity,
        "activity_name": caption,
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "type_uid": _CLASS * 100 + activity,
        "type_name": f"API Activity: {caption}",
        "severity_id": _LOW if denied else _INFORMATIONAL,
        "severity": "Low" if denied else "Informational",
        "status_id": status,
        "status": _STATUS[status],
        "time": entry.wall_us // 1000,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Custody"},
            "uid": entry.id,
            "event_code": record.type.value,
            "sequence": located.index,
            "correlation_uid": record.intent or entry.id,
        },
        "actor": _actor(record.actor, record.decision),
        "src_endpoint": {"name": "not recorded"},
        "api": _api(record),
        "unmapped": _unmapped(located),
    }
    if record.resource is not None:
        owner = {"name": record.resource.owner}
        made["resources"] = [{"uid": record.resource.id, "type": record.resource.type, "owner": owner}]
    if record.result is not None:
        made["duration"] = record.result.duration_us // 1000
        if record.result.code:
            made["status_code"] = record.result.code
    return made


def write_ocsf(chosen: Iterable[Located], target: Path) -> int:
    """One event a line."""
    count = 0
    with target.open("wb") as out:
        for located in chosen:
            out.write(orjson.dumps(event(located), option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _status(record: Record) -> int:
    if record.type in (EntryType.DENIED, EntryType.FLOOD):
        return _FAILURE
    if record.result is None:
        return _UNKNOWN if record.type is EntryType.INTENT else _SUCCESS
    return _FAILURE if record.result.code or record.result.status >= _BAD_REQUEST else _SUCCESS


def _actor(actor: Actor | None, decision: DecisionRef | None) -> _Event:
    if actor is None:
        return {"user": {"name": "not authenticated", "type_id": _UNKNOWN}}
    made: _Event = {
        "user": {
            "uid": actor.id,
            "type_id": _SERVICE if actor.kind == "service" else _USER,
            "org": {"ou_name": actor.department, "name": actor.department},
        }
    }
    if decision is not None:
        revision = decision.policy_revision
        made["authorizations"] = [
            {"decision": decision.effect, "policy": {"name": rule, "version": revision}}
            for rule in decision.rules or ("default",)
        ]
    return made


def _api(record: Record) -> _Event:
    made: _Event = {
        "operation": record.action or record.type.value,
        "service": {"name": "Custody"},
        "request": {"uid": record.request_id},
    }
    if record.result is not None:
        made["response"] = _response(record.result)
    return made


def _response(result: Result) -> _Event:
    return {"code": result.status, "error": result.code} if result.code else {"code": result.status}


def _unmapped(located: Located) -> _Event:
    record = located.entry.record
    made: _Event = {"leaf_hash": located.leaf_hash.hex()}
    if record.redaction is not None:
        made["entities"] = dict(record.redaction.counts)
    if record.result is not None:
        made["prompt_tokens"] = record.result.prompt_tokens
        made["completion_tokens"] = record.result.completion_tokens
        made["finish"] = record.result.finish
    return made

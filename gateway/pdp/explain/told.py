"""An explanation as plain JSON and as text."""

from collections.abc import Iterator, Sequence

import orjson

from gateway.domain import JsonObject
from gateway.obligations import as_json
from gateway.pdp.explain.explanation import Explained, Explanation
from gateway.pdp.explain.trials import FactChange, Who
from gateway.pdp.explain.vocabulary import Path
from gateway.pdp.replay.recorded import RecordedDecision
from gateway.pdp.replay.summary import moment

_SHOWN = 3


def explanation_json(explanation: Explanation) -> JsonObject:
    """Everything, for machines."""
    flips = explanation.flips
    return {
        **recorded_json(explanation.recorded),
        "confirmed": explanation.confirmed,
        "reasons": [_reason_json(each) for each in explanation.reasons],
        "obligations": as_json(explanation.decision.obligations),
        "changes": [[_change_json(change) for change in changes] for changes in flips.found],
        "trials": flips.trials,
        "complete": flips.complete,
    }


def recorded_json(recorded: RecordedDecision) -> JsonObject:
    """What the record itself says."""
    return {
        "decision": recorded.id,
        "index": recorded.index,
        "request_id": recorded.request_id,
        "time": moment(recorded.wall_us),
        "department": recorded.department,
        "asset": recorded.asset,
        "effect": recorded.effect,
        "rules": list(recorded.rules),
        "policy_revision": recorded.revision,
        "facts": recorded.facts,
    }


def recorded_lines(recorded: RecordedDecision) -> Iterator[str]:
    """The record, for people."""
    action = recorded.facts.get("action")
    name = action.get("name", "") if isinstance(action, dict) else ""
    asked = f"{recorded.department} asked to {name} with {recorded.asset}"
    yield f"{recorded.effect}: {asked}, {moment(recorded.wall_us)}"
    yield f"decision {recorded.id}, entry {recorded.index}, policy {recorded.revision[:12]}"


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """The explanation, for people, from what decided to what would have to change."""
    yield from recorded_lines(explanation.recorded)
    if not explanation.confirmed:
        yield "NOT CONFIRMED: the policy of this revision does not give the verdict and rules on record."
    for number, each in enumerate(explanation.reasons):
        yield ""
        yield from _reason_lines(each, deciding=number == 0)
    yield ""
    yield from _flip_lines(explanation)
    if explanation.decision.allow:
        yield ""
        yield f"Obligations: {_json(as_json(explanation.decision.obligations))}"
    yield ""
    yield "Facts:"
    yield from (f"  {section} {_json(part)}" for section, part in explanation.recorded.facts.items())


def _reason_lines(each: Explained, *, deciding: bool) -> Iterator[str]:
    reason = each.reason
    rule = f"{reason.package}.{reason.rule} ({reason.effect}, {reason.department})"
    yield f"{'Decided by' if deciding else 'Also'} {rule}"
    said = (
        ("to the caller", reason.message_user),
        ("to auditors", reason.message_admin),
        ("remedy", reason.remedy),
        ("contact", reason.owner_contact),
    )
    yield from (f"  {name}: {text}" for name, text in said if text)
    for place in each.places:
        yield f"  {place.path}:{place.line}"
        lines = place.text.split("\n")
        yield from (f"    {place.line + at:>4} | {line}" for at, line in enumerate(lines))


def _flip_lines(explanation: Explanation) -> Iterator[str]:
    flips, other = explanation.flips, "refused" if explanation.decision.allow else "allowed"
    if not flips.found:
        yield f"No change of one or two facts that was tried gets it {other} ({flips.trials:,} trials)."
        return
    yield f"It would have been {other} with ({flips.trials:,} trials, each by the policy itself):"
    groups = grouped(flips.found)
    for who, texts in groups[:_SHOWN]:
        shown = texts[:_SHOWN]
        more = f" (or {len(texts) - len(shown)} other values)" if len(texts) > len(shown) else ""
        yield f"  {who}: {'; or '.join(shown)}{more}"
    if len(groups) > _SHOWN:
        yield f"  and in {len(groups) - _SHOWN} more ways; --json has all."
    if not flips.complete:
        yield "  There may be more: not every pair was tried."


def grouped(found: Sequence[tuple[FactChange, ...]]) -> list[tuple[str, list[str]]]:
    """Changes of the same facts by the same hands together, in the order they were found in."""
    groups: dict[tuple[tuple[Who, Path], ...], list[str]] = {}
    for changes in found:
        key = tuple((change.who, change.path) for change in changes)
        groups.setdefault(key, []).append(" and ".join(change.text for change in changes))
    return [
        (" and ".join(dict.fromkeys(who.value for who, _ in key)), texts) for key, texts in groups.items()
    ]


def _reason_json(each: Explained) -> JsonObject:
    reason = each.reason
    return {
        "code": reason.code,
        "effect": reason.effect,
        "department": reason.department,
        "package": reason.package,
        "rule": reason.rule,
        "message_user": reason.message_user,
        "message_admin": reason.message_admin,
        "remedy": reason.remedy,
        "owner_contact": reason.owner_contact,
        "places": [{"path": at.path, "line": at.line, "text": at.text} for at in each.places],
    }


def _change_json(change: FactChange) -> JsonObject:
    return {
        "path": ".".join(change.path),
        "before": change.before,
        "after": change.after,
        "who": change.who.value,
        "text": change.text,
    }


def _json(value: object) -> str:
    return orjson.dumps(value).decode()

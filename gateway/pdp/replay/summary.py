"""What a replay found, as plain JSON: the one description that tables, pages and machines are given."""

from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.domain import JsonObject
from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.replay.spread import Replay
from gateway.pdp.replay.tally import Change


@dataclass(frozen=True, slots=True)
class Scope:
    """What a replay was asked for, in words for its report; empty texts mean no bound."""

    candidate: str
    baseline: str = ""
    since: str = ""
    until: str = ""


def summary(replay: Replay, scope: Scope) -> JsonObject:
    """Counts and flips, deny-to-allow first."""
    tally, terms = replay.tally, replay.terms
    return {
        "candidate": {"name": scope.candidate, "revision": terms.candidate.revision, "form": terms.form},
        "baseline": {
            "name": scope.baseline or "the record",
            "revision": terms.baseline.revision if terms.baseline else "",
        },
        "asked": {
            "from": scope.since,
            "to": scope.until,
            "department": terms.department,
            "asset": terms.asset,
        },
        "covered": {"first": moment(replay.first_us), "last": moment(replay.last_us)},
        "counts": counts(replay),
        "flips": [
            {
                "change": flip.change.value,
                "department": flip.department,
                "asset": flip.asset,
                "before": flip.before,
                "after": flip.after,
                "count": count,
                "examples": list(tally.examples[flip]),
            }
            for flip, count in tally.ranked()
        ],
        "reasons": [
            {"outcome": outcome.value, "reason": reason, "count": count}
            for (outcome, reason), count in tally.reasons.most_common()
        ],
        "recorded_revisions": dict(tally.revisions.most_common()),
        "cross_check": {"checked": tally.cross_checked, "disagreements": list(tally.disagreements)},
    }


def counts(replay: Replay) -> JsonObject:
    """How many calls came out in which way; changes of rules or obligations are among the unchanged."""
    tally = replay.tally
    outcomes: JsonObject = {outcome.value: tally.outcomes[outcome] for outcome in Outcome}
    changes: JsonObject = {change.value: tally.changes(change) for change in Change}
    return {"log": tally.calls, **outcomes, **changes}


def moment(wall_us: int) -> str:
    """A time of the log for people; empty for none."""
    if not wall_us:
        return ""
    return datetime.fromtimestamp(wall_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

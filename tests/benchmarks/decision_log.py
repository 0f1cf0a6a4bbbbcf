"""Builds a log of calls that the shipped example policy really decided, for replays of a candidate.

``python -m tests.benchmarks.decision_log FOLDER --calls 1000000`` goes on where it was interrupted.
"""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast

import typer

from audit.entry import Actor, DecisionRef, EntryType, Facts, Record, RedactionRef, ResourceRef, Result
from gateway.bundled import policies
from gateway.domain import JsonObject
from gateway.pdp.judge import Judge
from gateway.pdp.replay.redecide import effect_of, winning_rules
from gateway.pdp.source import read_source
from tests.benchmarks.large_log import build_log

_ENGINE = "f" * 64
_DEPARTMENTS = ("retail", "product", "legal", "it", "audit")
_SHARES = (60, 20, 10, 8, 2)
_USES = ("complaint-triage", "support-drafting", "contract-review", "it-helpdesk", "")
_OWN_USE = {
    "retail": "complaint-triage",
    "product": "support-drafting",
    "legal": "contract-review",
    "it": "it-helpdesk",
}
_ENTITIES = ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN")
_CLASSES = ("public", "internal", "confidential", "restricted")
_CLASS_SHARES = (15, 75, 9, 1)
# An intent and its outcome make one call; about one in nine is refused and has no outcome.
_RECORDS_A_CALL = 1.88


class Calls:
    """Invents calls and has them decided; the same chance gives the same calls."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __call__(self, chance: random.Random, request_id: str, now_us: int) -> Record:
        """The record of one call: an intent if the policy allows it, else a refusal."""
        facts = invented_facts(chance, now_us)
        decision = self._judge.decide(facts)
        subject, resource = cast("dict[str, str]", facts["subject"]), cast("JsonObject", facts["resource"])
        context = cast("JsonObject", facts["context"])
        counts = cast("dict[str, int]", {**cast("JsonObject", context["findings"])})
        return Record(
            type=EntryType.INTENT if decision.allow else EntryType.DENIED,
            request_id=request_id,
            actor=Actor(subject["id"], "service", subject["department"]),
            action="chat",
            resource=ResourceRef(str(resource["id"]), str(resource["type"]), _owner(resource)),
            decision=DecisionRef(
                request_id,
                effect_of(decision),
                self._judge.revision,
                winning_rules(decision),
                cast("dict[str, Facts]", facts),
            ),
            redaction=RedactionRef(_ENGINE, counts),
            result=None if decision.allow else Result(403, "access_denied", duration_us=900),
        )


def invented_facts(chance: random.Random, now_us: int) -> JsonObject:
    """The policy input of an invented call at this time."""
    department = chance.choices(_DEPARTMENTS, _SHARES)[0]
    use = _OWN_USE.get(department, "") if chance.random() < 0.97 else chance.choice(_USES)
    counts: JsonObject = {
        name: chance.randrange(1, 5) for name in chance.sample(_ENTITIES, chance.randrange(4))
    }
    context: JsonObject = {
        "use_case": use,
        "purpose": "",
        "declared_class": chance.choices(_CLASSES, _CLASS_SHARES)[0],
        "findings": counts,
        "secrets": {"jwt": 1} if chance.random() < 0.01 else {},
        "corpora": {"contracts": 2} if chance.random() < 0.01 else {},
        "time": datetime.fromtimestamp(now_us / 1e6, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "stream": chance.random() < 0.5,
        "tools": chance.random() < 0.1,
        "max_tokens": 512,
        "grants": [_grant(use)] if department == "retail" and chance.random() < 0.3 else [],
    }
    return {
        "subject": {
            "id": f"sub_{chance.randrange(2000):024x}",
            "kind": "service",
            "department": department,
            "groups": [],
            "roles": [],
            "acr": "",
        },
        "action": {"name": "chat"},
        "resource": _SUPPORT_TONE if department in {"retail", "product"} and chance.random() < 0.5 else _BASE,
        "context": context,
    }


def _grant(use: str) -> JsonObject:
    return {
        "department": "retail",
        "action": "chat",
        "class_ceiling": "confidential",
        # In the middle of what a million calls span.
        "expires": "2026-01-02T00:00:00Z",
        "use_case": use,
    }


def _owner(resource: JsonObject) -> str:
    return cast("dict[str, str]", resource["facets"])["accountable_owner"]


_BASE: JsonObject = {
    "type": "base_model",
    "id": "northwind-base",
    "base_model": "northwind-base",
    "base_model_owner": "",
    "adapter": "",
    "facets": {"accountable_owner": "it", "custodian": "it"},
    "class_ceiling": "internal",
    "self_hosted": True,
    "region": "",
}
_SUPPORT_TONE: JsonObject = {
    **_BASE,
    "type": "adapter",
    "id": "support-tone",
    "base_model_owner": "it",
    "adapter": "support-tone",
    "facets": {
        "accountable_owner": "product",
        "custodian": "it",
        "data_owner": "product",
        "ip_holder": "product",
    },
}


def build(
    calls: Annotated[int, typer.Option(help="How many decisions the log is to hold, about.")] = 1_000_000,
    folder: Annotated[Path, typer.Argument(help="Where the log lies, or will.")] = Path("decision-log"),
) -> None:
    """Build a log of decided calls, or go on with it."""
    build_log(folder, int(calls * _RECORDS_A_CALL), Calls(Judge.of(read_source(policies()))))


if __name__ == "__main__":
    typer.run(build)

"""Recorded calls, as leaves, for whoever counts in a log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import cast

import orjson

from audit.entry import (
    Actor,
    DecisionRef,
    Entry,
    EntryType,
    Facts,
    Record,
    RedactionRef,
    ResourceRef,
    Result,
    WriterPosition,
)
from audit.leaf import encode_entry
from gateway.ownership.evidence.span import Leaf

DAY_US = 86_400_000_000
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; ``code`` says why it was refused, empty if it was answered."""

    department: str = "retail"
    sender: str = "sub_1"
    day: int = 20_000
    asset: str = "support-tone"
    owner: str = "product"
    declared: str = "internal"
    ceiling: str = "internal"
    counts: Mapping[str, int] | None = None
    secrets: Mapping[str, int] | None = None
    code: str = ""
    effect: str = ""
    engine: str = "e1"
    prompt_tokens: int = 100
    completion_tokens: int = 50
    duration_us: int = 2_000_000
    use_case: str = "complaint-triage"

    def records(self, number: int) -> list[Record]:
        """What the log holds of it; an answered call is an intent and its outcome."""
        first = Record(
            type=EntryType.DENIED if self.code else EntryType.INTENT,
            request_id=f"req-{number}",
            actor=Actor(self.sender, "service", self.department),
            action="chat",
            resource=ResourceRef(self.asset, "adapter", self.owner),
            decision=DecisionRef(
                f"dec-{number}",
                "deny" if self.code and self.effect != "allow" else "allow",
                "ab" * 32,
                (f"custody.departments.{self.owner}.rule",),
                self.facts(),
            ),
            redaction=RedactionRef(self.engine, dict(self.counts or {})),
            result=Result(403, self.code) if self.code else None,
        )
        return [first] if self.code else [first, self._outcome(number)]

    def facts(self) -> dict[str, Facts]:
        """The policy input, in the shape of gateway/pdp/input.schema.json."""
        return {
            "subject": {
                "id": self.sender,
                "kind": "service",
                "department": self.department,
                "groups": [],
                "roles": [],
                "acr": "",
            },
            "action": {"name": "chat"},
            "resource": {
                "id": self.asset,
                "type": "adapter",
                "base_model": "northwind-base",
                "base_model_owner": "it",
                "adapter": self.asset,
                "facets": {"accountable_owner": self.owner, "custodian": "it"},
                "class_ceiling": self.ceiling,
                "self_hosted": True,
                "region": "",
            },
            "context": {
                "use_case": self.use_case,
                "purpose": "",
                "declared_class": self.declared,
                "findings": dict(self.counts or {}),
                "secrets": dict(self.secrets or {}),
                "corpora": {},
                "time": "2026-11-24T12:00:00.000Z",
                "stream": False,
                "tools": False,
                "max_tokens": None,
                "grants": [],
            },
        }

    def _outcome(self, number: int) -> Record:
        return Record(
            type=EntryType.OUTCOME,
            request_id=f"req-{number}",
            actor=Actor(self.sender, "service", self.department),
            action="chat",
            resource=ResourceRef(self.asset, "adapter", self.owner),
            redaction=RedactionRef(self.engine, {}),
            result=Result(
                200,
                finish="stop",
                prompt_tokens=self.prompt_tokens,
                completion_tokens=self.completion_tokens,
                duration_us=self.duration_us,
            ),
            intent=entry_id(number),
        )


def entry_id(number: int) -> str:
    """The entry id of the first record of the call of this number."""
    return f"01900000-0000-7000-8000-{number:012x}"


def leaves(calls: Sequence[Call]) -> list[Leaf]:
    """The entries of these calls, as the log's leaves spell them."""
    made = []
    for call in calls:
        number = next(_NUMBERS) * 2
        for place, record in enumerate(call.records(number)):
            made.append(leaf(record, entry_id(number + place), call.day))
    return made


def leaf(record: Record, name: str = entry_id(1), day: int = 20_000) -> Leaf:
    """One record as a leaf of this day."""
    wall_us = day * DAY_US + 43_200_000_000
    entry = Entry(name, WriterPosition(entry_id(0), 0, ""), wall_us, 0, record)
    return cast("Leaf", orjson.loads(encode_entry(entry)))

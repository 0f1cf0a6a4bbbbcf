"""What a scorecard counts in the log, entry by entry; what comes of it is for ``scorecard.py`` to say."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.entry import EntryType, Facts
from gateway.domain import DataClass
from gateway.ownership.evidence.span import Leaf, LeafDecision

_INTENT, _DENIED, _OUTCOME = EntryType.INTENT.value, EntryType.DENIED.value, EntryType.OUTCOME.value
_FLOOD = EntryType.FLOOD.value
_BREAK_GLASS = EntryType.POLICY_BREAK_GLASS.value
_ORDER = {each.value: place for place, each in enumerate(DataClass)}
_DAY_US = 86_400_000_000
# Statuses of an answer that says no: forbidden, and not found in place of forbidden.
_REFUSALS = frozenset({403, 404})

ALL = ""
"""In place of an entity type: all findings of a prompt together."""
UNDECLARED = "undeclared"
"""The class of a prompt that was scanned and ended before the policy was asked."""


@dataclass(slots=True)
class SenderDay:
    """What one sender did on one day: prompts by class, findings by class and entity type."""

    prompts: Counter[str] = field(default_factory=Counter)
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(slots=True)
class DepartmentTally:
    """What one department did.

    ``found`` counts prompts by (class, entity type, findings of it in the prompt), those without any left
    out; ``decided`` are prompts that the policy decided on, ``refused`` those of them that were refused, by
    code; ``overrides`` went above the asset's ceiling on a grant; ``incidents`` held a secret or another's
    registered corpus.
    """

    prompts: Counter[str] = field(default_factory=Counter)
    found: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    days: defaultdict[tuple[str, int], SenderDay] = field(default_factory=lambda: defaultdict(SenderDay))
    decided: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    overrides: int = 0
    incidents: int = 0
    break_glass: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class _Review:
    department: str
    due_us: int


class Tally:
    """Counts a span for scorecards. Memory grows with departments, senders and days, not with prompts."""

    def __init__(self) -> None:
        self.departments: defaultdict[str, DepartmentTally] = defaultdict(DepartmentTally)
        self.engines: Counter[str] = Counter()
        self.nobody = 0
        self.flooded: Counter[str] = Counter()
        self.entries = 0
        self.until_us = 0
        self._open: set[str] = set()
        self._reviews: dict[str, _Review] = {}

    @property
    def open_intents(self) -> int:
        """Calls whose end is not in the span."""
        return len(self._open)

    def take(self, index: int, leaf: Leaf) -> None:
        """Counts one entry."""
        del index
        self.entries += 1
        self.until_us = max(self.until_us, leaf["time"]["wall_us"])
        kind = leaf["type"]
        if kind in {_INTENT, _DENIED}:
            self._take_call(leaf, kind)
        elif kind == _OUTCOME:
            self._open.discard(leaf["intent"])
        elif kind == _FLOOD:
            self._take_flood(leaf)
        else:
            self._take_governance(leaf, kind)

    def close(self) -> None:
        """Ends the span: reviews that are due by its last entry and were not held are overdue."""
        for review in self._reviews.values():
            if review.due_us < self.until_us:
                self.departments[review.department].overdue += 1

    def _take_call(self, leaf: Leaf, kind: str) -> None:
        actor = leaf["actor"]
        if actor is None:
            self.nobody += 1
            return
        tally, decision = self.departments[actor["department"]], leaf["decision"]
        context = _part(decision, "context")
        declared = context.get("declared_class", UNDECLARED)
        if kind == _INTENT:
            self._open.add(leaf["id"])
        if (redaction := leaf["redaction"]) is not None:
            self.engines[redaction["engine"]] += 1
            day = tally.days[actor["id"], leaf["time"]["wall_us"] // _DAY_US]
            _count_findings(tally, day, str(declared), redaction["counts"])
        if decision is not None:
            tally.decided += 1
            result = leaf["result"]
            if result is not None and result["status"] in _REFUSALS:
                tally.refused[result["code"]] += 1
            tally.incidents += bool(context.get("secrets") or context.get("corpora"))
            tally.overrides += kind == _INTENT and _above(declared, _part(decision, "resource"))

    def _take_flood(self, leaf: Leaf) -> None:
        count, actor = leaf["detail"].get("count"), leaf["actor"]
        if isinstance(count, int):
            self.flooded[actor["department"] if actor else ""] += count

    def _take_governance(self, leaf: Leaf, kind: str) -> None:
        detail, actor = leaf["detail"], leaf["actor"]
        if kind == _BREAK_GLASS and actor is not None:
            self.departments[actor["department"]].break_glass += 1
        name, due, who = (detail.get(key) for key in ("review_id", "review_us", "review_of"))
        if isinstance(name, str) and isinstance(due, int) and isinstance(who, str):
            self._reviews[name] = _Review(who, due)
        if isinstance(held := detail.get("reviewed"), str):
            self._reviews.pop(held, None)


def _part(decision: LeafDecision | None, name: str) -> Mapping[str, Facts]:
    part = decision["facts"].get(name) if decision else None
    return part if isinstance(part, dict) else {}


def _above(declared: Facts, resource: Mapping[str, Facts]) -> bool:
    place, ceiling = _ORDER.get(str(declared)), _ORDER.get(str(resource.get("class_ceiling")))
    return place is not None and ceiling is not None and place > ceiling


def _count_findings(tally: DepartmentTally, day: SenderDay, declared: str, counts: Mapping[str, int]) -> None:
    tally.prompts[declared] += 1
    day.prompts[declared] += 1
    if not counts:
        return
    for entity, count in (*counts.items(), (ALL, sum(counts.values()))):
        if count:
            tally.found[declared, entity, count] += 1
            day.findings[declared, entity] += count

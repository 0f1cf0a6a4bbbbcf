"""Where a candidate decides otherwise than the active policy, counted by what an author wants to know."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from audit.entry import Facts
from gateway.domain import AccessRequest, Decision

How: TypeAlias = Literal["deny_to_allow", "allow_to_deny", "obligations", "reason"]

_MAX_KINDS = 1000  # what a day of odd traffic could bring; the rest is counted together
_MAX_TOLD = 100  # fits a record, whatever the names


class Kind(NamedTuple):
    """One kind of difference; ``rule`` is the candidate's deciding rule, of which package."""

    how: How
    department: str
    asset: str
    rule: str


def difference(request: AccessRequest, active: Decision, candidate: Decision) -> Kind | None:
    """How the candidate's decision differs; None where it says the same with the same duties and reason."""
    how = _how(active, candidate)
    if how is None:
        return None
    return Kind(how, request.subject.department, request.resource.id, _rule(candidate))


def _how(active: Decision, candidate: Decision) -> How | None:
    if active.allow != candidate.allow:
        return "deny_to_allow" if candidate.allow else "allow_to_deny"
    if active.allow and active.obligations != candidate.obligations:
        return "obligations"
    return None if _rule(active) == _rule(candidate) else "reason"


def _rule(decision: Decision) -> str:
    reason = decision.deciding
    return f"{reason.package}.{reason.rule}" if reason else ""


@dataclass(slots=True)
class Tally:
    """What a shadow saw since it was last told of."""

    asked: int = 0
    same: int = 0
    failed: int = 0
    skipped: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    others: int = 0

    def count(self, kind: Kind | None) -> None:
        """Counts one answer of the candidate."""
        self.asked += 1
        if kind is None:
            self.same += 1
        elif kind in self.kinds or len(self.kinds) < _MAX_KINDS:
            self.kinds[kind] += 1
        else:
            self.others += 1

    def facts(self) -> Mapping[str, Facts]:
        """The figures as a record tells them, the most frequent differences first."""
        told = self.kinds.most_common(_MAX_TOLD)
        rest = self.kinds.total() - sum(count for _, count in told) + self.others
        listed: list[Facts] = [{**kind._asdict(), "count": count} for kind, count in told]
        return {
            "asked": self.asked,
            "same": self.same,
            "failed": self.failed,
            "skipped": self.skipped,
            "differences": listed,
            "other_differences": rest,
        }

"""Which entries of the log a dossier carries: the dispute's own, the asset's, and its calls."""

from collections import Counter, deque

from audit.entry import EntryType
from gateway.ownership.evidence.span import Leaf

# Calls of the asset that a dossier carries whole, with their outcomes: 30 MB of them.
MOST_CALLS = 20_000
_CALLS = "access."
# What bears on every asset: policies in force, and changes of the registry that name many assets at once.
_ALWAYS = frozenset(
    kind.value
    for kind in (
        EntryType.POLICY_BUILT,
        EntryType.POLICY_ACTIVATED,
        EntryType.POLICY_ROLLED_BACK,
        EntryType.POLICY_CANARY,
        EntryType.POLICY_CANARY_ENDED,
        EntryType.POLICY_BREAK_GLASS,
        EntryType.OWNERSHIP_SEEDED,
        EntryType.OWNERSHIP_REORGANISED,
    )
)


class Relevant:
    """Notes the entries of a dispute, an asset and the policies, while a span is read.

    Of calls only the newest ``MOST_CALLS`` entries are kept; ``left_out`` says how many were not.
    """

    def __init__(self, dispute: str, asset: str, most_calls: int = MOST_CALLS) -> None:
        self._dispute = dispute
        self._asset = asset
        self._governance: list[int] = []
        self._calls: deque[int] = deque(maxlen=most_calls)
        self._seen_calls = 0
        self.revisions: Counter[str] = Counter()

    @property
    def indexes(self) -> frozenset[int]:
        """The entries to carry."""
        return frozenset((*self._governance, *self._calls))

    @property
    def left_out(self) -> int:
        """Entries of the asset's calls that are not carried."""
        return self._seen_calls - len(self._calls)

    def take(self, index: int, leaf: Leaf) -> None:
        """Looks at one entry."""
        kind, resource, detail = leaf["type"], leaf["resource"], leaf["detail"]
        about = resource["id"] if resource else detail.get("asset")
        if kind.startswith(_CALLS):
            if about == self._asset:
                self._take_call(index, leaf)
        elif about == self._asset or detail.get("dispute") == self._dispute or kind in _ALWAYS:
            self._governance.append(index)

    def _take_call(self, index: int, leaf: Leaf) -> None:
        self._seen_calls += 1
        self._calls.append(index)
        if (decision := leaf["decision"]) is not None:
            self.revisions[decision["policy_revision"]] += 1

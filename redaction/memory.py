from collections import OrderedDict
from collections.abc import Sequence

from redaction.base import Finding

_ENTRY_BYTES = 200  # digest, table slot and empty tuple, as measured with sys.getsizeof
_FINDING_BYTES = 160


class ScanMemory:
    """Findings of text parts that were scanned before, by keyed digest: a conversation costs its new turns.

    It holds offsets and entity types and no text. Each department has its own share, so none can push out
    another's: at most ``entries`` parts and ``octets`` bytes each, least recently used first out.
    """

    def __init__(self, entries: int = 20_000, octets: int = 32 * 2**20) -> None:
        self._entries = entries
        self._octets = octets
        self._shares: dict[str, _Share] = {}

    def recall(self, department: str, digest: bytes) -> tuple[Finding, ...] | None:
        """What was found in the part with this digest; None when it is not known."""
        share = self._shares.get(department)
        return None if share is None else share.recall(digest)

    def remember(self, department: str, digest: bytes, findings: Sequence[Finding]) -> None:
        """Keeps what was found, and drops what has not been asked for longest."""
        share = self._shares.setdefault(department, _Share())
        share.remember(digest, tuple(findings))
        share.shrink(self._entries, self._octets)


class _Share:
    """One department's remembered parts."""

    __slots__ = ("_found", "_octets")

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
        self._octets = 0

    def recall(self, digest: bytes) -> tuple[Finding, ...] | None:
        found = self._found.get(digest)
        if found is not None:
            self._found.move_to_end(digest)
        return found

    def remember(self, digest: bytes, findings: tuple[Finding, ...]) -> None:
        self._forget(self._found.pop(digest, None))
        self._found[digest] = findings
        self._octets += _size(findings)

    def shrink(self, entries: int, octets: int) -> None:
        while len(self._found) > entries or self._octets > octets:
            self._forget(self._found.popitem(last=False)[1])

    def _forget(self, findings: tuple[Finding, ...] | None) -> None:
        if findings is not None:
            self._octets -= _size(findings)


def _size(findings: tuple[Finding, ...]) -> int:
    return _ENTRY_BYTES + _FINDING_BYTES * len(findings)

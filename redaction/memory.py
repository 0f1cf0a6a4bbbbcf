from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeAlias

from redaction.base import Finding
from redaction.conversation import Conversation

_ENTRY_BYTES = 200  # digest, table slot and empty tuple, as measured with sys.getsizeof
_FINDING_BYTES = 160

_Remembered: TypeAlias = tuple[Finding, ...] | Conversation


class ScanMemory:
    """Findings of text parts that were scanned before, by keyed digest: a conversation costs its new turns.

    It holds offsets, entity types and placeholders, and no text. Each department has its own share, so none
    can push out another's: at most ``entries`` parts and conversations and about ``octets`` bytes each, least
    recently used first out.
    """

    def __init__(self, entries: int = 20_000, octets: int = 32 * 2**20) -> None:
        self._entries = entries
        self._octets = octets
        self._shares: dict[str, _Share] = {}

    def recall(self, department: str, digest: bytes) -> tuple[Finding, ...] | None:
        """What was found in the part with this digest; None when it is not known."""
        found = self._recall(department, digest)
        return None if isinstance(found, Conversation) else found

    def remember(self, department: str, digest: bytes, findings: Sequence[Finding]) -> None:
        """Keeps what was found, and drops what has not been asked for longest."""
        self._remember(department, digest, tuple(findings))

    def recall_conversation(self, department: str, digest: bytes) -> Conversation | None:
        """What the conversation with this digest had shown by its last turn; None when it is not known."""
        found = self._recall(department, digest)
        return found if isinstance(found, Conversation) else None

    def remember_conversation(self, department: str, digest: bytes, conversation: Conversation) -> None:
        """Keeps what a conversation has shown, instead of what it had shown before."""
        self._remember(department, digest, conversation)

    def _recall(self, department: str, digest: bytes) -> _Remembered | None:
        share = self._shares.get(department)
        return None if share is None else share.recall(digest)

    def _remember(self, department: str, digest: bytes, found: _Remembered) -> None:
        share = self._shares.setdefault(department, _Share())
        share.remember(digest, found)
        share.shrink(self._entries, self._octets)


class _Share:
    """One department's remembered parts and conversations."""

    __slots__ = ("_found", "_octets", "_sizes")

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._sizes: dict[bytes, int] = {}
        self._octets = 0

    def recall(self, digest: bytes) -> _Remembered | None:
        found = self._found.get(digest)
        if found is not None:
            self._found.move_to_end(digest)
        return found

    def remember(self, digest: bytes, found: _Remembered) -> None:
        self._found.pop(digest, None)
        self._found[digest] = found
        size = _size(found)
        self._octets += size - self._sizes.get(digest, 0)
        self._sizes[digest] = size

    def shrink(self, entries: int, octets: int) -> None:
        while len(self._found) > entries or self._octets > octets:
            digest, _ = self._found.popitem(last=False)
            self._octets -= self._sizes.pop(digest)


def _size(found: _Remembered) -> int:
    if isinstance(found, Conversation):
        return _ENTRY_BYTES + found.octets
    return _ENTRY_BYTES + _FINDING_BYTES * len(found)

"""What entries say of each other: writers' chains, and intents with their outcomes."""

from dataclasses import dataclass

from audit.entry import Entry, EntryType, WriterPosition


class WriterChains:
    """Follows each writer from entry to entry."""

    def __init__(self) -> None:
        self._next: dict[str, WriterPosition] = {}

    def follow(self, entry: Entry, leaf_hash: bytes) -> str:
        """What is wrong with the entry's place in its writer's chain, or an empty text."""
        writer = entry.writer
        expected = self._next.get(writer.id, WriterPosition(writer.id, 0, ""))
        self._next[writer.id] = WriterPosition(writer.id, writer.counter + 1, leaf_hash.hex())
        if writer.counter != expected.counter:
            return f"its writer wrote number {expected.counter} here, not number {writer.counter}"
        if writer.previous != expected.previous:
            return "it does not name the leaf that its writer wrote before"
        return ""

    def __len__(self) -> int:
        return len(self._next)


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent, by where it is and what it was for."""

    index: int
    entry_id: str
    request_id: str


class Pairing:
    """Holds each outcome to the intent that came before it.

    A second outcome of one intent is counted, not refused: a caller that was told too late that its record
    is durable may have written it again.
    """

    def __init__(self) -> None:
        self._open: dict[str, Intent] = {}
        self._closed: dict[str, str] = {}
        self.pairs = 0
        self.repeated = 0

    def follow(self, index: int, entry: Entry) -> str:
        """What is wrong between the entry and its intent, or an empty text."""
        record = entry.record
        if record.type is EntryType.INTENT:
            self._open[entry.id] = Intent(index, entry.id, record.request_id)
            return ""
        if record.type is not EntryType.OUTCOME:
            return ""
        intent = self._open.pop(record.intent, None)
        if intent is not None:
            self._closed[intent.entry_id] = intent.request_id
            self.pairs += 1
        elif record.intent in self._closed:
            self.repeated += 1
        else:
            return "it is an outcome, and no intent before it has the id that it names"
        if self._closed[record.intent] != record.request_id:
            return "it is an outcome of another request than its intent"
        return ""

    def gaps(self) -> tuple[Intent, ...]:
        """Intents without an outcome so far: calls in flight, or ended by a crash."""
        return tuple(self._open.values())

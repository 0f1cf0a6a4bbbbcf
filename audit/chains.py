"""What entries say of each other: writers' chains, and intents with their outcomes."""

from dataclasses import dataclass


@dataclass(slots=True)
class Span:
    """A writer's entries so far in a range: where the first is and what it says came before it.

    ``count`` is the number that its next entry must have, ``last`` the hash of its last leaf in hex.
    """

    index: int
    first: int
    before: str
    count: int = 0
    last: str = ""

    def wrong(self, number: int) -> str:
        """What is wrong with an entry that does not follow."""
        if number != self.count:
            return f"its writer wrote number {self.count} here, not number {number}"
        return "it does not name the leaf that its writer wrote before"


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent, by where it is and what it was for."""

    index: int
    entry_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome, by where it is, the id of its intent, and what it was for."""

    index: int
    intent: str
    request_id: str

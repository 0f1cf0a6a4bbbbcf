"""What can go wrong in redaction; no message ever holds a value that was scanned.

RedactionError
├── DetectorFailed        a detector raised or was late: what the text holds is unknown, do not go on
├── RefusedByPlan         the plan refuses what was found: tell the caller which entity types
├── UnknownOperator       a plan asks for what is not implemented here: do not go on
└── UnacceptableShape     a body that cannot be walked; ``path`` says where
    ├── UnknownField          not in the table, so it cannot be scanned
    ├── InvalidField          not of the type or size that the field takes
    └── UnscannableContent    known, but nothing here can look inside it
"""

from collections.abc import Iterable


class RedactionError(Exception):
    """A failure of redaction; its message never holds content."""


class DetectorFailed(RedactionError):
    """A detector raised, did not return in time, or answered nonsense; what the text holds is unknown."""


class RefusedByPlan(RedactionError):
    """The plan refuses what was found; ``entity_types`` names it."""

    def __init__(self, entity_types: Iterable[str]) -> None:
        self.entity_types = tuple(sorted(set(entity_types)))
        super().__init__(f"The policy refuses content of these kinds: {', '.join(self.entity_types)}.")


class UnknownOperator(RedactionError):
    """A plan names operators that are not implemented here, or does not say what holds for all others."""


class UnacceptableShape(RedactionError):
    """A body cannot be walked; ``path`` names the place in the form ``messages[2].content``."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class UnknownField(UnacceptableShape):
    """A field that is not in the table, so nobody knows whether text hides in it."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "this field is not supported; leave it out.")


class InvalidField(UnacceptableShape):
    """A field holds something other than it takes."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path, f"must be {expected}.")
        self.expected = expected


class UnscannableContent(UnacceptableShape):
    """A field holds content that cannot be scanned, so it cannot be let through."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, f"{what} cannot be scanned, so it is not let through.")
        self.what = what

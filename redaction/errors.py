"""What can go wrong in redaction; no message ever holds a value that was scanned.

RedactionError
├── DetectorFailed        a detector raised or was late: what the text holds is unknown, do not go on
├── RefusedByPlan         the plan refuses what was found: tell the caller which entity types
├── UnknownOperator       a plan asks for what is not implemented here: do not go on
└── WalkError             a body that cannot be walked; ``path`` says where
    ├── UnknownField          not in the table, so it cannot be scanned
    ├── InvalidField          not of the type or size that the field takes
    └── UnscannableContent    known, but nothing here can look inside it
"""

import re
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


class WalkError(RedactionError):
    """A body cannot be walked; ``path`` leads to the place, such as ``messages[2].content[0].foo``."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def within(self, segment: str | int) -> None:
        """Puts the path below ``segment``: a field's name, or the place in a list."""
        shown = f"[{segment}]" if type(segment) is int else _shown(str(segment))
        joint = "" if not self.path or self.path.startswith("[") else "."
        self.path = f"{shown}{joint}{self.path}"

    def __str__(self) -> str:
        return f"{self.path or 'The body'} {self._complaint()}"

    def _complaint(self) -> str:
        return "cannot be scanned."


class UnknownField(WalkError):
    """A field that is not known, and so cannot be scanned."""

    @classmethod
    def named(cls, name: str) -> "UnknownField":
        """The error for a field of this name, which is shown only if it looks like a parameter's."""
        return cls(_shown(name))

    def _complaint(self) -> str:
        return "is not a supported parameter."


class InvalidField(WalkError):
    """A field that holds something else than ``expected``."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path)
        self.expected = expected

    def _complaint(self) -> str:
        return f"must be {self.expected}."


class UnscannableContent(WalkError):
    """A known field whose content (``what``) cannot be read for sensitive values."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path)
        self.what = what

    def _complaint(self) -> str:
        return f"is refused: {self.what} cannot be scanned."


# A caller chooses the names of fields, so a name may itself be a value: only what looks like a parameter's
# name is shown, and never an address or a number.
_PARAMETER = re.compile(r"[A-Za-z_]{1,48}[0-9]{0,2}")


def _shown(name: str) -> str:
    return name if _PARAMETER.fullmatch(name) else "*"

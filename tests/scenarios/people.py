"""Invented people whose data stands in prompts, and the search for any trace of it."""

import json
import re
from dataclasses import astuple, dataclass
from urllib.parse import quote, unquote_plus


@dataclass(frozen=True, slots=True)
class Person:
    """A customer: all values are reserved, published or made up, and valid where a checksum exists."""

    name: str
    email: str
    phone: str
    card: str
    iban: str

    @property
    def values(self) -> tuple[str, ...]:
        """Everything that must stay inside."""
        return astuple(self)

    @property
    def letter(self) -> str:
        """A letter as customers write them."""
        return (
            f"Dear team, my name is {self.name}. Please write to {self.email} or call {self.phone}. "
            f"I paid with card {self.card}; send the refund to IBAN {self.iban}. Thank you, {self.name}"
        )


ANNA = Person(
    "Anna Kowalska",
    "anna.kowalska@example.com",
    "+1 202-555-0143",
    "4111 1111 1111 1111",
    "DE89 3704 0044 0532 0130 00",
)
ROBERT = Person(
    "Robert Fischer",
    "robert.fischer@example.org",
    "+1 202-555-0178",
    "5555 5555 5555 4444",
    "GB82 WEST 1234 5698 7654 32",
)
# What only the model says: nobody gave it.
STRANGER = Person(
    "Margaret Holloway",
    "margaret.holloway@example.net",
    "+1 202-555-0199",
    "4012 8888 8888 1881",
    "FR14 2004 1010 0505 0001 3M02 606",
)

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_SEPARATORS = re.compile(r"[\s\-.+/()]")
_COMPACT_FROM = 8


def traces(values: tuple[str, ...], blob: bytes) -> list[str]:
    """Which of the values ``blob`` shows: as they are, in another case, escaped, or without separators."""
    views = _views(blob.decode("utf-8", "replace").lower())
    return [value for value in values if any(_shows(view, value.lower()) for view in views)]


def _views(text: str) -> tuple[str, ...]:
    unescaped = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).replace("\\/", "/").lower()
    return text, unescaped, unquote_plus(text).lower()


def _shows(view: str, value: str) -> bool:
    spellings = {value, quote(value).lower(), json.dumps(value)[1:-1].lower()}
    if any(spelling in view for spelling in spellings):
        return True
    compact = _SEPARATORS.sub("", value)
    return len(compact) >= _COMPACT_FROM and compact in _SEPARATORS.sub("", view)

"""A small table language: which fields a body may have, and where text stands in them.

A rule takes a value and a pen, and gives what is forwarded in the value's place: the value itself, a copy
in which each text is what the pen wrote, or ``DROPPED``. The same rules run twice, first with a pen that
takes texts down, then with one that puts their replacements, so both see the same texts in the same order.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, Literal, Protocol, TypeAlias

from redaction.errors import InvalidField, UnknownField, UnscannableContent, WalkError
from redaction.jsontypes import JsonObject, JsonValue

MAX_TEXTS: Final = 20_000
_INT64: Final = 2**63


class Pen(Protocol):
    """Is shown each text in order and says what stands in its place.

    ``json`` says that the text is JSON source, not a decoded string.
    """

    def __call__(self, text: str, json: bool = False, /) -> str:
        """What to forward instead of ``text``."""


class _Mark(Enum):
    DROPPED = 0


Dropped: TypeAlias = Literal[_Mark.DROPPED]
DROPPED: Final = _Mark.DROPPED
Rule: TypeAlias = Callable[[JsonValue, Pen], "JsonValue | Dropped"]


def taking(texts: list[str]) -> Pen:
    """A pen that takes down each text; raises ``InvalidField`` when there are too many."""

    def take(text: str, json: bool = False, /) -> str:
        del json
        if len(texts) == MAX_TEXTS:
            raise InvalidField("", f"in a body of at most {MAX_TEXTS} texts")
        texts.append(text)
        return text

    return take


def putting(texts: Sequence[str], expected: int) -> Pen:
    """A pen that puts these texts in order; raises ``ValueError`` unless there is one for each place."""
    if len(texts) != expected:
        raise ValueError(f"{expected} texts belong here, not {len(texts)}")
    following = iter(texts).__next__

    def put(text: str, json: bool = False, /) -> str:
        del text, json
        return following()

    return put


def idle(text: str, json: bool = False, /) -> str:
    """The pen for what is checked and not forwarded."""
    del json
    return text


def checked(text: str) -> str:
    """The text, which is valid Unicode; raises ``InvalidField`` for a lone surrogate."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # "from None": the cause would carry the text.
            raise InvalidField("", "valid Unicode text, without lone surrogates") from None
    return text


def text(value: JsonValue, pen: Pen) -> JsonValue:
    """A string that is scanned."""
    if type(value) is not str:
        raise InvalidField("", "a string")
    return pen(checked(value))


def flag(value: JsonValue, pen: Pen) -> JsonValue:
    """A boolean, forwarded."""
    del pen
    if type(value) is not bool:
        raise InvalidField("", "a boolean")
    return value


def number(value: JsonValue, pen: Pen) -> JsonValue:
    """A number, forwarded; a boolean is none."""
    del pen
    if type(value) is float or (type(value) is int and -_INT64 <= value < _INT64):
        return value
    raise InvalidField("", "a number")


def integer(value: JsonValue, pen: Pen) -> JsonValue:
    """An integer of at most 64 bits, forwarded; a boolean is none."""
    del pen
    if type(value) is int and -_INT64 <= value < _INT64:
        return value
    raise InvalidField("", "an integer")


def amount(most: int) -> Rule:
    """An integer from 1 to ``most``, forwarded."""

    def rule(value: JsonValue, pen: Pen) -> JsonValue:
        del pen
        if type(value) is int and 1 <= value <= most:
            return value
        raise InvalidField("", f"an integer from 1 to {most}")

    return rule


def word(*words: str) -> Rule:
    """One of these words, forwarded: a constant can hide nothing."""
    allowed = frozenset(words)
    expected = f"one of {', '.join(words)}"

    def rule(value: JsonValue, pen: Pen) -> JsonValue:
        del pen
        if type(value) is not str or value not in allowed:
            raise InvalidField("", expected)
        return value

    return rule


def array(item: Rule, *, least: int = 0) -> Rule:
    """A list of which each item obeys ``item``."""
    expected = "a list that is not empty" if least else "a list"

    def rule(value: JsonValue, pen: Pen) -> JsonValue:
        if type(value) is not list or len(value) < least:
            raise InvalidField("", expected)
        forwarded: list[JsonValue] = []
        place = 0
        try:
            for place, each in enumerate(value):  # noqa: B007 (an error names it)
                put = item(each, pen)
                if put is not DROPPED:
                    forwarded.append(put)
        except WalkError as error:
            error.within(place)
            raise
        return forwarded

    return rule


def record(fields: Mapping[str, Rule], *, required: Sequence[str] = (), open_ended: bool = False) -> Rule:
    """An object with these fields; null stands for a field that is left out, save for ``required`` ones.

    An unknown field raises ``UnknownField``, or is left behind where the record is ``open_ended``.
    """
    known = fields.keys()

    def rule(value: JsonValue, pen: Pen) -> JsonValue:
        if type(value) is not dict:
            raise InvalidField("", "an object")
        if required:
            _require(value, required)
        if not open_ended and not known >= value.keys():
            raise UnknownField.named(next(name for name in value if name not in known))
        forwarded: JsonObject = {}
        try:
            for name, item in value.items():
                if item is None:
                    if name in known:
                        forwarded[name] = None
                elif (field := fields.get(name)) is not None and (put := field(item, pen)) is not DROPPED:
                    forwarded[name] = put
        except WalkError as error:
            error.within(name)
            raise
        return forwarded

    return rule


def _require(value: JsonObject, names: Sequence[str]) -> None:
    for name in names:
        if value.get(name) is None:
            raise InvalidField(name, "present")


def variants(key: str, records: Mapping[str, Rule]) -> Rule:
    """An object of the kind that its field ``key`` names."""
    expected = f"one of {', '.join(records)}"

    def rule(value: JsonValue, pen: Pen) -> JsonValue | Dropped:
        if type(value) is not dict:
            raise InvalidField("", "an object")
        kind = value.get(key)
        variant = records.get(kind) if type(kind) is str else None
        if variant is None:
            raise InvalidField(key, expected)
        return variant(value, pen)

    return rule


def either(
    expected: str, *, string: Rule | None = None, items: Rule | None = None, fields: Rule | None = None
) -> Rule:
    """A value that may be a string, a list or an object, each by its own rule."""
    rules: dict[type, Rule | None] = {str: string, list: items, dict: fields}

    def rule(value: JsonValue, pen: Pen) -> JsonValue | Dropped:
        chosen = rules.get(type(value))
        if chosen is None:
            raise InvalidField("", expected)
        return chosen(value, pen)

    return rule


def dropped(rule: Rule) -> Rule:
    """A field that is accepted, checked by ``rule`` and not forwarded, and so need not be scanned."""

    def drop(value: JsonValue, pen: Pen) -> Dropped:
        del pen
        rule(value, idle)
        return DROPPED

    return drop


def unscannable(what: str, *, unless: Sequence[JsonValue] = ()) -> Rule:
    """A field whose content cannot be read; the harmless values ``unless`` are accepted and dropped."""

    def rule(value: JsonValue, pen: Pen) -> Dropped:
        del pen
        if any(type(value) is type(harmless) and value == harmless for harmless in unless):
            return DROPPED
        raise UnscannableContent("", what)

    return rule

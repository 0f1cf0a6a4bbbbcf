"""Bodies made out of the tables themselves: one for every leaf and alternative that a table knows."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from redaction.jsontypes import JsonObject
from redaction.walk.json_text import free_json, free_object, json_text
from redaction.walk.parameters import REQUEST
from redaction.walk.table import Rule, flag, integer, number, text

chat_reply = import_module("redaction.walk.chat_reply")
chat_chunk = import_module("redaction.walk.chat_chunk")

MARKER = "marker7f"
HIDDEN: dict[str, Any] = {
    MARKER: [MARKER, {"k": f"see {MARKER}.", MARKER: None}, 12, True],
    "inner": f'{{"{MARKER}": "{MARKER}"}}',
}
SOURCES = (
    f'{{"{MARKER}": ["{MARKER}", {{"a": "say {MARKER}"}}], "n": 12, "b": [true, null]}}',
    f'{{"a": "{{\\"b\\": \\"{MARKER}\\"}}"}}',
    f'"{MARKER}"',
    f'{{"cut": "{MARKER}',
    f"{{'a': '{MARKER}'}}",
    "{}",
)


def requests() -> list[JsonObject]:
    """A request for every place of the table."""
    return examples(REQUEST)


def replies() -> list[JsonObject]:
    """A whole reply for every place of its table."""
    return examples(chat_reply._REPLY)


def chunks() -> list[JsonObject]:
    """A chunk for every place of its table."""
    return examples(chat_chunk._CHUNK)


def examples(rule: Rule) -> list[Any]:
    """Values that the rule accepts: together they reach each leaf and each alternative once, with a marker.

    Raises ``LookupError`` for a kind of rule that is not known here, so that none stays untested.
    """
    name = rule.__qualname__.removesuffix(".<locals>.rule")  # type: ignore[attr-defined]  # rules are functions
    if name in _NAMED:
        return list(_NAMED[name])
    if name in _WRAPPED:
        return examples(_WRAPPED[name])
    if name not in _MADE:
        raise LookupError(f"shapes.py does not know the rule {name}")
    return list(_MADE[name](inspect.getclosurevars(rule).nonlocals))  # type: ignore[arg-type]  # as above


def aliens(body: Any) -> Iterator[Any]:
    """Copies of a body with something in one place that does not belong there, marker and all."""
    yield from _STRANGE
    if isinstance(body, dict):
        for key, value in body.items():
            yield {(MARKER if each == key else each): its for each, its in body.items()}
            for alien in aliens(value):
                yield {**body, key: alien}
        yield {**body, MARKER: 1}
        yield {**body, "unknown_field": MARKER}
        yield {**body, "unknown_field": {"deep": [MARKER]}}
    if isinstance(body, list):
        for place, value in enumerate(body):
            for alien in aliens(value):
                yield [*body[:place], alien, *body[place + 1 :]]
        yield [*body, MARKER]


def paths(body: Any, path: str = "") -> set[str]:
    """The places of a body, for telling what a set of bodies reaches."""
    if isinstance(body, dict):
        return {path, *(each for key, value in body.items() for each in paths(value, f"{path}.{key}"))}
    if isinstance(body, list):
        return {path, *(each for value in body for each in paths(value, f"{path}[]"))}
    return {path}


def _record(made: Any) -> Iterator[JsonObject]:
    fields: dict[str, Rule] = made["fields"]
    of = {name: examples(rule) for name, rule in fields.items()}
    least = {name: of[name][0] for name in made["required"]}
    yield least
    for name, values in of.items():
        for value in values:
            yield {**least, name: value}
        if name not in least:
            yield {**least, name: None}
    if made["open_ended"]:
        yield {**least, MARKER: 1, "unknown_field": HIDDEN}


def _array(made: Any) -> Iterator[list[Any]]:
    values = examples(made["item"])
    if not made["least"]:
        yield []
    yield from ([value] for value in values)
    yield values[:3]


def _variants(made: Any) -> Iterator[JsonObject]:
    for kind, rule in made["records"].items():
        refused = rule.__qualname__.startswith("unscannable")
        for value in [{}] if refused else examples(rule):
            yield {made["key"]: kind, **{name: its for name, its in value.items() if name != made["key"]}}


_STRANGE: tuple[Any, ...] = (
    MARKER, [MARKER], {MARKER: MARKER}, {"type": MARKER}, {"type": "text", MARKER: MARKER}, 0.5, None,
)  # fmt: skip

# What each maker of rules accepts, from what the rule that it made remembers.
_MADE: dict[str, Callable[[Any], Any]] = {
    "record": _record,
    "array": _array,
    "variants": _variants,
    "either": lambda made: (value for rule in made["rules"].values() if rule for value in examples(rule)),
    "word": lambda made: sorted(made["allowed"]),
    "amount": lambda made: (1, made["most"]),
    "dropped.<locals>.drop": lambda made: examples(made["rule"]),
    "unscannable": lambda made: made["unless"],
    "_given.<locals>.without_nulls": lambda made: examples(made["rule"]),
}
_NAMED: dict[str, tuple[Any, ...]] = {
    text.__name__: (MARKER, "", f"a {MARKER}, b"),
    flag.__name__: (True, False),
    number.__name__: (1, 0.5),
    integer.__name__: (0, 7),
    free_json.__name__: (HIDDEN, MARKER, [HIDDEN]),
    free_object.__name__: (HIDDEN, {}),
    json_text.__name__: SOURCES,
    "identifier": (MARKER, "chatcmpl-1"),
    "_place": (0, 3),
    "_name": (MARKER, "f"),
}
_WRAPPED: dict[str, Rule] = {"_message": chat_reply._FIELDS, "_delta": chat_chunk._DELTA}

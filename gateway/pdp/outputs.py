"""Checks what a layer says against the decision's schema, where it says it in plain words."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.rego import Problem
from gateway.pdp.schemas import DECISION, Validator, document
from gateway.pdp.syntax import Syntax
from gateway.pdp.tree import objects, only, place
from gateway.pdp.world import head_name, rule_kind

REASONS = frozenset({"allow", "deny", "backstop"})
"""The rules of a layer that are sets of reasons."""

_LAYERS = ("custody.departments.", "custody.security")


def output_problems(syntax: Syntax) -> Iterator[Problem]:
    """One problem for each reason or obligation that no decision may hold."""
    if not syntax.package.startswith(_LAYERS):
        return
    for rule in objects(syntax.tree["rules"]):
        kind, body = only(rule)
        head_kind, head = only(body.get("head"))
        if kind == "Spec" and head_name(head) in REASONS:
            yield from _reasons(syntax, head_kind, head)
        elif kind == "Spec" and head_name(head) == "obligations":
            yield from _object(syntax, _value(head), "obligations", ())


def _reasons(syntax: Syntax, head_kind: str, head: JsonObject) -> Iterator[Problem]:
    name = head_name(head)
    if rule_kind(head_kind, head) != "set" and only(_value(head))[0] not in {"Set", "SetCompr"}:
        fix = f"write {name} contains ... if ..., or {name} := set()"
        yield Problem(syntax.module.path, *place(head), f"{name} must be a set of reasons", fix)
    elif only(head.get("key"))[0] == "Object":
        yield from _object(syntax, head.get("key"), "reason", ("code", "rule"))


def _value(head: JsonObject) -> JsonValue:
    assign = head.get("assign")
    return assign.get("value") if isinstance(assign, dict) else None


def _object(syntax: Syntax, node: JsonValue, what: str, needed: tuple[str, ...]) -> Iterator[Problem]:
    """What is wrong with an object that stands there in full."""
    kind, body = only(node)
    if kind != "Object":
        return
    schema = _schema()["reasons"]["items"] if what == "reason" else _schema()[what]
    properties: dict[str, Any] = schema["properties"]
    keys: set[str] = set()
    for key, value in _fields(body):
        name = str(only(key)[1].get("value"))
        keys.add(name)
        if name not in properties:
            near = get_close_matches(name, list(properties), n=1)
            fix = f"did you mean {near[0]}?" if near else f"one of {', '.join(properties)}"
            yield Problem(syntax.module.path, *place(only(key)[1]), f"{what} has no field {name}", fix)
        else:
            yield from _plain(syntax, value, what, name)
    for name in needed:
        if name not in keys:
            yield Problem(syntax.module.path, *place(body), f"{what} lacks {name}", "use reasons.reason(...)")


def _plain(syntax: Syntax, node: JsonValue, what: str, name: str) -> Iterator[Problem]:
    """What is wrong with a value that needs no evaluation."""
    try:
        value = constant(node)
    except _NoConstant:
        return
    for error in _validator(what, name).iter_errors(value):
        where = "".join(f"[{part!r}]" for part in error.instance_path)
        yield Problem(syntax.module.path, *place(only(node)[1]), f"{name}{where}: {error.message}")


class _NoConstant(Exception):
    """The value depends on something."""


def constant(node: JsonValue) -> JsonValue:
    """The value of a term that is written in full; raises ``_NoConstant``."""
    kind, body = only(node)
    if kind in {"String", "RawString", "Number", "Bool"}:
        return body["value"]
    if kind == "Null":
        return None
    if kind == "Array":
        items = body["items"]
        return [constant(item) for item in items] if isinstance(items, list) else []
    if kind == "Object":
        return {str(constant(key)): constant(value) for key, value in _fields(body)}
    raise _NoConstant


def _fields(body: JsonObject) -> Iterator[tuple[JsonValue, JsonValue]]:
    fields = body["fields"]
    for field in fields if isinstance(fields, list) else []:
        if isinstance(field, list):
            yield field[1], field[2]


def _schema() -> dict[str, Any]:
    read: dict[str, Any] = document(DECISION)["properties"]
    return read


@cache
def _validator(what: str, name: str) -> Validator:
    schema = _schema()["reasons"]["items"] if what == "reason" else _schema()[what]
    part = schema["properties"][name]
    return Validator({"$defs": document(DECISION)["$defs"], **part})

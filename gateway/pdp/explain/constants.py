"""What stands for a fixed value in a policy: literals, rules that are one, data, and locals bound to it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.syntax import Syntax, reference
from gateway.pdp.tree import name_of, nodes, only

_REFERENCES = frozenset({"Var", "RefDot", "RefBrack"})
# Locals bound to locals, and rules that name rules, are followed this far.
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """A rule's surroundings: its module, and its locals with what each is bound to.

    ``iterated`` are locals that stand for each member of a collection.
    """

    syntax: Syntax
    bound: Mapping[str, JsonValue] = field(default_factory=dict)
    iterated: Mapping[str, JsonValue] = field(default_factory=dict)

    @classmethod
    def of(cls, syntax: Syntax, body: JsonObject) -> "Scope":
        """The scope of one rule body."""
        bound: dict[str, JsonValue] = {}
        iterated: dict[str, JsonValue] = {}
        for kind, node in nodes(body):
            if kind == "AssignExpr" and name_of(node.get("lhs")):
                bound[name_of(node.get("lhs"))] = node.get("rhs")
            elif kind == "SomeIn" and name_of(node.get("value")):
                iterated[name_of(node.get("value"))] = node.get("collection")
        return cls(syntax, bound, iterated)


class Constants:
    """Finds the fixed values that an expression can have."""

    def __init__(self, modules: Sequence[Syntax], data: JsonObject) -> None:
        self._data = data
        self._rules: defaultdict[tuple[str, ...], list[JsonValue]] = defaultdict(list)
        for syntax in modules:
            home = ("data", *syntax.package.split("."))
            for name, body in syntax.bodies:
                value = literal(_head_value(body))
                if value is not None:
                    self._rules[*home, name].append(value)

    def values(self, node: JsonValue, scope: Scope, depth: int = _DEPTH) -> Iterator[JsonValue]:
        """Every fixed value of an expression; none for what is computed."""
        if not depth:
            return
        value = literal(node)
        if value is not None:
            yield value
            return
        kind, body = only(node)
        if kind not in _REFERENCES:
            return
        parts = reference({kind: body})
        name = str(parts[0]) if parts else ""
        if name in scope.bound:
            for found in self.values(scope.bound[name], scope, depth - 1):
                yield from _below([found], parts[1:])
        elif name in scope.iterated:
            for found in self.values(scope.iterated[name], scope, depth - 1):
                yield from _below(_items(found), parts[1:])
        elif parts:
            yield from self._named(parts, scope.syntax)

    def _named(self, parts: tuple[str | None, ...], syntax: Syntax) -> Iterator[JsonValue]:
        path = _absolute(parts, syntax)
        if path[:1] != ("data",):
            return
        for rule, found in self._rules.items():
            if path[: len(rule)] == rule:
                yield from _below(found, path[len(rule) :])
        yield from _below([self._data], path[1:])


def literal(node: JsonValue) -> JsonValue:
    """The value of an expression that is written out in full; None for any other."""
    kind, body = only(node)
    if kind == "String":
        return str(body["value"])
    if kind == "Number":
        text = str(body["value"])
        return int(text) if text.isdigit() else None
    if kind in {"Set", "Array"}:
        items = body.get("items")
        # Members that are computed are left out: the others are compared with all the same.
        values = [literal(item) for item in items] if isinstance(items, list) else []
        return [value for value in values if value is not None]
    if kind == "Object":
        found: JsonObject = {}
        fields = body.get("fields")
        for entry in fields if isinstance(fields, list) else []:
            key, value = (literal(entry[1]), literal(entry[2])) if isinstance(entry, list) else (None, None)
            if isinstance(key, str):
                found[key] = value
        return found
    return None


def reached(parts: tuple[str | None, ...], syntax: Syntax) -> tuple[str, ...]:
    """A reference in full, up to where a variable stands in it."""
    path: list[str] = []
    for part in _absolute(parts, syntax) if parts else ():
        if part is None:
            break
        path.append(part)
    return tuple(path)


def _absolute(parts: tuple[str | None, ...], syntax: Syntax) -> tuple[str | None, ...]:
    first = str(parts[0])
    if first in {"data", "input"}:
        return parts
    if first in syntax.imports:
        return (*syntax.imports[first].split("."), *parts[1:])
    return ("data", *syntax.package.split("."), *parts)


def _below(values: Sequence[JsonValue], parts: Sequence[str | None]) -> Iterator[JsonValue]:
    """What stands under a path in each value; a None in the path stands for every key."""
    if not parts:
        yield from values
        return
    for value in values:
        if parts[0] is None:
            yield from _below(_items(value), parts[1:])
        elif isinstance(value, dict) and parts[0] in value:
            yield from _below([value[parts[0]]], parts[1:])


def _items(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _head_value(body: JsonObject) -> JsonValue:
    """What a rule's head gives it with ``:=``."""
    head = body.get("head")
    inner = next(iter(head.values()), None) if isinstance(head, dict) else None
    assign = inner.get("assign") if isinstance(inner, dict) else None
    return assign.get("value") if isinstance(assign, dict) else None

"""Finds references to input that no input has, such as ``input.subject.departmnt``."""

from collections.abc import Iterator

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.rego import Problem
from gateway.pdp.shapes import InputShape, Shape, UnknownField
from gateway.pdp.syntax import Syntax, reference
from gateway.pdp.tree import name_of, nodes, objects, only, place, statements, text_of
from gateway.pdp.world import Path


def input_problems(syntax: Syntax, inputs: InputShape) -> Iterator[Problem]:
    """One problem for each field that the schema does not know, with the nearest that it does."""
    source = syntax.module.text.encode()
    for rule in objects(syntax.tree["rules"]):
        starts = {"input": inputs.whole, **_members(rule, inputs)}
        for body, path in _longest(rule):
            start = starts.get(str(path[0]))
            try:
                if start is not None:
                    inputs.at(start, path[1:])
            except UnknownField as unknown:
                fix = f"did you mean {unknown.nearest}?" if unknown.nearest else f"see {inputs.name}"
                message = f"{text_of(body, source)}: the input has no field {unknown.field}"
                yield Problem(syntax.module.path, *place(body), message, fix)


def _members(rule: JsonObject, inputs: InputShape) -> dict[str, Shape]:
    """Variables that run through a part of the input, where one rule gives a name one meaning."""
    found: dict[str, list[Shape | None]] = {}
    for statement in statements(rule):
        kind, body = only(statement["literal"])
        if kind == "SomeIn" and name_of(body["value"]):
            found.setdefault(name_of(body["value"]), []).append(_items(body["collection"], inputs))
        elif kind == "Expr" and only(body["expr"])[0] == "AssignExpr":
            found.setdefault(name_of(only(body["expr"])[1]["lhs"]), []).append(None)
    return {name: shapes[0] for name, shapes in found.items() if len(shapes) == 1 and shapes[0]}


def _items(collection: JsonValue, inputs: InputShape) -> Shape | None:
    path = reference(collection) if isinstance(collection, dict) else ()
    try:
        shape = inputs.at(inputs.whole, path[1:]) if path and path[0] == "input" else None
    except UnknownField:
        # Told where the collection itself is looked at.
        return None
    return inputs.items(shape) if shape else None


def _longest(tree: JsonValue) -> Iterator[tuple[JsonObject, Path]]:
    """Every reference that is no part of a longer one."""
    inner: set[int] = set()
    for kind, body in nodes(tree):
        if kind in {"RefDot", "RefBrack"}:
            path = reference({kind: body})
            if path and id(body) not in inner:
                yield body, path
            inner.add(id(only(body["refr"])[1]))

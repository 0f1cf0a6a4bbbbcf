from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.rego import Module, RegoError, parse
from gateway.pdp.tokens import limit_problems


@dataclass(frozen=True, slots=True)
class Call:
    """A function that a module calls, by the name written there, and where; both count from 1."""

    name: str
    line: int
    column: int
    arguments: int


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the checks need to know of one parsed module.

    ``package`` is dotted, without ``data``, and empty where it is not made of plain names.
    ``imports`` maps each name in scope to its full path. ``bodies`` holds each rule's name
    and syntax tree without that name; ``tree`` is the whole as regorus gives it.
    """

    module: Module
    package: str
    imports: dict[str, str]
    rules: tuple[str, ...]
    bodies: tuple[tuple[str, JsonObject], ...]
    calls: tuple[Call, ...]
    tree: JsonObject


def read_syntax(module: Module) -> Syntax:
    """Parse a module; raises ``RegoError`` with the place of the first error."""
    tree = read_tree(module)
    bodies = tuple(_rules(tree))
    return Syntax(
        module=module,
        package=_package(tree),
        imports=dict(_imports(tree, module.text.encode())),
        rules=tuple(dict.fromkeys(name for name, _ in bodies)),
        bodies=bodies,
        calls=tuple(_calls(tree["rules"])),
        tree=tree,
    )


def read_tree(module: Module) -> JsonObject:
    """The syntax tree of a module that is within the limits; raises ``RegoError``."""
    for problem in limit_problems(module):
        raise RegoError(problem)
    return parse(module)


def _package(tree: JsonObject) -> str:
    package = tree["package"]
    return dotted(package["refr"]) if isinstance(package, dict) else ""


def _imports(tree: JsonObject, source: bytes) -> Iterator[tuple[str, str]]:
    for entry in _objects(tree["imports"]):
        path, alias = dotted(entry.get("refr")), entry.get("as")
        if isinstance(alias, dict):
            yield source[int(str(alias["start"])) : int(str(alias["end"]))].decode(), path
        else:
            yield path.rsplit(".", 1)[-1], path


def _rules(tree: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for rule in _objects(tree["rules"]):
        for part in _objects([rule.get("Spec"), rule.get("Default")]):
            name = _head_name(part)
            if name:
                yield name, _without_head_name(part)


def _head_name(node: JsonValue) -> str:
    """The first name of the first reference below a rule's head, which is the rule's own."""
    found = _head_reference(node)
    return str(reference(found)[0]) if found and reference(found) else ""


def _head_reference(node: JsonValue) -> JsonObject | None:
    if isinstance(node, dict) and isinstance(node.get("refr"), dict):
        refr = node["refr"]
        return refr if isinstance(refr, dict) else None
    children: list[JsonValue] = list(node.values()) if isinstance(node, dict) else []
    return next((found for found in map(_head_reference, children) if found), None)


def _without_head_name(part: JsonObject) -> JsonObject:
    """A rule but for the reference that names it, which is no use of itself."""
    head = part.get("head")
    if not isinstance(head, dict):
        return {key: value for key, value in part.items() if key != "refr"}
    kinds = {kind: _unnamed(body) for kind, body in head.items()}
    return {**part, "head": kinds}


def _unnamed(body: JsonValue) -> JsonValue:
    return {key: value for key, value in body.items() if key != "refr"} if isinstance(body, dict) else body


def reference(node: JsonObject) -> tuple[str | None, ...]:
    """The parts of a reference, None where a variable stands; empty for anything that is no reference."""
    variable, dot, bracket = node.get("Var"), node.get("RefDot"), node.get("RefBrack")
    if isinstance(variable, dict):
        return (str(variable["value"]),)
    inner = dot if isinstance(dot, dict) else bracket
    if not isinstance(inner, dict) or not isinstance(inner["refr"], dict):
        return ()
    base = reference(inner["refr"])
    return (*base, _part(inner)) if base else ()


def _part(inner: JsonObject) -> str | None:
    field, index = inner.get("field"), inner.get("index")
    if isinstance(field, list):
        return str(field[1])
    text = index.get("String") if isinstance(index, dict) else None
    return str(text["value"]) if isinstance(text, dict) else None


def _calls(node: JsonValue) -> Iterator[Call]:
    if isinstance(node, dict):
        call = node.get("Call")
        if isinstance(call, dict):
            span = call["span"]
            if isinstance(span, dict):
                params = call["params"]
                count = len(params) if isinstance(params, list) else 0
                yield Call(dotted(call["fcn"]), int(str(span["line"])), int(str(span["col"])), count)
        for child in node.values():
            yield from _calls(child)
    elif isinstance(node, list):
        for child in node:
            yield from _calls(child)


def dotted(node: JsonValue) -> str:
    """A reference as written, dotted; empty where it is not made of plain names."""
    if not isinstance(node, dict):
        return ""
    variable, dot = node.get("Var"), node.get("RefDot")
    if isinstance(variable, dict):
        return str(variable["value"])
    if isinstance(dot, dict):
        field = dot["field"]
        base = dotted(dot["refr"])
        return f"{base}.{field[1]}" if base and isinstance(field, list) else ""
    return ""


def _objects(values: JsonValue) -> Iterator[JsonObject]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))

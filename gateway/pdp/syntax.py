from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.rego import Module, parse


@dataclass(frozen=True, slots=True)
class Call:
    """A function that a module calls, by the name written there, and where; both count from 1."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Syntax:
    """What the checks need to know of one parsed module.

    ``package`` is dotted, without ``data``, and empty where it is not made of plain names.
    ``imports`` maps each name in scope to its full path.
    """

    module: Module
    package: str
    imports: dict[str, str]
    rules: tuple[str, ...]
    calls: tuple[Call, ...]


def read_syntax(module: Module) -> Syntax:
    """Parse a module; raises ``RegoError`` with the place of the first error."""
    tree = parse(module)
    return Syntax(
        module=module,
        package=_package(tree),
        imports=dict(_imports(tree, module.text.encode())),
        rules=tuple(dict.fromkeys(_rule_names(tree))),
        calls=tuple(_calls(tree["rules"])),
    )


def _package(tree: JsonObject) -> str:
    package = tree["package"]
    return _dotted(package["refr"]) if isinstance(package, dict) else ""


def _imports(tree: JsonObject, source: bytes) -> Iterator[tuple[str, str]]:
    for entry in _objects(tree["imports"]):
        path, alias = _dotted(entry.get("refr")), entry.get("as")
        if isinstance(alias, dict):
            yield source[int(str(alias["start"])) : int(str(alias["end"]))].decode(), path
        else:
            yield path.rsplit(".", 1)[-1], path


def _rule_names(tree: JsonObject) -> Iterator[str]:
    for rule in _objects(tree["rules"]):
        for head in _objects([rule.get("Spec"), rule.get("Default")]):
            name = _head_name(head)
            if name:
                yield name


def _head_name(node: JsonValue) -> str:
    """The first reference below a rule's head, which is the rule's own name."""
    if isinstance(node, dict):
        if "refr" in node:
            return _dotted(node["refr"])
        return next((name for name in map(_head_name, node.values()) if name), "")
    if isinstance(node, list):
        return next((name for name in map(_head_name, node) if name), "")
    return ""


def _calls(node: JsonValue) -> Iterator[Call]:
    if isinstance(node, dict):
        call = node.get("Call")
        if isinstance(call, dict):
            span = call["span"]
            if isinstance(span, dict):
                yield Call(_dotted(call["fcn"]), int(str(span["line"])), int(str(span["col"])))
        for child in node.values():
            yield from _calls(child)
    elif isinstance(node, list):
        for child in node:
            yield from _calls(child)


def _dotted(node: JsonValue) -> str:
    """A reference as written, dotted; empty where it is not made of plain names."""
    if not isinstance(node, dict):
        return ""
    variable, dot = node.get("Var"), node.get("RefDot")
    if isinstance(variable, dict):
        return str(variable["value"])
    if isinstance(dot, dict):
        field = dot["field"]
        base = _dotted(dot["refr"])
        return f"{base}.{field[1]}" if base and isinstance(field, list) else ""
    return ""


def _objects(values: JsonValue) -> Iterator[JsonObject]:
    if isinstance(values, list):
        yield from (value for value in values if isinstance(value, dict))

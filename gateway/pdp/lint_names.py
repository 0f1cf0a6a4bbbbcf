"""Names: how they are written, and whether anything uses what they name."""

import re
from collections.abc import Iterator

from gateway.domain import JsonObject
from gateway.pdp.checks import ENTRY_POINT, CheckedPolicy
from gateway.pdp.metadata import annotations
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax
from gateway.pdp.tree import nodes, objects, only, place, statements, variables
from gateway.pdp.world import Rule, World, spec_of

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*|_")
_LAYER_WORDS = frozenset({"allow", "deny", "backstop", "obligations"})


def name_warnings(syntax: Syntax) -> Iterator[Problem]:
    """Names of rules and variables that are no lower-case words with underscores."""
    for name in syntax.rules:
        if not _NAME.fullmatch(name):
            fix = "write it in lower case with underscores"
            yield Problem(syntax.module.path, *place(spec_of(syntax, name)), f"rule {name}", fix)


def unused_warnings(policy: CheckedPolicy) -> Iterator[Problem]:
    """Imports, rules and assigned variables that nothing uses."""
    world = World(policy.modules, policy.source.data)
    used = {name for syntax in (*policy.modules, *policy.tests) for name in _words(syntax)}
    for syntax in (*policy.modules, *policy.tests):
        yield from _unused_imports(syntax)
        yield from _unused_variables(syntax)
    for path, rule in world.rules.items():
        if path[-1] not in used and not _asked_from_outside(path, rule):
            body = (rule.specs or rule.defaults)[0][1]
            fix = "remove it, or say in METADATA that it is an entry point"
            yield Problem(rule.module.module.path, *place(body), f"rule {path[-1]} is never used", fix)


def _asked_from_outside(path: tuple[str, ...], rule: Rule) -> bool:
    if ".".join(path) == ENTRY_POINT or path[-1] in _LAYER_WORDS:
        return True
    return any(each.entrypoint and each.subject == path[-1] for each in annotations(rule.module.module))


def _words(syntax: Syntax) -> Iterator[str]:
    """Every name that a module reads: variables, fields, keys in brackets, and functions."""
    heads = {id(node) for rule in objects(syntax.tree["rules"]) for node in _head(rule)}
    for kind, body in nodes(syntax.tree["rules"]):
        if id(body) in heads:
            continue
        if kind in {"Var", "String"}:
            yield str(body["value"])
        elif kind == "RefDot":
            field = body["field"]
            yield str(field[1]) if isinstance(field, list) else ""
    for target in syntax.imports.values():
        yield from target.split(".")


def _head(rule: JsonObject) -> Iterator[JsonObject]:
    kind, body = only(rule)
    head = body if kind == "Default" else only(body.get("head"))[1]
    yield from (node for _, node in nodes(head.get("refr")))


def _unused_imports(syntax: Syntax) -> Iterator[Problem]:
    read = {str(body["value"]) for kind, body in nodes(syntax.tree["rules"]) if kind == "Var"}
    entries = objects(syntax.tree["imports"])
    for entry, alias in zip(entries, syntax.imports, strict=False):
        if alias not in read and not syntax.imports[alias].startswith(("rego", "future")):
            yield Problem(syntax.module.path, *place(entry), f"import {alias} is never used", "remove it")


def _unused_variables(syntax: Syntax) -> Iterator[Problem]:
    for rule in objects(syntax.tree["rules"]):
        read = [str(body["value"]) for kind, body in nodes(rule) if kind == "Var"]
        for statement in statements(rule):
            kind, body = only(statement["literal"])
            inner, assign = only(body.get("expr")) if kind == "Expr" else ("", {})
            if inner == "AssignExpr" and assign["op"] == "ColEq":
                for name in variables(assign["lhs"]):
                    # Once where it is assigned, and nowhere else.
                    if name != "_" and read.count(name) == 1:
                        fix = "remove it, or call it _"
                        message = f"variable {name} is never used"
                        yield Problem(syntax.module.path, *place(statement), message, fix)

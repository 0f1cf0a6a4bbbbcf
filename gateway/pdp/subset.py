"""Refuses the constructs of Rego in which an embedded form is missing or known to be wrong.

What stands here follows from running OPA's own conformance cases (``CONFORMANCE.md``): no case that passes
these checks is answered otherwise than by OPA.
"""

from collections.abc import Iterator

from gateway.domain import JsonObject
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax, reference
from gateway.pdp.tree import CLOSURES, nodes, objects, only, place, statements
from gateway.pdp.world import Path, World, resolved


def subset_problems(syntax: Syntax, world: World) -> Iterator[Problem]:
    """One problem for each construct of a module that lies outside of the subset."""
    for tree in objects(syntax.tree["rules"]):
        kind, body = only(tree)
        yield from _default(syntax, body) if kind == "Default" else _head(syntax, body)
        yield from _withs(syntax, body)
        yield from _packages(syntax, body, world)
        yield from _number_keys(syntax, body, world)


def kind_problems(world: World) -> Iterator[Problem]:
    """One problem for each rule that is defined as two kinds of thing, or has two defaults."""
    for path, rule in world.rules.items():
        name = path[-1]
        if len(rule.kinds) > 1:
            syntax, body = rule.specs[-1]
            kinds = " and ".join(sorted(rule.kinds))
            yield Problem(
                syntax.module.path, *place(body), f"{name} is defined as {kinds}", "rename one of them"
            )
        if len(rule.defaults) > 1:
            syntax, body = rule.defaults[-1]
            yield Problem(syntax.module.path, *place(body), f"{name} has two defaults", "keep one of them")


def _default(syntax: Syntax, body: JsonObject) -> Iterator[Problem]:
    path = syntax.module.path
    if objects(body.get("args")):
        fix = "write it as another rule of the function, with the condition under which it holds"
        yield Problem(path, *place(body), "a function can have no default here", fix)
    elif any(kind in {*CLOSURES, "Call", "Var"} for kind, _ in nodes(body.get("value"))):
        fix = "give it a constant, or write rule := ... if not ..."
        yield Problem(path, *place(body), "a default can only be a constant here", fix)


def _head(syntax: Syntax, body: JsonObject) -> Iterator[Problem]:
    head_kind, head = only(body.get("head"))
    kind, refr = only(head.get("refr"))
    if kind == "Var":
        return
    one_bracket = kind == "RefBrack" and only(refr["refr"])[0] == "Var"
    if one_bracket and head_kind == "Compr" and only(refr["index"])[0] not in {"String", "Number", "Bool"}:
        return
    fix = "name a rule by one word; for fixed keys, write one object: rule := {key: value}"
    yield Problem(syntax.module.path, *place(head), "a rule's name can have no path or fixed key here", fix)


def _withs(syntax: Syntax, body: JsonObject) -> Iterator[Problem]:
    fix = "pass the value to a function instead; with belongs in tests"
    for statement in statements(body):
        for modifier in objects(statement.get("with_mods")):
            at = place(only(modifier["refr"])[1])
            yield Problem(syntax.module.path, *at, "with is allowed in tests alone", fix)


def _packages(syntax: Syntax, body: JsonObject, world: World) -> Iterator[Problem]:
    fix = "name the rule: every rule of a package would be evaluated"
    head = only(body.get("head"))[1].get("refr")
    own = {id(node) for _, node in nodes(head)}
    for node, path in _references(body, syntax):
        if id(node) not in own and _covers_package(path, world):
            yield Problem(syntax.module.path, *place(node), "a whole package can be no value here", fix)


def _number_keys(syntax: Syntax, body: JsonObject, world: World) -> Iterator[Problem]:
    for kind, node in nodes(body):
        if kind == "RefBrack" and only(node["index"])[0] == "Number":
            path = reference({kind: node})
            if path and _leads_away(path, syntax) and world.is_object(resolved(path, syntax)[:-1]):
                at = place(only(node["index"])[1])
                fix = "write the key as text: keys of objects in data files are text"
                yield Problem(syntax.module.path, *at, "an object in data has no key that is a number", fix)


def _covers_package(path: Path, world: World) -> bool:
    return path[0] == "data" and any(
        len(path) <= len(package)
        and all(part in {None, there} for part, there in zip(path, package, strict=False))
        for package in world.packages
    )


def _references(tree: JsonObject, syntax: Syntax) -> Iterator[tuple[JsonObject, Path]]:
    """Every longest reference below a node that can lead to data, calls left out."""
    inner: set[int] = set()
    for kind, body in nodes(tree):
        if kind == "Call":
            inner.update(id(each) for _, each in nodes(body["fcn"]))
        elif kind in {"RefDot", "RefBrack", "Var"}:
            found = reference({kind: body})
            if id(body) not in inner and found and _leads_away(found, syntax):
                yield body, resolved(found, syntax)
            if kind != "Var":
                inner.update(_spine(body))


def _leads_away(path: Path, syntax: Syntax) -> bool:
    return path[0] == "data" or path[0] in syntax.imports


def _spine(body: JsonObject) -> Iterator[int]:
    """The shorter references that a reference is made of."""
    kind, inner = only(body["refr"])
    while kind in {"RefDot", "RefBrack", "Var"}:
        yield id(inner)
        kind, inner = only(inner.get("refr"))

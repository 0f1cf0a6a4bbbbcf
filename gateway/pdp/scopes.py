"""Finds variables that have no value where they are used, which OPA calls unsafe.

The compiler finds them too, but only in what the entry point reaches; this reads every rule and function.
What may give a value counts as giving one (``x = y`` gives both), so whatever is reported here is unsafe for
certain.
"""

from collections.abc import Iterator, Mapping

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.builtins import ARITY
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax, dotted
from gateway.pdp.tree import CLOSURES, name_of, nodes, objects, only, place, text_of, variables
from gateway.pdp.world import World

_ANY = "_"
_Names = frozenset[str]
_NAMED_FROM_OUTSIDE = frozenset({"input", "data"})


def scope_problems(syntax: Syntax, world: World) -> Iterator[Problem]:
    """One problem for each place where a variable of ``syntax`` has no value."""
    known = _NAMED_FROM_OUTSIDE | frozenset(syntax.imports) | frozenset(world.siblings(syntax))
    reading = _Reading(syntax, known, world.arities(syntax, ARITY))
    for rule in objects(syntax.tree["rules"]):
        yield from reading.rule(only(rule)[1])


class _Reading:
    def __init__(self, syntax: Syntax, known: _Names, arities: Mapping[str, int]) -> None:
        self._path = syntax.module.path
        self._source = syntax.module.text.encode()
        self._known = known
        self._arities = arities

    def rule(self, spec: JsonObject) -> Iterator[Problem]:
        _, head = only(spec.get("head"))
        scope = self._known | frozenset(name for arg in objects(head.get("args")) for name in variables(arg))
        bodies = objects(spec.get("bodies"))
        first, *others = bodies or [{}]
        yield from self._closure(first, scope, [head.get("assign"), head.get("key"), _brackets(head)])
        for other in others:
            yield from self._closure(other, scope, [other.get("assign")])

    def _closure(self, body: JsonObject, outer: _Names, terms: list[JsonValue]) -> Iterator[Problem]:
        """What is unsafe in a query and in the terms that stand before it."""
        query = body.get("query")
        statements = objects(query.get("stmts")) if isinstance(query, dict) else ()
        scope = outer.union(*(self._given(each) for each in statements), self._bracketed(terms))
        for statement in statements:
            yield from self._statement(statement, scope)
        yield from self._uses(terms, scope)

    def _given(self, statement: JsonObject) -> Iterator[str]:
        """The variables that a statement gives values to."""
        kind, body = only(statement["literal"])
        if kind == "SomeIn":
            yield from variables(body["key"])
            yield from variables(body["value"])
            yield from self._bracketed(body["collection"])
        elif kind == "SomeVars":
            yield from (text_of(span, self._source) for span in objects(body["vars"]))
        elif kind == "Every":
            yield from self._bracketed(body["domain"])
        elif kind == "Expr":
            yield from self._given_by(body["expr"])

    def _given_by(self, expression: JsonValue) -> Iterator[str]:
        kind, body = only(expression)
        if kind == "AssignExpr":
            yield from variables(body["lhs"])
            yield from variables(body["rhs"] if body["op"] == "Eq" else None)
        elif kind == "Call":
            params = body["params"]
            # One argument more than a function takes is where its answer goes; of a function that is not
            # known, which is told elsewhere, it may be the last.
            arity = self._arities.get(dotted(body["fcn"]), -1)
            if isinstance(params, list) and params and arity in {-1, len(params) - 1}:
                yield from variables(params[-1])
        yield from self._bracketed(expression)

    def _bracketed(self, node: JsonValue) -> Iterator[str]:
        """Variables in brackets run through all keys."""
        for kind, body in nodes(node, closures=False):
            if kind == "RefBrack":
                yield from variables(body["index"])

    def _statement(self, statement: JsonObject, scope: _Names) -> Iterator[Problem]:
        kind, body = only(statement["literal"])
        for modifier in objects(statement.get("with_mods")):
            if not self._function(modifier["as"]):
                yield from self._uses(modifier["as"], scope)
        if kind == "Every":
            yield from self._uses(body["domain"], scope)
            own = frozenset(text_of(body[part], self._source) for part in ("key", "value"))
            yield from self._closure(body, scope | own, [])
        elif kind == "NotExpr":
            yield from self._wildcards(body["expr"])
            yield from self._uses(body["expr"], scope)
        elif kind != "SomeVars":
            yield from self._uses(body, scope)

    def _function(self, node: JsonValue) -> bool:
        # A function can stand in for another, by its name alone.
        name = dotted(node)
        return name in self._arities

    def _uses(self, node: JsonValue, scope: _Names) -> Iterator[Problem]:
        if isinstance(node, list):
            for each in node:
                yield from self._uses(each, scope)
        if not isinstance(node, dict):
            return
        for kind, body in node.items():
            if kind in CLOSURES and isinstance(body, dict):
                yield from self._closure(body, scope, [body.get(part) for part in ("term", "key", "value")])
            elif kind == "Var" and isinstance(body, dict):
                yield from self._use(body, scope)
            elif kind == "Call" and isinstance(body, dict):
                # The name of a function is no variable; a call of an unknown one is told elsewhere.
                yield from self._uses(body["params"], scope)
            elif kind not in {"span", "field"}:
                yield from self._uses(body, scope)

    def _use(self, body: JsonObject, scope: _Names) -> Iterator[Problem]:
        name = str(body["value"])
        if name != _ANY and name not in scope:
            fix = f"give {name} a value in this body with := or some {name} in ..."
            yield Problem(self._path, *place(body), f"variable {name} has no value here", fix)

    def _wildcards(self, node: JsonValue) -> Iterator[Problem]:
        for kind, body in nodes(node, closures=False):
            if kind == "RefBrack" and name_of(body["index"]) == _ANY:
                fix = "write a rule or comprehension for what must not be found, and negate that"
                yield Problem(self._path, *place(only(body["index"])[1]), "_ has no value below not", fix)


def _brackets(head: JsonObject) -> list[JsonValue]:
    return [body["index"] for kind, body in nodes(head.get("refr")) if kind == "RefBrack"]

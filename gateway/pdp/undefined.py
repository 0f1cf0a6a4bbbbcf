"""Finds values that may be undefined in places where the engines disagree about them.

Measured on OPA and both embedded forms: the compiled form takes an undefined value of a comprehension, of a
member of a set or object, of an ``else`` or of a variable that nothing tests, for a value; and below ``not``
both forms take an undefined argument for "no", where OPA has no answer. So such a value must be certain.
"""

from collections.abc import Iterator, Mapping, Sequence

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.certainty import Certainty, Known, Scope
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax
from gateway.pdp.tree import CLOSURES, name_of, nodes, objects, only, place, text_of, variables

_UNALIKE = "this may be undefined, which the engines treat unalike"
_READ = 'read it with object.get(x, "key", default), or test it in the body first'
_BELOW_NOT = "read it with object.get, or move the expression into a rule of its own and negate that rule"
_OPERANDS = frozenset({"Var", "RefDot", "RefBrack", "Call", "String", "RawString", "Number", "Bool", "Null"})


def undefined_problems(syntax: Syntax, certainty: Certainty) -> Iterator[Problem]:
    """One problem for each uncertain value in such a place."""
    reading = _Reading(syntax, certainty)
    for rule in objects(syntax.tree["rules"]):
        kind, body = only(rule)
        if kind == "Spec":
            yield from reading.rule(body)


class _Reading:
    def __init__(self, syntax: Syntax, certainty: Certainty) -> None:
        self._syntax = syntax
        self._source = syntax.module.text.encode()
        self._certainty = certainty

    def rule(self, spec: JsonObject) -> Iterator[Problem]:
        kind, head = only(spec.get("head"))
        scope: Scope = {name: Known() for arg in objects(head.get("args")) for name in variables(arg)}
        first, *others = objects(spec.get("bodies")) or [{}]
        value = _value(head.get("assign"))
        member = kind == "Set" or only(head.get("refr"))[0] == "RefBrack"
        strict = [head.get("key"), *_keys(head)] + ([value] if member or others else [])
        yield from self._body(first, scope, strict, [] if member or others else [value])
        for other in others:
            yield from self._body(other, scope, [_value(other.get("assign"))], [])

    def _body(
        self, body: JsonObject, outer: Scope, certain: list[JsonValue], free: list[JsonValue]
    ) -> Iterator[Problem]:
        """What is wrong in a query and in the terms before it, of which some must be ``certain``."""
        query = body.get("query")
        stmts = objects(query.get("stmts")) if isinstance(query, dict) else ()
        scope = self._scope(stmts, outer)
        for statement in stmts:
            yield from self._statement(statement, stmts, scope)
        for term in certain:
            yield from self._uncertain(term, scope, _UNALIKE, _READ)
        for term in [*certain, *free]:
            yield from self._closures(term, scope)

    def _scope(self, stmts: Sequence[JsonObject], outer: Scope) -> Scope:
        scope = dict(outer)
        for statement in stmts:
            kind, body = only(statement["literal"])
            if kind == "SomeIn":
                items = self._certainty.items(body["collection"], scope)
                scope.update({name: Known() for name in variables(body["key"])})
                scope.update({name: Known() for name in variables(body["value"])})
                scope.update({name_of(body["value"]): Known(items)} if name_of(body["value"]) else {})
            elif kind == "Expr":
                scope.update(self._assigned(body["expr"], scope))
        return scope

    def _assigned(self, expression: JsonValue, scope: Scope) -> Mapping[str, Known]:
        kind, body = only(expression)
        if kind != "AssignExpr":
            return {}
        shape = self._certainty.shape(body["rhs"], scope)
        return {name: Known(shape) for name in variables(body["lhs"])}

    def _statement(
        self, statement: JsonObject, stmts: Sequence[JsonObject], scope: Scope
    ) -> Iterator[Problem]:
        kind, body = only(statement["literal"])
        if kind == "NotExpr":
            yield from self._negated(body["expr"], scope)
        elif kind == "Every":
            yield from self._every(body, scope)
            return
        elif kind == "Expr" and only(body["expr"])[0] == "AssignExpr":
            yield from self._assignment(only(body["expr"])[1], statement, stmts, scope)
        yield from self._closures(body, scope)

    def _every(self, body: JsonObject, scope: Scope) -> Iterator[Problem]:
        yield from self._closures(body["domain"], scope)
        items = self._certainty.items(body["domain"], scope)
        own = {
            text_of(body["key"], self._source): Known(),
            text_of(body["value"], self._source): Known(items),
        }
        yield from self._body(body, {**scope, **own}, [], [])

    def _assignment(
        self, body: JsonObject, statement: JsonObject, stmts: Sequence[JsonObject], scope: Scope
    ) -> Iterator[Problem]:
        names = set(variables(body["lhs"]))
        others = [each for each in stmts if each is not statement]
        if not any(names & _tested(each) for each in others):
            message = "this may be undefined, and nothing in the body tests it"
            yield from self._uncertain(body["rhs"], scope, message, _READ)

    def _negated(self, expression: JsonValue, scope: Scope) -> Iterator[Problem]:
        message = "this may be undefined, and below not that has no answer in OPA and is true here"
        for part in _hoisted(expression):
            yield from self._uncertain(part, scope, message, _BELOW_NOT)

    def _uncertain(self, node: JsonValue, scope: Scope, message: str, fix: str) -> Iterator[Problem]:
        found = self._certainty.uncertain(node, self._syntax, scope)
        if found is not None:
            written = text_of(found, self._source)
            yield Problem(self._syntax.module.path, *place(found), f"{written}: {message}", fix)

    def _closures(self, node: JsonValue, scope: Scope) -> Iterator[Problem]:
        for kind, body in nodes(node, closures=False):
            if kind in CLOSURES:
                yield from self._body(body, scope, [body.get(part) for part in ("term", "key", "value")], [])


def _value(assign: JsonValue) -> JsonValue:
    return assign.get("value") if isinstance(assign, dict) else None


def _keys(head: JsonObject) -> list[JsonValue]:
    return [body["index"] for kind, body in nodes(head.get("refr")) if kind == "RefBrack"]


def _tested(statement: JsonObject) -> set[str]:
    """The variables that a statement needs a value of, so that it fails without one."""
    kind, body = only(statement["literal"])
    if kind == "SomeIn":
        return {name_of(body["collection"])}
    if kind == "Every":
        return {name_of(body["domain"])}
    if kind != "Expr" or only(body["expr"])[0] == "AssignExpr":
        return set()
    return {str(inner["value"]) for kind, inner in nodes(body["expr"], closures=False) if kind == "Var"}


def _hoisted(expression: JsonValue) -> Iterator[JsonValue]:
    """The parts of a negated expression that OPA evaluates before it, outside of the negation."""
    kind, body = only(expression)
    if kind == "BoolExpr" and body["op"] == "Eq":
        for side in (body["lhs"], body["rhs"]):
            # A plain reference is looked up below the negation.
            yield from _inside(side) if only(side)[0] in {"Var", "RefDot", "RefBrack"} else [side]
    elif kind in {"Var", "RefDot", "RefBrack", "Call"}:
        yield from _inside(expression)
    else:
        yield expression


def _inside(reference: JsonValue) -> Iterator[JsonValue]:
    """What stands in the brackets of a reference, and a call's arguments."""
    kind, body = only(reference)
    while kind in {"RefDot", "RefBrack"}:
        if kind == "RefBrack":
            yield body["index"]
        kind, body = only(body["refr"])
    if kind == "Call":
        params = body["params"]
        yield from params if isinstance(params, list) else ()

"""Whether an expression of a policy has a value on every input that the schema allows."""

from dataclasses import dataclass

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.builtins import MAY_FAIL
from gateway.pdp.shapes import InputShape, Shape, UnknownField
from gateway.pdp.syntax import Syntax, dotted, reference
from gateway.pdp.tree import CLOSURES, objects, only, variables
from gateway.pdp.world import Path, Rule, World, called, resolved


@dataclass(frozen=True, slots=True)
class Known:
    """A local variable; ``shape`` says what of the input it is, if it is any."""

    shape: Shape | None = None


Scope = dict[str, Known]


class Certainty:
    """Judges expressions; what it cannot judge is uncertain.

    A builtin counts as certain unless it is in ``MAY_FAIL``: that its arguments have the right types is what
    tests and the gate show.
    ``inputs`` is None where no schema speaks of the input.
    """

    def __init__(self, world: World, inputs: InputShape | None) -> None:
        self._world = world
        self._inputs = inputs
        self._judged: dict[tuple[str, ...], bool] = {}

    def uncertain(self, node: JsonValue, syntax: Syntax, scope: Scope) -> JsonObject | None:
        """The first part of an expression that may be undefined; None if none is."""
        kind, body = only(node)
        if not kind or kind in CLOSURES:
            return None
        if kind in {"Var", "RefDot", "RefBrack"}:
            return self._reference(node, body, syntax, scope)
        if kind == "Call":
            return self._call(body, syntax, scope)
        return self._first(body, syntax, scope)

    def shape(self, node: JsonValue, scope: Scope) -> Shape | None:
        """What of the input an expression is."""
        path = reference(node) if isinstance(node, dict) else ()
        if not path or self._inputs is None:
            return None
        known = scope.get(str(path[0]))
        start = known.shape if known else self._inputs.whole if path[0] == "input" else None
        return self._follow(start, path[1:])

    def items(self, collection: JsonValue, scope: Scope) -> Shape | None:
        """What of the input the members of a collection are."""
        shape = self.shape(collection, scope)
        return self._inputs.items(shape) if shape and self._inputs else None

    def _follow(self, start: Shape | None, path: Path) -> Shape | None:
        if start is None or self._inputs is None:
            return None
        try:
            return self._inputs.at(start, path)
        except UnknownField:
            return None

    def _reference(
        self, node: JsonValue, body: JsonObject, syntax: Syntax, scope: Scope
    ) -> JsonObject | None:
        path = reference(node) if isinstance(node, dict) else ()
        if not path:
            return body
        if str(path[0]) in scope or path[0] == "input":
            shape = self.shape(node, scope)
            return None if len(path) == 1 or (shape and shape.certain) else body
        away = resolved(path, syntax)
        if away[0] == "data" and self._local(path, away, syntax):
            return None if len(path) == 1 else body
        return None if self._away(away) else body

    def _local(self, path: Path, away: Path, syntax: Syntax) -> bool:
        """Whether a name is a variable of the body, which has a value there (``scopes.py`` sees to that)."""
        first = str(path[0])
        return first != "data" and first not in syntax.imports and self._world.rule_at(away)[0] is None

    def _away(self, path: Path) -> bool:
        rule, rest = self._world.rule_at(path)
        if rule is not None:
            return not rest and self._rule(rule)
        return self._world.data_at(path)

    def _rule(self, rule: Rule) -> bool:
        if rule.partial or rule.defaults:
            return True
        if rule.path not in self._judged:
            # A rule that needs itself is refused elsewhere; here it only must not turn in a circle.
            self._judged[rule.path] = False
            self._judged[rule.path] = any(self._always(syntax, spec) for syntax, spec in rule.specs)
        return self._judged[rule.path]

    def _always(self, syntax: Syntax, spec: JsonObject) -> bool:
        """Whether one definition holds without a condition, and its value is certain."""
        _, head = only(spec.get("head"))
        args = objects(head.get("args"))
        plain = all(only(arg)[0] == "Var" for arg in args)
        scope: Scope = {name: Known() for arg in args for name in variables(arg)}
        bodies = objects(spec.get("bodies"))
        assign = head.get("assign")
        value = assign.get("value") if isinstance(assign, dict) else None
        return plain and not bodies and self.uncertain(value, syntax, scope) is None

    def _call(self, body: JsonObject, syntax: Syntax, scope: Scope) -> JsonObject | None:
        path = called(body, syntax)
        rule, rest = self._world.rule_at(path) if path else (None, ())
        if rule is not None and not rest and not self._rule(rule):
            return body
        if dotted(body["fcn"]) in MAY_FAIL and not self._instant(body["params"], scope):
            return body
        return self._first({"params": body["params"]}, syntax, scope)

    def _instant(self, params: JsonValue, scope: Scope) -> bool:
        """Whether the only argument is an instant of the input, which its schema makes sure of."""
        shape = self.shape(params[0], scope) if isinstance(params, list) and len(params) == 1 else None
        return shape is not None and shape.certain and shape.schema.get("format") == "date-time"

    def _first(self, body: JsonValue, syntax: Syntax, scope: Scope) -> JsonObject | None:
        """The first uncertain part among the children of a node."""
        if isinstance(body, list):
            found = (self._first(each, syntax, scope) for each in body)
            return next((each for each in found if each is not None), None)
        if not isinstance(body, dict):
            return None
        if only(body)[0]:
            return self.uncertain(body, syntax, scope)
        inner = (self._first(each, syntax, scope) for key, each in body.items() if key != "span")
        return next((each for each in inner if each is not None), None)

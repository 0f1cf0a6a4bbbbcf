"""Says which statement of a failed test did not hold, what it compared, and on which input."""

from dataclasses import dataclass

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.checks import CheckedPolicy
from gateway.pdp.rego import Interpreter, Module, RegoError, Undefined
from gateway.pdp.syntax import Syntax
from gateway.pdp.tree import name_of, objects, only, place, statements, text_of
from gateway.pdp.world import spec_of

_ASKED = "custody_asked"


@dataclass(frozen=True, slots=True)
class Failure:
    """The first statement of a test that did not hold, after which nothing was evaluated.

    ``got`` and ``expected`` are what a comparison compared; ``unknown`` stands for a side without a value.
    ``input`` is that of the latest statement before it that gave one.
    """

    line: int
    statement: str
    compared: bool
    got: JsonValue
    expected: JsonValue
    input: JsonValue


def explain(policy: CheckedPolicy, syntax: Syntax, rule: str) -> Failure | None:
    """Why a failed test failed; None where its form does not say (several bodies, or none)."""
    spec = spec_of(syntax, rule)
    bodies = objects(spec.get("bodies"))
    query = bodies[0].get("query") if len(bodies) == 1 else None
    stmts = objects(query.get("stmts")) if isinstance(query, dict) else ()
    asking = _Asking(policy, syntax)
    for number, statement in enumerate(stmts):
        before = [asking.text(each) for each in stmts[:number]]
        if asking.value("true", [*before, asking.text(statement)]) is not True:
            return asking.failure(statement, before, list(stmts[: number + 1]))
    return None


class _Asking:
    def __init__(self, policy: CheckedPolicy, syntax: Syntax) -> None:
        self._source = policy.source
        self._syntax = syntax
        self._bytes = syntax.module.text.encode()
        self._imports = [text_of(each, self._bytes) for each in objects(syntax.tree["imports"])]

    def text(self, node: JsonObject) -> str:
        return text_of(node, self._bytes)

    def value(self, term: str, body: list[str]) -> JsonValue:
        """The value of a term after the statements of a body; None where it has none."""
        text = "\n".join(
            [
                f"package {self._syntax.package}",
                *self._imports,
                f"{_ASKED} := {term} if {{",
                "true",
                *body,
                "}",
            ]
        )
        modules = (*self._source.modules, *self._source.tests, Module(f"{_ASKED}.rego", text))
        try:
            interpreter = Interpreter(modules, self._source.data)
            return interpreter.evaluate(f"data.{self._syntax.package}.{_ASKED}", None)
        except (RegoError, Undefined):
            return None

    def failure(self, statement: JsonObject, before: list[str], tried: list[JsonObject]) -> Failure:
        kind, body = only(statement["literal"])
        compared_kind, sides = only(body.get("expr")) if kind == "Expr" else ("", {})
        compared = compared_kind == "BoolExpr" and not statement.get("with_mods")
        got, expected = (
            (self.value(self._side(sides[side]), before) for side in ("lhs", "rhs"))
            if compared
            else (None, None)
        )
        return Failure(
            place(statement)[0], self.text(statement), compared, got, expected, self._input(before, tried)
        )

    def _side(self, node: JsonValue) -> str:
        return self.text(only(node)[1])

    def _input(self, before: list[str], tried: list[JsonObject]) -> JsonValue:
        found: JsonValue = None
        for statement in statements(list(tried)):
            for modifier in objects(statement.get("with_mods")):
                if name_of(modifier["refr"]) == "input":
                    given = self.value(self._side(modifier["as"]), before)
                    found = given if given is not None else found
        return found

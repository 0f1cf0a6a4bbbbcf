"""Finds calls of functions that a policy may not call, does not have, or calls with too many arguments."""

from collections.abc import Iterator

from gateway.pdp.builtins import ARITY, instead_of
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax
from gateway.pdp.world import World


def call_problems(syntax: Syntax, world: World, *, complete: bool = True) -> Iterator[Problem]:
    """One problem for each such call; while the world is not ``complete``, none of what may be missing."""
    known = world.arities(syntax, ARITY)
    for call in syntax.calls:
        wanted = known.get(call.name)
        if wanted is None and (complete or not _elsewhere(call.name, syntax)):
            message = (
                f"function {call.name or 'of a computed name'} is unknown or not allowed: "
                "decisions depend on their input alone"
            )
            fix = instead_of(call.name, frozenset(known))
            yield Problem(syntax.module.path, call.line, call.column, message, fix)
        # One argument more is where the answer goes.
        elif wanted is not None and call.arguments not in {wanted, wanted + 1}:
            message = f"function {call.name} takes {wanted} arguments, not {call.arguments}"
            yield Problem(syntax.module.path, call.line, call.column, message)


def _elsewhere(name: str, syntax: Syntax) -> bool:
    return name.split(".", 1)[0] in {"data", *syntax.imports}

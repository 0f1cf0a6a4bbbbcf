"""Compiles every rule, so that what the compiler refuses is known before a decision needs it."""

from collections.abc import Iterator, Sequence

from gateway.domain import JsonObject
from gateway.pdp.columns import Columns
from gateway.pdp.rego import Problem, RegoError, compile_rules
from gateway.pdp.syntax import Syntax

_BATCH = 32
"""Entry points compiled at once: each costs a pass over all modules, and 255 overflow the registers."""

_FIX = "see the subset of Rego in policies/README.md"


def compile_problems(modules: Sequence[Syntax], data: JsonObject) -> Iterator[Problem]:
    """One problem for each rule that cannot be compiled."""
    rules = [f"data.{syntax.package}.{rule}" for syntax in modules for rule in syntax.rules]
    columns = {syntax.module.path: Columns(syntax.module.text) for syntax in modules}
    for rule in _suspects(modules, data, rules):
        problem = _refused(modules, data, [rule])
        if problem is not None:
            message = problem.message if problem.path else f"{rule}: {problem.message}"
            told = columns.get(problem.path)
            column = told.counted(problem.line, problem.column) if told else problem.column
            yield Problem(problem.path or "main.rego", problem.line, column, message, _FIX)


def _suspects(modules: Sequence[Syntax], data: JsonObject, rules: Sequence[str]) -> Iterator[str]:
    """The rules of every batch that is refused as a whole."""
    for start in range(0, len(rules), _BATCH):
        batch = rules[start : start + _BATCH]
        if _refused(modules, data, batch) is not None:
            yield from batch


def _refused(modules: Sequence[Syntax], data: JsonObject, rules: Sequence[str]) -> Problem | None:
    try:
        compile_rules([syntax.module for syntax in modules], data, rules)
    except RegoError as error:
        return error.problem
    return None

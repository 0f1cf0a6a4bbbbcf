"""Compiles every rule, so that what the compiler refuses is known before a decision needs it."""

from collections.abc import Iterator, Sequence

from gateway.pdp.columns import Columns
from gateway.pdp.rego import Problem, RegoError, compile_rules
from gateway.pdp.source import PolicySource
from gateway.pdp.syntax import Syntax

_FIX = "see the subset of Rego in policies/README.md"


def compile_problems(source: PolicySource, modules: Sequence[Syntax]) -> Iterator[Problem]:
    """One problem for each rule that cannot be compiled; one that several rules share comes once."""
    rules = [f"data.{syntax.package}.{rule}" for syntax in modules for rule in syntax.rules]
    if _refused(source, rules) is None:
        return
    columns = {module.path: Columns(module.text) for module in source.modules}
    for rule in rules:
        problem = _refused(source, [rule])
        if problem is not None:
            message = problem.message if problem.path else f"{rule}: {problem.message}"
            told = columns.get(problem.path)
            column = told.counted(problem.line, problem.column) if told else problem.column
            yield Problem(problem.path or "main.rego", problem.line, column, message, _FIX)


def _refused(source: PolicySource, rules: Sequence[str]) -> Problem | None:
    try:
        compile_rules(source.modules, source.data, rules)
    except RegoError as error:
        return error.problem
    return None

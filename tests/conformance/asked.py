"""Asks both forms of the embedded engine one case; run as a program, a line in for a line out.

A program of its own, because a module can end the process that evaluates it.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from gateway.pdp.language import language_problems
from gateway.pdp.rego import CompiledPolicy, Interpreter, Module, RegoError, Undefined
from gateway.pdp.syntax import read_syntax
from tests.conformance.cases import Case

Verdict = Literal["passes", "differs", "refuses", "accepts", "not asked"]
"""``refuses``: no answer where OPA has one. ``accepts``: an answer where OPA refuses."""

_NOTHING = object()


@dataclass(frozen=True)
class Asked:
    """How one case came out: whether the checks take its modules, and what each form did."""

    taken: bool
    interpreter: Verdict
    compiled: Verdict


def ask(case: Case) -> Asked:
    """Check and ask one case."""
    modules = [Module(f"module_{number}.rego", text) for number, text in enumerate(case.modules)]
    return Asked(
        taken=_taken(modules, case.data),
        interpreter=_verdict(case, lambda text: Interpreter(modules, case.data).evaluate(case.rule, text)),
        compiled=_verdict(case, lambda text: CompiledPolicy(modules, case.data, case.rule).evaluate(text)),
    )


def _taken(modules: list[Module], data: dict[str, Any]) -> bool:
    try:
        parsed = [read_syntax(module) for module in modules]
    except RegoError:
        return False
    # No schema speaks of these inputs, so none of their fields is certain.
    return not list(language_problems(parsed, data, lambda _: None))


def _verdict(case: Case, evaluate: Callable[[str], Any]) -> Verdict:
    if not case.rule or case.input is None:
        return "not asked"
    try:
        answer = evaluate(case.input)
    except Undefined:
        answer = _NOTHING
    except RegoError:
        return "passes" if case.wanted is None else "refuses"
    if case.wanted is None:
        # Outside its strict mode OPA makes a failed builtin undefined, and so may we.
        return "passes" if case.strict and _empty(answer) else "accepts"
    if answer is _NOTHING:
        return "differs" if case.wanted else "passes"
    return "passes" if case.wanted and _same(answer, case.wanted[0]) else "differs"


def _empty(answer: Any) -> bool:
    return answer is _NOTHING or answer in ([], {}, False)


def _same(one: Any, other: Any) -> bool:
    """Whether two values of JSON are the same; true is not 1, and 1.0 is."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def main() -> None:
    """Answer each case on standard input."""
    for line in sys.stdin:
        asked = ask(Case.from_json(line))
        sys.stdout.write(json.dumps([asked.taken, asked.interpreter, asked.compiled]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

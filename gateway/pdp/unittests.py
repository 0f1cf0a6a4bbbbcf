"""Runs a policy's own tests in process, by OPA's conventions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.pdp.checks import CheckedPolicy
from gateway.pdp.rego import Interpreter, RegoError, Undefined

Verdict = Literal["PASS", "FAIL", "ERROR", "SKIPPED"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test came out; ``detail`` says where and why an error arose."""

    path: str
    name: str
    verdict: Verdict
    detail: str = ""


def run_tests(policy: CheckedPolicy) -> Iterator[Outcome]:
    """Run every ``test_`` rule: true passes, anything else fails; ``todo_test_`` rules are skipped.

    Tests run in the interpreter, for only it knows ``with``.
    """
    interpreter = Interpreter((*policy.source.modules, *policy.source.tests), policy.source.data)
    for syntax in policy.tests:
        for rule in syntax.rules:
            name = f"data.{syntax.package}.{rule}"
            if rule.startswith("todo_test_"):
                yield Outcome(syntax.module.path, name, "SKIPPED")
            elif rule.startswith("test_"):
                yield _run(interpreter, syntax.module.path, name)


def _run(interpreter: Interpreter, path: str, name: str) -> Outcome:
    try:
        passed = interpreter.evaluate(name, None) is True
    except Undefined:
        passed = False
    except RegoError as error:
        return Outcome(path, name, "ERROR", str(error))
    return Outcome(path, name, "PASS" if passed else "FAIL")

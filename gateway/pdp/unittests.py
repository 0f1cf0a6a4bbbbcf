"""Runs a policy's own tests in process, by OPA's conventions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.pdp.checks import CheckedPolicy
from gateway.pdp.coverage import Coverage, covered_by
from gateway.pdp.failures import Failure, explain
from gateway.pdp.rego import Interpreter, RegoError, Undefined
from gateway.pdp.syntax import Syntax
from gateway.pdp.tree import place
from gateway.pdp.world import spec_of

Verdict = Literal["PASS", "FAIL", "ERROR", "SKIPPED"]
Seconds = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test came out, and how long it took.

    ``detail`` says where and why an error arose, ``failure`` which statement of a failed test did not hold.
    """

    path: str
    name: str
    verdict: Verdict
    detail: str = ""
    line: int = 0
    milliseconds: float = 0.0
    failure: Failure | None = None


class PolicyTests:
    """The tests of one policy: every rule of its test files that is named ``test_`` something.

    True passes, anything else fails; ``todo_test_`` rules are skipped. They run in the interpreter, for only
    it knows ``with``.
    """

    def __init__(self, policy: CheckedPolicy, seconds: Seconds, *, coverage: bool = False) -> None:
        modules = (*policy.source.modules, *policy.source.tests)
        self._policy = policy
        self._seconds = seconds
        self._interpreter = Interpreter(modules, policy.source.data, coverage=coverage)

    def run(self, wanted: str = "") -> Iterator[Outcome]:
        """Run each test whose full name holds a match of the expression ``wanted``."""
        for syntax in self._policy.tests:
            for rule in syntax.rules:
                name = f"data.{syntax.package}.{rule}"
                if not re.search(wanted, name):
                    continue
                if rule.startswith("todo_test_"):
                    yield Outcome(syntax.module.path, name, "SKIPPED", line=_line(syntax, rule))
                elif rule.startswith("test_"):
                    yield self._run(syntax, rule, name)

    def coverage(self) -> Coverage:
        """What the tests that ran have reached of the modules in force."""
        return covered_by(self._interpreter.lines(), self._policy.modules)

    def _run(self, syntax: Syntax, rule: str, name: str) -> Outcome:
        started = self._seconds()
        verdict, detail = self._verdict(name)
        milliseconds = (self._seconds() - started) * 1000
        failure = explain(self._policy, syntax, rule) if verdict == "FAIL" else None
        return Outcome(syntax.module.path, name, verdict, detail, _line(syntax, rule), milliseconds, failure)

    def _verdict(self, name: str) -> tuple[Verdict, str]:
        try:
            passed = self._interpreter.evaluate(name, None) is True
        except Undefined:
            passed = False
        except RegoError as error:
            return "ERROR", str(error)
        return ("PASS" if passed else "FAIL"), ""


def _line(syntax: Syntax, rule: str) -> int:
    return place(spec_of(syntax, rule))[0]

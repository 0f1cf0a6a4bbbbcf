"""The two forms in which a policy decides in this process, and the choice between them."""

import logging
from collections.abc import Sequence
from typing import Literal

from gateway.domain import JsonObject
from gateway.pdp.checks import ENTRY_POINT, CheckedPolicy
from gateway.pdp.contract import unavailable
from gateway.pdp.gate import GateReport, compare, inputs_of_tests, recombined
from gateway.pdp.rego import CompiledPolicy, Interpreter, RanAway, RegoError, Undefined
from gateway.pdp.source import PolicyRefused, PolicySource

Form = Literal["compiled", "interpreter"]

_log = logging.getLogger(__name__)


class DecidingPolicy:
    """A policy in the form that decides; usable from any thread."""

    def __init__(self, interpreter: Interpreter, compiled: CompiledPolicy | None) -> None:
        self._interpreter = interpreter
        self._compiled = compiled

    @property
    def form(self) -> Form:
        """Which form decides."""
        return "compiled" if self._compiled else "interpreter"

    def answer(self, question: str) -> str:
        """The raw answer to an input, both as JSON; raises ``PolicyUnavailable`` where there is none."""
        try:
            if self._compiled is not None:
                return self._compiled.evaluate_json(question)
            return self.interpreted(question)
        except Undefined:
            raise unavailable("the policy has no answer: the decision is undefined") from None
        except RegoError as error:
            raise unavailable(f"the policy engine failed: {error}") from error

    def warm(self) -> None:
        """Makes what the calling thread needs to decide; raises ``RegoError``."""
        (self._compiled or self._interpreter).warm()

    def interpreted(self, question: str) -> str:
        """The interpreter's answer, whichever form decides; raises ``Undefined`` or ``RegoError``."""
        return self._interpreter.evaluate_json(ENTRY_POINT, question)


def formed(source: PolicySource, form: Form) -> DecidingPolicy:
    """The policy in a form that was chosen before; raises ``RegoError`` if it cannot be had."""
    compiled = CompiledPolicy(source.modules, source.data, ENTRY_POINT) if form == "compiled" else None
    return DecidingPolicy(Interpreter(source.modules, source.data), compiled)


def gated(
    policy: CheckedPolicy, generated: int, recorded: Sequence[JsonObject] | None = None
) -> tuple[DecidingPolicy, GateReport | None]:
    """The compiled form if it passes the gate, else the interpreter; the report is None if nothing compiled.

    They are compared on the inputs of its tests, ``recorded`` if they are at hand, and on ``generated``
    recombinations of them. Raises ``PolicyRefused`` for a policy that runs away.
    """
    source = policy.source
    interpreter = Interpreter(source.modules, source.data)
    try:
        compiled = CompiledPolicy(source.modules, source.data, ENTRY_POINT)
    except RegoError as error:
        _log.warning("policy cannot be compiled, the interpreter decides: %s", error)
        return DecidingPolicy(interpreter, None), None
    try:
        tested = inputs_of_tests(policy) if recorded is None else recorded
        report = compare([*tested, *recombined(tested, generated)], compiled, interpreter)
    except RanAway as error:
        raise PolicyRefused((error.problem,)) from error
    if report.passed:
        return DecidingPolicy(interpreter, compiled), report
    # An input of a policy test is made up by its author, so it may be told.
    _log.warning("compiled policy is not trusted, the interpreter decides: %s", "; ".join(report.differences))
    return DecidingPolicy(interpreter, None), report

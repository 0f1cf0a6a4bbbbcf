"""The program that ``probe.py`` starts: reads a policy, tries it under limits, and tells each step.

Run as ``python -m gateway.pdp.probed SECONDS MEMORY_MIB INPUTS`` with the files as JSON on standard input.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from gateway.domain import JsonObject
from gateway.errors import PolicyUnavailable
from gateway.pdp.checks import ENTRY_POINT, CheckedPolicy, check
from gateway.pdp.child import confine, decoded, tell_step, tell_work
from gateway.pdp.contract import DecisionContract
from gateway.pdp.forms import gated
from gateway.pdp.gate import inputs_of_tests, recombined
from gateway.pdp.metadata import annotations
from gateway.pdp.rego import Interpreter, Problem, RegoError, Undefined
from gateway.pdp.source import PolicyRefused, read_files


def main() -> None:
    """Answer with problems, or with what was tried."""
    seconds, memory_mib, inputs = (int(each) for each in sys.argv[1:])
    confine(seconds, memory_mib)
    files = decoded(orjson.loads(sys.stdin.buffer.read()))
    tell_work(lambda: _tried(files, inputs))


def _tried(files: dict[str, bytes], generated: int) -> JsonObject:
    tell_step("while it is parsed and compiled")
    policy = check(read_files(files, Path("policies")))
    tell_step("while its tests run")
    recorded = inputs_of_tests(policy)
    tell_step("while its two forms are compared")
    decides, gate = gated(policy, generated, recorded)
    contract = DecisionContract(lambda: "")
    asked = 0
    for each in [*recorded, *recombined(recorded, generated)]:
        question = orjson.dumps(each).decode()
        tell_step(f"while {ENTRY_POINT} is asked")
        try:
            contract.decision_from_json(decides.answer(question), "")
        except PolicyUnavailable as failed:
            message = f"{ENTRY_POINT} gives no decision: {failed.reason_admin}"
            raise PolicyRefused((Problem("main.rego", 0, 0, message, f"asked about {question}"),)) from None
        asked += 1
    others = list(_others(policy))
    return {
        "entry_points": [ENTRY_POINT, *others],
        "inputs": asked,
        "form": decides.form,
        "differences": list(gate.differences) if gate else [],
    }


def _others(policy: CheckedPolicy) -> Iterator[str]:
    """Every other entry point, once it was evaluated on an empty input."""
    interpreter = Interpreter(policy.source.modules, policy.source.data)
    for syntax in policy.modules:
        for each in annotations(syntax.module):
            rule = f"data.{syntax.package}.{each.subject}"
            if each.entrypoint and rule != ENTRY_POINT:
                tell_step(f"while {rule} is asked", syntax.module.path)
                _evaluate(interpreter, rule)
                yield rule


def _evaluate(interpreter: Interpreter, rule: str) -> None:
    try:
        interpreter.evaluate(rule, "{}")
    except Undefined:
        return
    except RegoError as error:
        raise PolicyRefused((error.problem,)) from error


if __name__ == "__main__":
    main()

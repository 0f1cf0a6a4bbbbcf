"""What is found of a policy, as plain JSON: the same at the command line and over the API."""

from collections.abc import Iterator, Sequence

from gateway.domain import JsonObject
from gateway.pdp.coverage import Coverage
from gateway.pdp.layout.formatting import formatted
from gateway.pdp.lint import Warned
from gateway.pdp.probe import Examined
from gateway.pdp.rego import Module, Problem, RegoError
from gateway.pdp.source import PolicySource
from gateway.pdp.unittests import Outcome


def problem_json(problem: Problem) -> JsonObject:
    """One problem as an object."""
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "fix": problem.fix,
    }


def refused_json(problems: Sequence[Problem]) -> JsonObject:
    """A policy that is not in order."""
    return {"in_order": False, "problems": [problem_json(problem) for problem in problems]}


def examined_json(examined: Examined) -> JsonObject:
    """A policy that is in order, and how it was tried."""
    source = examined.policy.source
    return {
        "in_order": True,
        "revision": source.revision,
        "modules": len(source.modules),
        "test_files": len(source.tests),
        "entry_points": list(examined.entry_points),
        "inputs": examined.inputs,
        "form": examined.form,
        "differences": list(examined.differences),
    }


def warnings_json(found: Sequence[Warned]) -> JsonObject:
    """House rules that are broken, and where."""
    return {"warnings": [{"rule": each.rule, **problem_json(each.problem)} for each in found]}


def layout_changes(source: PolicySource, problems: list[Problem]) -> Iterator[tuple[Module, str]]:
    """Each file that layout would change, with its text then; what does not parse goes to ``problems``."""
    for module in sorted((*source.modules, *source.tests), key=lambda each: each.path):
        try:
            text = formatted(module)
        except RegoError as error:
            problems.append(error.problem)
            continue
        if text != module.text:
            yield module, text


def tests_json(outcomes: Sequence[Outcome], reached: Coverage | None) -> JsonObject:
    """How tests came out, and what they reached."""
    made: JsonObject = {"tests": [_outcome(each) for each in outcomes]}
    if reached is not None:
        whole, rules = reached.rules
        made["coverage"] = {
            "lines": round(reached.share * 100, 2),
            "rules": rules,
            "rules_reached": whole,
            "files": [
                {"path": each.path, "lines": round(each.share * 100, 2), "missed": list(each.missed)}
                for each in reached.files
            ],
        }
    return made


def _outcome(outcome: Outcome) -> JsonObject:
    made: JsonObject = {
        "path": outcome.path,
        "line": outcome.line,
        "name": outcome.name,
        "verdict": outcome.verdict,
        "milliseconds": round(outcome.milliseconds, 3),
    }
    if outcome.detail:
        made["detail"] = outcome.detail
    if outcome.failure:
        failure = outcome.failure
        made["failure"] = {
            "line": failure.line,
            "statement": failure.statement,
            "got": failure.got,
            "expected": failure.expected,
            "input": failure.input,
        }
    return made

"""The program that ``bench.py`` starts: does one piece of work with a policy, under limits.

Run as ``python -m gateway.pdp.workbench.worked SECONDS MEMORY_MIB`` with the work as a line of JSON on
standard input.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from gateway.domain import JsonObject
from gateway.errors import PolicyUnavailable
from gateway.pdp.checks import check
from gateway.pdp.child import confine, decoded, tell_step, tell_work
from gateway.pdp.explain.explanation import explain
from gateway.pdp.explain.told import explanation_json
from gateway.pdp.judge import InputUnknown, Judge
from gateway.pdp.lint import lint
from gateway.pdp.rego import Problem
from gateway.pdp.replay.compare import Comparison, Terms
from gateway.pdp.replay.recorded import RecordedDecision
from gateway.pdp.replay.spread import Replay
from gateway.pdp.replay.summary import Scope, summary
from gateway.pdp.source import PolicySource, read_files
from gateway.pdp.unittests import PolicyTests
from gateway.pdp.workbench.findings import layout_changes, problem_json, tests_json, warnings_json
from gateway.pdp.workbench.replaying import Arriving

# Calls come first: whoever tries a policy waits for them, not the other way round.
_NICE = 10
# How often the interpreter decides a recorded call too: a tenth of what the compiled form takes of them all.
_CHECK_EVERY = 50
Asked = Mapping[str, Any]


def main() -> None:
    """Answer with problems, or with what came of the work."""
    seconds, memory_mib = (int(each) for each in sys.argv[1:])
    confine(seconds, memory_mib)
    os.nice(_NICE)
    asked: Asked = orjson.loads(sys.stdin.buffer.readline())
    tell_work(lambda: _WORKS[asked["work"]](_source(asked), asked))


def _source(asked: Asked) -> PolicySource:
    tell_step("while it is read")
    return read_files(decoded(asked["files"]), Path("policies"))


def _lint(source: PolicySource, asked: Asked) -> JsonObject:
    del asked
    tell_step("while it is parsed and checked")
    return {"in_order": True, **warnings_json(list(lint(check(source))))}


def _test(source: PolicySource, asked: Asked) -> JsonObject:
    tell_step("while it is parsed and checked")
    tests = PolicyTests(check(source), time.perf_counter, coverage=asked["coverage"])
    tell_step("while its tests run")
    outcomes = list(tests.run())
    return {"in_order": True, **tests_json(outcomes, tests.coverage() if asked["coverage"] else None)}


def _fmt(source: PolicySource, asked: Asked) -> JsonObject:
    del asked
    tell_step("while it is parsed and laid out")
    problems: list[Problem] = []
    files: JsonObject = {module.path: text for module, text in layout_changes(source, problems)}
    return {
        "in_order": not problems,
        "files": files,
        "problems": [problem_json(problem) for problem in problems],
    }


def _explain(source: PolicySource, asked: Asked) -> JsonObject:
    recorded = RecordedDecision(**{**asked["recorded"], "rules": tuple(asked["recorded"]["rules"])})
    tell_step("while it decides the call again")
    try:
        return explanation_json(explain(recorded, Judge.past(source)))
    except (InputUnknown, PolicyUnavailable) as error:
        told = f"The facts on record cannot be decided again: {error}"
        return {"unexplained": told}


def _replay(source: PolicySource, asked: Asked) -> JsonObject:
    # What is to be proved was in force, whatever today's checks say to it.
    judge = (Judge.past if asked["only_own"] else Judge.of)(source)
    wanted, arriving = asked["wanted"], Arriving()
    terms = Terms(
        source,
        judge.form,
        only_own=asked["only_own"],
        check_every=_CHECK_EVERY,
        department=wanted["department"],
        asset=wanted["asset"],
    )
    tell_step("while it decides the recorded calls again")
    tally = Comparison(terms).tally(arriving.read(iter(sys.stdin.buffer)))
    return summary(Replay(tally, terms, arriving.first_us, arriving.last_us), Scope(**asked["scope"]))


_WORKS: Mapping[str, Callable[[PolicySource, Asked], JsonObject]] = {
    "lint": _lint,
    "test": _test,
    "fmt": _fmt,
    "explain": _explain,
    "replay": _replay,
}


if __name__ == "__main__":
    main()

"""House rules: what is no fault of a policy, and still makes it harder to review, to trust or to replay.

Each rule has a name, by which ``custody policy lint`` can be told to leave it out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.pdp.checks import CheckedPolicy
from gateway.pdp.lint_names import name_warnings, unused_warnings
from gateway.pdp.lint_words import obligation_warnings, reason_warnings
from gateway.pdp.metadata import annotations, metadata_problems
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax
from gateway.pdp.tokens import read_tokens

_ENTRY_POINTS = {"custody.access": "decision", "custody.governance.adjudication": "recommendation"}
_MAX_RULE_LINES = 60


@dataclass(frozen=True, slots=True)
class Warned:
    """A broken house rule, by name, and where."""

    rule: str
    problem: Problem


_Rule = Callable[[CheckedPolicy], Iterator[Problem]]


def lint(policy: CheckedPolicy) -> list[Warned]:
    """Everything that the house rules say of a checked policy, by file and line."""
    found = [Warned(name, problem) for name, rule in RULES.items() for problem in rule(policy)]
    return sorted(found, key=lambda each: (each.problem.path, each.problem.line, each.rule))


def _documented(policy: CheckedPolicy) -> Iterator[Problem]:
    """Every entry point has METADATA with a title, and what METADATA there is can be read."""
    for syntax in policy.modules:
        yield from metadata_problems(syntax.module)
        wanted = _ENTRY_POINTS.get(syntax.package)
        noted = {each.subject: each for each in annotations(syntax.module)}
        for name, each in noted.items():
            if each.entrypoint and not each.values.get("title"):
                fix = "add # title: to its METADATA"
                yield Problem(syntax.module.path, each.line, 1, f"entry point {name} has no title", fix)
        if wanted in syntax.rules and not (wanted in noted and noted[wanted].entrypoint):
            fix = "put # METADATA, # title: and # entrypoint: true before it"
            yield Problem(syntax.module.path, 1, 1, f"entry point {wanted} has no METADATA", fix)


def _tested(policy: CheckedPolicy) -> Iterator[Problem]:
    """Every file has tests beside it."""
    tests = {module.path for module in policy.source.tests}
    for module in policy.source.modules:
        beside = f"{module.path.removesuffix('.rego')}_test.rego"
        if beside not in tests:
            yield Problem(module.path, 0, 0, "this file has no tests", f"write {beside}")


def _explained(policy: CheckedPolicy) -> Iterator[Problem]:
    """Every file in force begins with a comment that says what it is for."""
    for module in policy.source.modules:
        first = next((token for token in read_tokens(module.text) if token.kind != "newline"), None)
        if first is None or first.kind != "comment":
            fix = "say in a comment on the first line what it is for"
            yield Problem(module.path, 1, 1, "this file does not say what it is for", fix)


def _at_home(policy: CheckedPolicy) -> Iterator[Problem]:
    """No department is named in another's package, nor in what holds for all."""
    departments = {
        PurePosixPath(syntax.module.path).parts[1]
        for syntax in policy.modules
        if syntax.module.path.startswith("departments/")
    }
    for syntax in policy.modules:
        own = _department(syntax)
        shared = syntax.package == "custody.access" or syntax.package.startswith("custody.lib")
        if own or shared:
            yield from _strangers(syntax, departments - {own})


def _strangers(syntax: Syntax, others: set[str]) -> Iterator[Problem]:
    path = re.compile(r"data\.custody\.departments\.(\w+)")
    for line, text in enumerate(syntax.module.text.split("\n"), 1):
        for found in path.finditer(text.split("#", 1)[0]):
            if found[1] in others:
                fix = "an owner speaks for itself: let the entry point ask it, or hold a grant"
                message = f"the package of {found[1]} is read here"
                yield Problem(syntax.module.path, line, found.start() + 1, message, fix)


def _department(syntax: Syntax) -> str:
    parts = PurePosixPath(syntax.module.path).parts
    return parts[1] if parts[0] == "departments" and len(parts) > 1 else ""


def _short(policy: CheckedPolicy) -> Iterator[Problem]:
    """No rule is longer than a screen."""
    for syntax in policy.modules:
        lines = syntax.module.text.split("\n")
        for start, end in _blocks(lines):
            if end - start > _MAX_RULE_LINES:
                message = f"a rule of {end - start} lines cannot be reviewed at a glance"
                yield Problem(syntax.module.path, start + 1, 1, message, "divide it into rules with names")


def _blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """From where to where each rule goes: it begins in the first column and ends before a free line."""
    start = None
    for number, line in enumerate([*lines, ""]):
        if start is None and line and line[0] not in "#\t }":
            start = number
        elif start is not None and not line:
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if not following.startswith(("\t", "}", "else")):
                yield start, number
                start = None


RULES: dict[str, _Rule] = {
    "documented-entry-point": _documented,
    "tested": _tested,
    "says-what-for": _explained,
    "at-home": _at_home,
    "short-rules": _short,
    "names": lambda policy: (each for syntax in policy.modules for each in name_warnings(syntax)),
    "unused": unused_warnings,
    "whole-reasons": lambda policy: (each for syntax in policy.modules for each in reason_warnings(syntax)),
    "whole-obligations": lambda policy: (
        each for syntax in policy.modules for each in obligation_warnings(syntax)
    ),
}
"""Every house rule by its name."""

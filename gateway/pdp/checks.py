"""What must hold of a policy folder before any of it is put into force."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.domain import JsonObject
from gateway.pdp.calls import call_problems
from gateway.pdp.inputs import input_problems
from gateway.pdp.language import language_problems
from gateway.pdp.outputs import output_problems
from gateway.pdp.parsing import parse_problem
from gateway.pdp.rego import Module, Problem, RegoError
from gateway.pdp.scopes import scope_problems
from gateway.pdp.shapes import InputShape, access_input, adjudication_input
from gateway.pdp.source import PolicyRefused, PolicySource
from gateway.pdp.syntax import Syntax, read_syntax
from gateway.pdp.world import World

ENTRY_POINT = "data.custody.access.decision"

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """A policy whose every module parses, stands in its own layer and calls only what it may."""

    source: PolicySource
    modules: tuple[Syntax, ...]
    tests: tuple[Syntax, ...]


def check(source: PolicySource) -> CheckedPolicy:
    """Check a whole folder; raises ``PolicyRefused`` with every problem found.

    Nothing is evaluated here, but text that nobody trusts yet belongs to ``examine`` (``probe.py``), which
    does the same in a process of its own first: regorus can end the process that parses or compiles.
    """
    problems: list[Problem] = []
    modules = _parse(source.modules, problems)
    tests = _parse(source.tests, problems)
    for syntax in modules + tests:
        problems.extend(_layer_problems(syntax))
    if problems:
        problems.extend(_loose_problems(modules))
    else:
        problems.extend(_entry_point_problems(modules))
        problems.extend(_contract_problems(modules))
        problems.extend(_test_problems(modules, tests, source.data))
        problems.extend(language_problems(modules, source.data, _inputs))
    if problems:
        raise PolicyRefused(tuple(sorted(set(problems), key=_place)))
    return CheckedPolicy(source, tuple(modules), tuple(tests))


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.path, problem.line, problem.column


def _loose_problems(modules: list[Syntax]) -> Iterator[Problem]:
    """What can be said of modules while others are no modules: what they call by a builtin's name."""
    for syntax in modules:
        yield from call_problems(syntax, World(modules, {}), complete=False)


def _contract_problems(modules: list[Syntax]) -> Iterator[Problem]:
    for syntax in modules:
        yield from output_problems(syntax)
        yield from input_problems(syntax, _inputs(syntax))


def _test_problems(modules: list[Syntax], tests: list[Syntax], data: JsonObject) -> Iterator[Problem]:
    everything = World([*modules, *tests], data)
    for syntax in tests:
        yield from scope_problems(syntax, everything)


def _inputs(syntax: Syntax) -> InputShape:
    governing = syntax.package.startswith("custody.governance")
    return adjudication_input() if governing else access_input()


def allowed_package(path: str) -> str:
    """The package that a file at ``path`` may write to, itself or below; empty where no file belongs.

    A department writes into its own package alone: that is what keeps it from widening another's rights.
    """
    folders = PurePosixPath(path).parts[:-1]
    if not all(_NAME.fullmatch(folder) for folder in folders):
        return ""
    # Tests have a tree of their own: below a department they would make it depend on the decision.
    root = "tests" if path.endswith("_test.rego") else "custody"
    if not folders:
        return f"{root}.access"
    if folders[0] == "departments":
        return f"{root}.departments.{folders[1]}" if len(folders) > 1 else ""
    return f"{root}.{folders[0]}" if folders[0] in {"governance", "security", "lib"} else ""


def _parse(modules: tuple[Module, ...], problems: list[Problem]) -> list[Syntax]:
    parsed: list[Syntax] = []
    for module in modules:
        try:
            parsed.append(read_syntax(module))
        except RegoError as error:
            problems.append(parse_problem(module, error.problem))
    return parsed


def _layer_problems(syntax: Syntax) -> Iterator[Problem]:
    path, package = syntax.module.path, syntax.package
    home = allowed_package(path)
    if not home:
        yield Problem(
            path, 1, 1, "policies live in main.rego, security/, governance/, lib/ and departments/<name>/"
        )
    elif package != home and not package.startswith(f"{home}."):
        yield Problem(
            path, 1, 1, f"package {package or 'of an unplain name'}: this file may only write {home}"
        )
    if not all(_NAME.fullmatch(part) for part in package.split(".")):
        yield Problem(path, 1, 1, "a package name is made of lower-case words, digits and underscores")


def _entry_point_problems(modules: list[Syntax]) -> Iterator[Problem]:
    package, rule = ENTRY_POINT.removeprefix("data.").rsplit(".", 1)
    if not any(syntax.package == package and rule in syntax.rules for syntax in modules):
        yield Problem("main.rego", 0, 0, f"the entry point {ENTRY_POINT} is missing")

"""What must hold of a policy folder before any of it is put into force."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.pdp.calls import call_problems
from gateway.pdp.certainty import Certainty
from gateway.pdp.compiling import compile_problems
from gateway.pdp.inputs import input_problems
from gateway.pdp.outputs import output_problems
from gateway.pdp.parsing import parse_problem
from gateway.pdp.recursion import recursion_problems
from gateway.pdp.rego import Module, Problem, RegoError
from gateway.pdp.scopes import scope_problems
from gateway.pdp.shapes import access_input
from gateway.pdp.source import PolicyRefused, PolicySource
from gateway.pdp.subset import kind_problems, subset_problems
from gateway.pdp.syntax import Syntax, read_syntax
from gateway.pdp.undefined import undefined_problems
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
    complete = len(modules) + len(tests) == len(source.modules) + len(source.tests)
    problems.extend(_module_problems(modules, World(modules, source.data)) if complete else _loose(modules))
    if complete:
        problems.extend(_entry_point_problems(modules))
        problems.extend(recursion_problems(modules))
        everything = World([*modules, *tests], source.data)
        for syntax in tests:
            problems.extend(scope_problems(syntax, everything))
    if not problems:
        # Last: a rule that needs itself overflows the stack of whoever compiles it.
        problems.extend(compile_problems(source, modules))
    if problems:
        raise PolicyRefused(tuple(sorted(set(problems), key=_place)))
    return CheckedPolicy(source, tuple(modules), tuple(tests))


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.path, problem.line, problem.column


def _loose(modules: list[Syntax]) -> Iterator[Problem]:
    """What can be said of modules while others do not parse: what they call by a builtin's name."""
    for syntax in modules:
        yield from call_problems(syntax, World(modules, {}), complete=False)


def _module_problems(modules: list[Syntax], world: World) -> Iterator[Problem]:
    yield from kind_problems(world)
    certainty = Certainty(world, access_input())
    unspoken = Certainty(world, None)
    for syntax in modules:
        asked = _speaks_of_access(syntax)
        yield from call_problems(syntax, world)
        yield from scope_problems(syntax, world)
        yield from subset_problems(syntax, world)
        yield from output_problems(syntax)
        yield from undefined_problems(syntax, certainty if asked else unspoken)
        if asked:
            yield from input_problems(syntax, access_input())


def _speaks_of_access(syntax: Syntax) -> bool:
    """Whether a module's input is that of an access decision; governance asks about disputes."""
    return not syntax.package.startswith("custody.governance")


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

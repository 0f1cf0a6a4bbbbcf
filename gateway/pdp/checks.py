"""What must hold of a policy folder before any of it is put into force."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.pdp.builtins import ALLOWED
from gateway.pdp.recursion import recursion_problems
from gateway.pdp.rego import Module, Problem, RegoError
from gateway.pdp.source import PolicyRefused, PolicySource
from gateway.pdp.syntax import Syntax, read_syntax

ENTRY_POINT = "data.custody.access.decision"

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """A policy whose every module parses, stands in its own layer and calls only what it may."""

    source: PolicySource
    modules: tuple[Syntax, ...]
    tests: tuple[Syntax, ...]


def check(source: PolicySource) -> CheckedPolicy:
    """Check a whole folder; raises ``PolicyRefused`` with every problem found."""
    problems: list[Problem] = []
    modules = _parse(source.modules, problems)
    tests = _parse(source.tests, problems)
    for syntax in modules + tests:
        problems.extend(_layer_problems(syntax))
    problems.extend(_call_problems(modules))
    if not problems:
        problems.extend(_entry_point_problems(modules))
        problems.extend(recursion_problems(modules))
    if problems:
        raise PolicyRefused(tuple(problems))
    return CheckedPolicy(source, tuple(modules), tuple(tests))


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
    return f"{root}.{folders[0]}" if folders[0] in {"security", "lib"} else ""


def _parse(modules: tuple[Module, ...], problems: list[Problem]) -> list[Syntax]:
    parsed: list[Syntax] = []
    for module in modules:
        try:
            parsed.append(read_syntax(module))
        except RegoError as error:
            problems.append(error.problem)
    return parsed


def _layer_problems(syntax: Syntax) -> Iterator[Problem]:
    path, package = syntax.module.path, syntax.package
    home = allowed_package(path)
    if not home:
        yield Problem(path, 1, 1, "policies live in main.rego, security/, lib/ and departments/<name>/")
    elif package != home and not package.startswith(f"{home}."):
        yield Problem(
            path, 1, 1, f"package {package or 'of an unplain name'}: this file may only write {home}"
        )
    if not all(_NAME.fullmatch(part) for part in package.split(".")):
        yield Problem(path, 1, 1, "a package name is made of lower-case words, digits and underscores")


def _call_problems(modules: list[Syntax]) -> Iterator[Problem]:
    functions: Mapping[str, set[str]] = defaultdict(set)
    for syntax in modules:
        functions[syntax.package].update(syntax.rules)
    for syntax in modules:
        for call in syntax.calls:
            if not _callable(call.name, syntax, functions[syntax.package]):
                yield Problem(
                    syntax.module.path,
                    call.line,
                    call.column,
                    f"function {call.name} is unknown or not allowed: decisions depend on their input alone",
                )


def _callable(name: str, syntax: Syntax, siblings: set[str]) -> bool:
    first = name.split(".", 1)[0]
    return name in ALLOWED or first == "data" or first in syntax.imports or name in siblings - {""}


def _entry_point_problems(modules: list[Syntax]) -> Iterator[Problem]:
    package, rule = ENTRY_POINT.removeprefix("data.").rsplit(".", 1)
    if not any(syntax.package == package and rule in syntax.rules for syntax in modules):
        yield Problem("main.rego", 0, 0, f"the entry point {ENTRY_POINT} is missing")

"""Finds rules that depend on themselves, before they run.

OPA refuses such rules. regorus' compiled form takes them and then overflows its stack, which ends the whole
process, so they must be found in the text. Like OPA, this reads a reference with a variable in it as one to
everything it could mean.
"""

from collections.abc import Iterator, Sequence

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax, reference

Path = tuple[str | None, ...]
_Graph = dict[Path, set[Path]]


def recursion_problems(modules: Sequence[Syntax]) -> Iterator[Problem]:
    """One problem for each rule that can reach itself."""
    rules: dict[Path, Syntax] = {}
    wanted: dict[Path, set[Path]] = {}
    for syntax in modules:
        home = _home(syntax)
        for name, body in syntax.bodies:
            rule: Path = (*home, name)
            rules.setdefault(rule, syntax)
            wanted.setdefault(rule, set()).update(_references(body, syntax, home))
    tree = _Tree()
    for rule in rules:
        tree.plant(rule)
    graph = {
        rule: {target for path in paths for target in tree.meeting(path)} for rule, paths in wanted.items()
    }
    for rule in _on_a_cycle(graph):
        syntax = rules[rule]
        yield Problem(syntax.module.path, 0, 0, f"rule {rule[-1]} depends on itself")


def _home(syntax: Syntax) -> tuple[str, ...]:
    return ("data", *syntax.package.split("."))


def _references(node: JsonValue, syntax: Syntax, home: tuple[str, ...]) -> Iterator[Path]:
    if isinstance(node, list):
        for child in node:
            yield from _references(child, syntax, home)
    if not isinstance(node, dict):
        return
    path = reference(node)
    if path:
        yield _resolved(path, syntax, home)
    for child in _below(node, whole=not path):
        yield from _references(child, syntax, home)


def _below(node: JsonObject, *, whole: bool) -> Iterator[JsonValue]:
    """What is left to read under a node: of a reference that has been read, only what stands in brackets."""
    if whole:
        yield from node.values()
        return
    for kind in ("RefBrack", "RefDot"):
        inner = node.get(kind)
        if isinstance(inner, dict):
            yield inner.get("index")
            refr = inner["refr"]
            if isinstance(refr, dict):
                yield from _below(refr, whole=False)


def _resolved(path: Path, syntax: Syntax, home: tuple[str, ...]) -> Path:
    first = str(path[0])
    if first == "data":
        return path
    if first in syntax.imports:
        return (*syntax.imports[first].split("."), *path[1:])
    return (*home, *path)


class _Tree:
    """Rules by the parts of their paths."""

    def __init__(self) -> None:
        self.rule: Path = ()
        self.below: dict[str | None, _Tree] = {}

    def plant(self, rule: Path) -> None:
        """Add a rule under its path."""
        place = self
        for part in rule:
            place = place.below.setdefault(part, _Tree())
        place.rule = rule

    def meeting(self, path: Path) -> Iterator[Path]:
        """The rules at, above and below ``path``; a None in it stands for any part."""
        if self.rule:
            yield self.rule
        if not path or path[0] is None:
            ahead = list(self.below.values())
        else:
            ahead = [self.below[path[0]]] if path[0] in self.below else []
        for tree in ahead:
            yield from tree.meeting(path[1:])


def _on_a_cycle(graph: _Graph) -> Iterator[Path]:
    for start in graph:
        seen: set[Path] = set()
        ahead = list(graph[start])
        while ahead:
            rule = ahead.pop()
            if rule not in seen:
                seen.add(rule)
                ahead.extend(graph[rule])
        if start in seen:
            yield start

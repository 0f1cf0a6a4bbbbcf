"""The values that a policy compares each part of its input with: what is worth trying there."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.explain.constants import Constants, Scope, reached
from gateway.pdp.rego import Module
from gateway.pdp.syntax import Syntax, read_syntax, reference
from gateway.pdp.tree import nodes, objects, only

Path: TypeAlias = tuple[str, ...]
Word: TypeAlias = str | int

_REFERENCES = frozenset({"Var", "RefDot", "RefBrack"})
_COMPARISONS = {
    "BoolExpr": ("lhs", "rhs"),
    "AssignExpr": ("lhs", "rhs"),
    "Membership": ("value", "collection"),
}


class Vocabulary:
    """What a policy compares its input with, by place in the input."""

    def __init__(self, modules: Sequence[Module], data: JsonObject) -> None:
        self._words: defaultdict[Path, set[Word]] = defaultdict(set)
        parsed = [read_syntax(module) for module in modules]
        self._constants = Constants(parsed, data)
        for syntax in parsed:
            for _, body in syntax.bodies:
                self._read(body, Scope.of(syntax, body))

    def reads(self, path: Path) -> bool:
        """Whether the policy can read this part of the input."""
        return any(_overlap(path, read) for read in self._words)

    def words(self, path: Path) -> list[Word]:
        """The constants that the policy compares this part with, or looks it up in, in a stable order."""
        found = self._words.get(path, set())
        return sorted(found, key=lambda word: (isinstance(word, str), str(word)))

    def _read(self, body: JsonObject, scope: Scope) -> None:
        parts_of_others = {id(only(node.get("refr"))[1]) for kind, node in nodes(body) if kind in _REFERENCES}
        for kind, node in nodes(body):
            if kind in _REFERENCES:
                self._look_up(kind, node, scope, whole=id(node) not in parts_of_others)
            elif kind in _COMPARISONS:
                first, second = _COMPARISONS[kind]
                self._compare(node.get(first), node.get(second), scope)
                self._compare(node.get(second), node.get(first), scope)
            elif kind == "Call":
                arguments = objects(node.get("params"))
                for one in arguments:
                    for other in arguments:
                        self._compare(one, other, scope)

    def _look_up(self, kind: str, node: JsonObject, scope: Scope, *, whole: bool) -> None:
        """A part of the input is read, or stands in brackets: then it is looked up among an object's keys."""
        path = _input_path({kind: node}, scope.syntax)
        if path is not None and whole:
            self._words[path] |= set()
        index = _input_path(node.get("index"), scope.syntax) if kind == "RefBrack" else None
        if index is not None:
            for value in self._constants.values(node.get("refr"), scope):
                self._words[index] |= set(value) if isinstance(value, dict) else set()

    def _compare(self, side: JsonValue, other: JsonValue, scope: Scope) -> None:
        path = _input_path(side, scope.syntax)
        if path is not None and side is not other:
            for value in self._constants.values(other, scope):
                self._words[path] |= set(_members(value))


def _input_path(node: JsonValue, syntax: Syntax) -> Path | None:
    """Where in the input a reference reads; None for whatever is no reference to it."""
    kind, body = only(node)
    parts = reference({kind: body}) if kind in _REFERENCES else ()
    path = reached(parts, syntax)
    return path[1:] if path[:1] == ("input",) else None


def _members(value: JsonValue) -> Iterator[Word]:
    """A text or number itself; what stands in a list; what an object maps to."""
    if isinstance(value, bool):
        return
    if isinstance(value, str | int):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _members(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _members(item)


def _overlap(path: Path, read: Path) -> bool:
    shorter = min(len(path), len(read))
    return path[:shorter] == read[:shorter]

"""The values that a policy holds against each part of its input: what is worth trying there."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.rego import Module
from gateway.pdp.syntax import Syntax, read_syntax, reference
from gateway.pdp.tree import nodes

Path: TypeAlias = tuple[str, ...]
Word: TypeAlias = str | int

# How far constants are looked for from a rule that reads the input: what it names, and what that names.
_STEPS = 2
_REFERENCES = frozenset({"Var", "RefDot", "RefBrack"})


@dataclass(slots=True)
class _Rule:
    """What one rule reads of the input, which constants stand in it, and what else it names."""

    paths: set[Path] = field(default_factory=set)
    words: set[Word] = field(default_factory=set)
    names: set[Path] = field(default_factory=set)


class Vocabulary:
    """What a policy compares its input with, by place in the input."""

    def __init__(self, modules: Sequence[Module], data: JsonObject) -> None:
        self._data = data
        self._rules: defaultdict[Path, _Rule] = defaultdict(_Rule)
        for module in modules:
            self._read(read_syntax(module))
        self._words: defaultdict[Path, set[Word]] = defaultdict(set)
        for rule in self._rules.values():
            known = self._reachable(rule)
            for path in rule.paths:
                self._words[path] |= known

    def reads(self, path: Path) -> bool:
        """Whether the policy can read this part of the input."""
        return any(_overlap(path, read) for read in self._words)

    def words(self, path: Path) -> list[Word]:
        """The constants that stand near where the policy reads this part of the input, in a stable order."""
        found = {word for read, words in self._words.items() if _overlap(path, read) for word in words}
        return sorted(found, key=lambda word: (isinstance(word, str), str(word)))

    def _read(self, syntax: Syntax) -> None:
        home = ("data", *syntax.package.split("."))
        bodies = dict[str, list[JsonObject]]()
        for name, body in syntax.bodies:
            bodies.setdefault(name, []).append(body)
        for name, parts in bodies.items():
            rule = self._rules[*home, name]
            for part in parts:
                _take(rule, part, syntax, home)

    def _reachable(self, rule: _Rule) -> set[Word]:
        words, names = set(rule.words), set(rule.names)
        for _ in range(_STEPS):
            further: set[Path] = set()
            for name in names:
                words |= set(self._of_data(name))
                for path, other in self._rules.items():
                    if name[: len(path)] == path:
                        words |= other.words
                        further |= other.names
            names = further
        return words

    def _of_data(self, name: Path) -> Iterator[Word]:
        """Keys and texts of the data that a name stands for, rules aside."""
        value: JsonValue = self._data
        for part in name[1:] if name[:1] == ("data",) else ():
            if not isinstance(value, dict) or part not in value:
                return
            value = value[part]
        if name[:1] == ("data",) and len(name) > 1:
            yield from _texts(value)


def _take(rule: _Rule, part: JsonObject, syntax: Syntax, home: Path) -> None:
    for kind, node in nodes(part):
        if kind in _REFERENCES:
            _take_reference(rule, reference({kind: node}), syntax, home)
    # What a head hands to a function is told to people, and never compared with the input.
    told = {id(node) for kind, node in nodes(part.get("head")) if kind == "Call" for _, node in nodes(node)}
    for kind, node in nodes(part):
        if kind == "String" and id(node) not in told:
            rule.words.add(str(node["value"]))
        elif kind == "Number" and str(node["value"]).isdigit():
            rule.words.add(int(str(node["value"])))


def _take_reference(rule: _Rule, parts: tuple[str | None, ...], syntax: Syntax, home: Path) -> None:
    path = _constant(parts)
    if not path:
        return
    if path[0] in syntax.imports:
        path = (*syntax.imports[path[0]].split("."), *path[1:])
    if path[0] == "input":
        rule.paths.add(path[1:])
    else:
        rule.names.add(path if path[0] == "data" else (*home, *path))


def _constant(parts: tuple[str | None, ...]) -> Path:
    """A reference up to where a variable stands in it: from there on, it can mean anything."""
    found: list[str] = []
    for part in parts:
        if part is None:
            break
        found.append(part)
    return tuple(found)


def _texts(value: JsonValue) -> Iterator[Word]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _overlap(path: Path, read: Path) -> bool:
    shorter = min(len(path), len(read))
    return path[:shorter] == read[:shorter]

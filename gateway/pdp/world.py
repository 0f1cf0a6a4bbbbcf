"""What a policy's references can mean: rules of all its modules, its data, and the input's schema."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.syntax import Syntax, dotted
from gateway.pdp.tree import objects, only

Path = tuple[str | None, ...]
"""A reference from ``data`` or ``input`` on; None where a variable or a number stands."""

_NOTHING = object()

PARTIAL = frozenset({"set", "object"})


@dataclass(slots=True)
class Rule:
    """All definitions of one name in one package, and the kinds that they are of."""

    path: tuple[str, ...]
    module: Syntax
    kinds: set[str] = field(default_factory=set)
    specs: list[tuple[Syntax, JsonObject]] = field(default_factory=list)
    defaults: list[tuple[Syntax, JsonObject]] = field(default_factory=list)

    @property
    def partial(self) -> bool:
        """Whether its parts are defined one by one, so that it always has a value."""
        return self.kinds <= PARTIAL


class World:
    """Every name that modules of one policy can refer to."""

    def __init__(self, modules: Sequence[Syntax], data: JsonObject) -> None:
        self.rules: dict[tuple[str, ...], Rule] = {}
        self.data = data
        self._arities: dict[str, dict[str, int]] = {}
        self.packages = {("data", *syntax.package.split(".")) for syntax in modules}
        for syntax in modules:
            for tree in objects(syntax.tree["rules"]):
                self._add(syntax, *only(tree))

    def siblings(self, syntax: Syntax) -> Iterable[str]:
        """Names of all rules in a module's package."""
        home = home_of(syntax)
        return [path[-1] for path in self.rules if path[:-1] == home]

    def arities(self, syntax: Syntax, builtins: Mapping[str, int]) -> dict[str, int]:
        """How many arguments each function takes, by the names that a module may call it by."""
        known = self._arities.get(syntax.module.path)
        if known is None:
            known = self._arities[syntax.module.path] = self._counted(syntax, builtins)
        return known

    def _counted(self, syntax: Syntax, builtins: Mapping[str, int]) -> dict[str, int]:
        known = dict(builtins)
        for path, rule in self.rules.items():
            count = _arguments(rule)
            if count is not None:
                known.update(dict.fromkeys(names_of(path, syntax), count))
        return known

    def rule_at(self, path: Path) -> tuple[Rule | None, Path]:
        """The rule that a path leads to, and what is left of the path behind it."""
        for length in range(2, len(path) + 1):
            head = path[:length]
            if None not in head and head in self.rules:
                return self.rules[tuple(str(part) for part in head)], path[length:]
        return None, path

    def data_at(self, path: Path) -> bool:
        """Whether the data files hold a value at a path."""
        return self._found(path) is not _NOTHING

    def is_object(self, path: Path) -> bool:
        """Whether the data files hold an object at a path."""
        return isinstance(self._found(path), dict)

    def _found(self, path: Path) -> object:
        found: JsonValue = self.data
        for part in path[1:]:
            if part is None or not isinstance(found, dict) or part not in found:
                return _NOTHING
            found = found[part]
        return found

    def _add(self, syntax: Syntax, kind: str, body: JsonObject) -> None:
        head_kind, head = ("", body) if kind == "Default" else only(body.get("head"))
        name = head_name(head)
        if not name:
            return
        path = (*home_of(syntax), name)
        rule = self.rules.setdefault(path, Rule(path, syntax))
        if kind == "Default":
            rule.defaults.append((syntax, body))
        else:
            rule.specs.append((syntax, body))
            rule.kinds.add(rule_kind(head_kind, head))


def home_of(syntax: Syntax) -> tuple[str, ...]:
    """The path of a module's package."""
    return ("data", *syntax.package.split("."))


def head_name(head: JsonObject) -> str:
    """The plain first name of a rule's head."""
    node = head.get("refr")
    while True:
        kind, body = only(node)
        if kind == "Var":
            return str(body["value"])
        if kind not in {"RefDot", "RefBrack"}:
            return ""
        node = body["refr"]


def rule_kind(head_kind: str, head: JsonObject) -> str:
    """What a head defines: function, set, object (key by key) or value."""
    if head_kind == "Func":
        return "function"
    if head_kind == "Set":
        return "set"
    return "value" if only(head.get("refr"))[0] == "Var" else "object"


def names_of(path: tuple[str, ...], syntax: Syntax) -> list[str]:
    """The dotted names by which a module may call what lies at a path."""
    full = ".".join(path)
    names = [full]
    if path[:-1] == home_of(syntax):
        names.append(path[-1])
    for alias, target in syntax.imports.items():
        if full == target:
            names.append(alias)
        elif full.startswith(f"{target}."):
            names.append(alias + full[len(target) :])
    return names


def resolved(path: Path, syntax: Syntax) -> Path:
    """A reference as written in a module, from ``data`` or ``input`` on."""
    first = str(path[0])
    if first in {"data", "input"}:
        return path
    if first in syntax.imports:
        return (*syntax.imports[first].split("."), *path[1:])
    return (*home_of(syntax), *path)


def called(body: JsonObject, syntax: Syntax) -> Path:
    """The path of the function that a call names."""
    name = dotted(body["fcn"])
    return resolved(tuple(name.split(".")), syntax) if name else ()


def _arguments(rule: Rule) -> int | None:
    if rule.kinds != {"function"}:
        return None
    args = only(rule.specs[0][1].get("head"))[1].get("args")
    return len(args) if isinstance(args, list) else None


def spec_of(syntax: Syntax, name: str) -> JsonObject:
    """The first definition of a rule in a module; empty if it has none."""
    for tree in objects(syntax.tree["rules"]):
        kind, body = only(tree)
        if kind == "Spec" and head_name(only(body.get("head"))[1]) == name:
            return body
    return {}

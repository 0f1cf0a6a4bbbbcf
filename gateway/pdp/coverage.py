"""How much of a policy its tests reach, by line and by rule."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.domain import JsonObject
from gateway.pdp.rego import Lines
from gateway.pdp.syntax import Syntax
from gateway.pdp.tree import objects, only, place
from gateway.pdp.world import head_name


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """One definition of a rule and the lines of it that no test reached."""

    name: str
    line: int
    missed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """One module in force: the lines reached and missed, and its rules."""

    path: str
    covered: tuple[int, ...]
    missed: tuple[int, ...]
    rules: tuple[RuleCoverage, ...]

    @property
    def share(self) -> float:
        """The share of lines reached, 1 for a file without any."""
        return _share(len(self.covered), len(self.missed))


@dataclass(frozen=True, slots=True)
class Coverage:
    """All modules in force."""

    files: tuple[FileCoverage, ...]

    @property
    def share(self) -> float:
        """The share of lines reached, from 0 to 1."""
        reached = sum(len(each.covered) for each in self.files)
        return _share(reached, sum(len(each.missed) for each in self.files))

    @property
    def rules(self) -> tuple[int, int]:
        """How many definitions of rules were reached wholly, and how many there are."""
        rules = [rule for each in self.files for rule in each.rules]
        return sum(not rule.missed for rule in rules), len(rules)


def covered_by(lines: Sequence[Lines], modules: Sequence[Syntax]) -> Coverage:
    """What evaluated ``lines`` mean for ``modules``."""
    by_path = {each.path: each for each in lines}
    return Coverage(tuple(_file(syntax, by_path.get(syntax.module.path)) for syntax in modules))


def _file(syntax: Syntax, lines: Lines | None) -> FileCoverage:
    covered = lines.covered if lines else frozenset()
    missed = (lines.missed if lines else frozenset()) - covered
    return FileCoverage(
        syntax.module.path, tuple(sorted(covered)), tuple(sorted(missed)), tuple(_rules(syntax, missed))
    )


def _rules(syntax: Syntax, missed: frozenset[int]) -> Iterator[RuleCoverage]:
    for tree in objects(syntax.tree["rules"]):
        kind, body = only(tree)
        name = head_name(body if kind == "Default" else only(body.get("head"))[1])
        first, last = place(body)[0], _last_line(syntax, body)
        yield RuleCoverage(name, first, tuple(line for line in sorted(missed) if first <= line <= last))


def _last_line(syntax: Syntax, body: JsonObject) -> int:
    span = body["span"]
    end = int(str(span["end"])) if isinstance(span, dict) else 0
    return syntax.module.text.encode()[:end].decode(errors="replace").count("\n") + 1


def _share(reached: int, missed: int) -> float:
    return reached / (reached + missed) if reached + missed else 1.0

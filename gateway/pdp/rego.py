"""Rego in this process: the only module that touches regorus, and the border its panics do not cross."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import regorus

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.columns import Columns
from gateway.pdp.merging import AliasesDiffer, Merged, Text, merged

_PLACE = re.compile(r"--> (?P<file>.+):(?P<line>\d+):(?P<column>\d+)\n")
_UNDEFINED = '"<undefined>"'


@dataclass(frozen=True, slots=True)
class Module:
    """One Rego file; ``path`` is relative to the policy folder, with forward slashes."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a policy file, and where; line and column count from 1, and 0 means the whole file.

    ``fix`` says what to write instead, where that is known.
    """

    path: str
    line: int
    column: int
    message: str
    fix: str = ""

    def __str__(self) -> str:
        advice = f" ({self.fix})" if self.fix else ""
        return f"{self.path}:{self.line}:{self.column}: {self.message}{advice}"


class RegoError(Exception):
    """Rego could not be parsed, compiled or evaluated; ``problem`` says where if the engine knew."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class RanAway(RegoError):
    """The compiled form reached its instruction limit."""


class Undefined(Exception):
    """The rule has no value for this input."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one module that hold expressions: those that were evaluated, and those that were not."""

    path: str
    covered: frozenset[int]
    missed: frozenset[int]


class Interpreter:
    """Evaluates modules as they stand; usable from any thread.

    regorus panics when an engine is used from another thread than its maker's, so each thread that comes
    by gets its own. With ``coverage`` each notes the lines that it evaluates, which makes it slower.
    """

    def __init__(self, modules: Sequence[Module], data: JsonObject, *, coverage: bool = False) -> None:
        with _border():
            self._packages = _packages(modules)
        self._data_json = orjson.dumps(data).decode()
        self._coverage = coverage
        self._local = threading.local()
        self.warm()

    def evaluate(self, rule: str, input_json: str | None) -> JsonValue:
        """The value of ``rule``; raises ``Undefined`` or ``RegoError``."""
        return _value(self.evaluate_json(rule, input_json))

    def evaluate_json(self, rule: str, input_json: str | None) -> str:
        """The same as JSON text."""
        with _border(packages=self._packages):
            bound = self._engine()
            bound.held.set_input_json(input_json or "{}")
            raw: str = bound.held.eval_rule_as_json(rule)
        return _defined(raw)

    def warm(self) -> None:
        """Make the calling thread's engine; raises ``RegoError``."""
        with _border(packages=self._packages):
            self._engine()

    def _engine(self) -> "_ThreadBound":
        if not hasattr(self._local, "engine"):
            self._local.engine = _load(self._packages, self._data_json)
            self._local.engine.held.set_enable_coverage(self._coverage)
        bound: _ThreadBound = self._local.engine
        return bound

    def lines(self) -> list[Lines]:
        """The lines with expressions in every module, as far as this thread has evaluated them."""
        with _border():
            files = orjson.loads(self._engine().held.get_coverage_report_as_json())["files"]
        by_path = {package.path: package for package in self._packages}
        return [each for file in files for each in _lines(file, by_path[file["path"]])]


class CompiledPolicy:
    """One rule compiled for regorus' virtual machine, which stops after a fixed number of instructions.

    Usable from any thread: each gets its own machine.
    """

    def __init__(self, modules: Sequence[Module], data: JsonObject, rule: str) -> None:
        self._rule = rule
        self._data_json = orjson.dumps(data).decode()
        self._sources = [(module.path, module.text) for module in modules]
        self._local = threading.local()
        with _border():
            self._machine()

    def evaluate(self, input_json: str) -> JsonValue:
        """The value of the rule; raises ``Undefined`` or ``RegoError``, also for a runaway policy."""
        return _value(self.evaluate_json(input_json))

    def evaluate_json(self, input_json: str) -> str:
        """The same as JSON text."""
        # Not the context manager of the border: at a decision for each call it would cost a tenth of one.
        try:
            bound = self._machine()
            bound.held.set_input_json(input_json)
            raw: str = bound.held.execute_entry_point(self._rule)
        except BaseException as error:  # noqa: BLE001 (the border, as below)
            raise _refused(error) from None
        return _defined(raw)

    def warm(self) -> None:
        """Make the calling thread's machine; raises ``RegoError``."""
        with _border():
            self._machine()

    def _machine(self) -> "_ThreadBound":
        if not hasattr(self._local, "machine"):
            fresh = _ThreadBound(regorus.Rvm())
            # Programs, too, are bound to their thread, so each thread compiles its own.
            fresh.held.load_program(
                regorus.Program.compile_from_modules(self._data_json, self._sources, [self._rule])
            )
            fresh.held.set_data_json(self._data_json)
            self._local.machine = fresh
        bound: _ThreadBound = self._local.machine
        return bound


class _ThreadBound:
    """Holds an object of regorus that may be freed only by the thread that made it.

    The garbage collector runs in any thread. What it finds in the wrong one is kept until the process
    ends: freeing it there raises where nobody can catch it.
    """

    _strays: ClassVar[list[object]] = []

    def __init__(self, held: Any) -> None:  # noqa: ANN401 (regorus publishes no types)
        self.held = held
        self._maker = threading.current_thread()

    def __del__(self) -> None:
        # A thread's number is given out again once the thread has ended, so it must also be alive.
        if self._maker.ident != threading.get_ident() or not self._maker.is_alive():
            self._strays.append(self.held)


def parse(module: Module) -> JsonObject:
    """The syntax tree of one module; raises ``RegoError`` with the place of the first error."""
    with _border(module.path):
        bound = _ThreadBound(regorus.Engine())
        bound.held.add_policy(module.path, module.text)
        tree: JsonObject = orjson.loads(bound.held.get_ast_as_json())[0]["ast"]
    Columns(module.text).correct(tree)
    return tree


def compile_rules(modules: Sequence[Module], data: JsonObject, rules: Sequence[str]) -> None:
    """Compile ``rules`` and drop the outcome; raises ``RegoError`` with the first that is refused."""
    sources = [(module.path, module.text) for module in modules]
    with _border():
        _ThreadBound(regorus.Program.compile_from_modules(orjson.dumps(data).decode(), sources, list(rules)))


def record_calls(
    modules: Sequence[Module], data: JsonObject, function: str, rules: Sequence[str]
) -> list[JsonValue]:
    """Evaluate ``rules`` with ``function`` defined as one that keeps its argument; the arguments kept.

    Failures of the rules themselves do not matter here and are passed over.
    """
    kept: list[JsonValue] = []

    def keep(argument: JsonValue) -> bool:
        kept.append(argument)
        return True

    with _border():
        bound = _load(_packages(modules), orjson.dumps(data).decode())
        bound.held.add_extension(function, 1, keep)
    for rule in rules:
        _evaluate_for_effect(bound, rule)
    return kept


def _evaluate_for_effect(bound: _ThreadBound, rule: str) -> bool:
    try:
        with _border():
            bound.held.eval_rule_as_json(rule)
    except RegoError:
        return False
    return True


def _load(packages: Sequence[Merged], data_json: str) -> _ThreadBound:
    bound = _ThreadBound(regorus.Engine())
    bound.held.add_data_json(data_json)
    for package in packages:
        bound.held.add_policy(package.path, package.text)
    return bound


def _packages(modules: Sequence[Module]) -> list[Merged]:
    try:
        return merged([Text(module.path, module.text, parse(module)) for module in modules])
    except AliasesDiffer as differ:
        raise RegoError(
            Problem(differ.path, differ.line, 1, str(differ), "name it otherwise with as")
        ) from None


def _lines(file: dict[str, Any], package: Merged) -> Iterator[Lines]:
    """The lines of each file of a package."""
    covered, missed = (package.divided(file[kind]) for kind in ("covered", "not_covered"))
    for path, lines in covered.items():
        yield Lines(path, lines, missed[path])


def _defined(raw: str) -> str:
    # An undefined rule comes back as a string that looks like a value.
    if raw == _UNDEFINED:
        raise Undefined
    return raw


def _value(raw: str) -> JsonValue:
    value: JsonValue = orjson.loads(raw)
    return value


@contextmanager
def _border(path: str = "", packages: Sequence[Merged] = ()) -> Iterator[None]:
    try:
        yield
    # A panic in regorus derives from BaseException: what slips through here would skip every deny.
    except BaseException as error:  # noqa: BLE001 (the plug-in border; all of it becomes a denial)
        raise _refused(error, path, packages) from None


def _refused(error: BaseException, path: str = "", packages: Sequence[Merged] = ()) -> BaseException:
    """The error to raise for what the engine raised; what ends the process stays what it is."""
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | RegoError):
        return error
    kind = RanAway if "maximum instruction limit" in str(error) else RegoError
    return kind(_relocated(_problem(str(error), path), packages))


def _relocated(problem: Problem, packages: Sequence[Merged]) -> Problem:
    """The same problem in the file that people know."""
    for package in packages:
        if package.path == problem.path and problem.line:
            path, line = package.place(problem.line)
            return Problem(path, line, problem.column, problem.message, problem.fix)
    return problem


def _problem(text: str, path: str) -> Problem:
    """Cut the engine's message to its own words; below them it prints a stack of its process."""
    place = _PLACE.search(text)
    words = text.split("\nCaused by:", maxsplit=1)[0].split("\nStack backtrace:", maxsplit=1)[0].strip()
    message = words.rsplit("error: ", 1)[-1].split("\n")[0].strip(" :") or "the policy engine failed"
    if place is None:
        return Problem(path, 0, 0, message)
    return Problem(place["file"], int(place["line"]), int(place["column"]), message)

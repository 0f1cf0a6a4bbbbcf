"""The gate in front of compiled policy: it must answer like the interpreter on all we can think of."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.checks import ENTRY_POINT, CheckedPolicy
from gateway.pdp.rego import CompiledPolicy, Interpreter, Module, RanAway, RegoError, Undefined, record_calls

_RECORD = "custody_record_input"
_FAILED = "no value"


@dataclass(frozen=True, slots=True)
class GateReport:
    """How many inputs were compared, and what the first differences were about."""

    compared: int
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the compiled form may decide; it may not on no evidence."""
        return self.compared > 0 and not self.differences


def compare(inputs: Sequence[JsonObject], compiled: CompiledPolicy, interpreter: Interpreter) -> GateReport:
    """Ask both forms about each input.

    Raises ``RanAway`` as soon as the compiled form reaches its limit: the interpreter has none.
    """
    differences = [said for said in (_difference(each, compiled, interpreter) for each in inputs) if said]
    return GateReport(len(inputs), tuple(differences[:3]))


def inputs_of_tests(policy: CheckedPolicy, entry_point: str = ENTRY_POINT) -> list[JsonObject]:
    """Every input on which the shipped tests ask for ``entry_point``, each once, in the order asked."""
    package, rule = entry_point.removeprefix("data.").rsplit(".", 1)
    # Stands in for the whole package, so that a test hands its input over in place of an answer.
    recorder = Module("recorder.rego", f"package {package}\n\n{rule} := {_RECORD}(input)\n")
    others = (syntax.module for syntax in policy.modules if syntax.package != package)
    modules = [*others, recorder, *policy.source.tests]
    rules = [
        f"data.{syntax.package}.{rule}"
        for syntax in policy.tests
        for rule in syntax.rules
        if rule.startswith("test_")
    ]
    recorded = record_calls(modules, policy.source.data, _RECORD, rules)
    unique = {orjson.dumps(each, option=orjson.OPT_SORT_KEYS): each for each in recorded}
    return [each for each in unique.values() if isinstance(each, dict)]


def recombined(inputs: Sequence[JsonObject], count: int) -> Iterator[JsonObject]:
    """Inputs whose every field has the value it has in one of ``inputs``; the same ones on every start."""
    # Not for secrecy: the same seed makes a start repeatable.
    chance = random.Random(0)  # noqa: S311 (see above)
    for _ in range(count if inputs else 0):
        yield _mixed(inputs, chance)


def _mixed(inputs: Sequence[JsonValue], chance: random.Random) -> JsonObject:
    objects = [each for each in inputs if isinstance(each, dict)]
    return {key: _field([each[key] for each in objects if key in each], chance) for key in objects[0]}


def _field(values: Sequence[JsonValue], chance: random.Random) -> JsonValue:
    nested = [value for value in values if isinstance(value, dict)]
    # Only objects of one shape are mixed further; counts by type are taken as they come.
    if nested and all(value.keys() == nested[0].keys() for value in nested) and len(nested) == len(values):
        return _mixed(nested, chance)
    return chance.choice(values)


def _difference(asked: JsonObject, compiled: CompiledPolicy, interpreter: Interpreter) -> str:
    text = orjson.dumps(asked).decode()
    # The compiled form goes first: it stops by itself, so a policy that runs away is known before the
    # interpreter, which does not stop, is asked.
    first = _answer(compiled, text)
    if first == _FAILED:
        return f"the compiled form has no answer to {text}"
    second = _answer(interpreter, text)
    return "" if first == second else f"the two forms differ on {text}"


def _answer(form: CompiledPolicy | Interpreter, text: str) -> JsonValue:
    try:
        return form.evaluate(text) if isinstance(form, CompiledPolicy) else form.evaluate(ENTRY_POINT, text)
    except RanAway:
        raise
    except (RegoError, Undefined):
        return _FAILED

"""Two engines, one meaning: regorus' two forms against a real OPA server, rule by rule."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_socket import enable_socket

from gateway.bundled import policies
from gateway.domain import (
    AccessRequest,
    Action,
    CallContext,
    DataClass,
    Grant,
    JsonObject,
    Resource,
    Right,
    Rights,
    Subject,
)
from gateway.pdp.checks import ENTRY_POINT, check
from gateway.pdp.gate import inputs_of_tests, recombined
from gateway.pdp.rego import CompiledPolicy, Interpreter, RegoError, Undefined
from gateway.pdp.source import read_source
from gateway.pdp.world import World
from tests.opa_server import ask_opa, running_opa

pytestmark = pytest.mark.enable_socket

POLICY = check(read_source(policies()))
RECOMMENDATION = "data.custody.governance.adjudication.recommendation"
RULES = [
    ".".join(path)
    for path, rule in World(POLICY.modules, POLICY.source.data).rules.items()
    if "function" not in rule.kinds
]
BASE = Resource(
    "northwind-base",
    "base_model",
    "northwind-base",
    "",
    {"accountable_owner": "it", "custodian": "it"},
    DataClass.INTERNAL,
)
TONE = Resource(
    "support-tone",
    "adapter",
    "northwind-base",
    "support-tone",
    {"accountable_owner": "product", "custodian": "it", "ip_holder": "product"},
    DataClass.INTERNAL,
    base_model_owner="it",
)
LETTER = AccessRequest(
    Subject("s-1", "service", "retail"),
    Action.CHAT,
    TONE,
    CallContext(
        "complaint-triage",
        "",
        DataClass.INTERNAL,
        {"PERSON": 1, "IBAN_CODE": 1},
        {},
        {},
        "2026-07-01T10:00:00.000Z",
    ),
)
GRANT = Grant("retail", Right.CHAT, DataClass.CONFIDENTIAL, "2026-12-31T00:00:00Z", "complaint-triage")


def about(request: AccessRequest, **changes: Any) -> AccessRequest:
    """The same request with another context."""
    return replace(request, context=replace(request.context, **changes))


def by(request: AccessRequest, department: str, use_case: str) -> AccessRequest:
    """The same request by another department."""
    return replace(about(request, use_case=use_case), subject=replace(request.subject, department=department))


STORY = {
    "an ordinary day": LETTER,
    "a refusal that helps": about(LETTER, declared_class=DataClass.CONFIDENTIAL),
    "the grant": about(LETTER, declared_class=DataClass.CONFIDENTIAL, rights=Rights((GRANT,))),
    "the grant is over": about(
        LETTER, declared_class=DataClass.CONFIDENTIAL, rights=Rights((GRANT,)), time="2027-01-01T00:00:00Z"
    ),
    "a cloud key": about(by(LETTER, "product", "support-drafting"), secrets={"aws_access_key": 1}),
    "a page of a contract": about(by(LETTER, "product", "support-drafting"), corpora={"contracts": 3}),
    "legal's own contract": replace(
        about(by(LETTER, "legal", "contract-review"), corpora={"contracts": 3}), resource=BASE
    ),
    "retail claims the adapter": replace(LETTER, action=Action.MANAGE),
    "product manages it": replace(by(LETTER, "product", ""), action=Action.MANAGE),
    "the custodian looks": replace(by(LETTER, "it", ""), action=Action.DISCOVER),
    "a stranger looks": replace(by(LETTER, "legal", ""), action=Action.DISCOVER),
    "the auditor reads": replace(by(LETTER, "audit", ""), action=Action.AUDIT),
    "everyone's model": replace(by(LETTER, "it", "it-helpdesk"), resource=BASE),
    "restricted": about(LETTER, declared_class=DataClass.RESTRICTED, rights=Rights((GRANT,))),
    "outside the house": replace(LETTER, resource=replace(TONE, self_hosted=False)),
}


@pytest.fixture(scope="module")
def opa_port() -> Iterator[int]:
    """A server over the shipped policies."""
    enable_socket()
    with running_opa(policies()) as port:
        yield port


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    """The interpreter over the shipped policies."""
    return Interpreter(POLICY.source.modules, POLICY.source.data)


@pytest.fixture(scope="module")
def compiled() -> dict[str, CompiledPolicy]:
    """The compiled form of every rule."""
    source = POLICY.source
    return {rule: CompiledPolicy(source.modules, source.data, rule) for rule in RULES}


def value(evaluate: Callable[[], Any]) -> Any:
    """A value, or what stands for none: undefined, or a failure."""
    try:
        return evaluate()
    except Undefined:
        return "undefined"
    except RegoError:
        return "failed"


def differing(
    asked: JsonObject, port: int, interpreter: Interpreter, compiled: dict[str, CompiledPolicy]
) -> list[str]:
    """The rules on which the engines do not agree."""
    whole, text = ask_opa(port, "custody", asked), json.dumps(asked)
    found = []
    for rule in RULES:
        opas: Any = whole
        for part in rule.split(".")[2:]:
            opas = opas.get(part, "undefined") if isinstance(opas, dict) else "undefined"
        ours = (
            value(lambda rule=rule: interpreter.evaluate(rule, text)),
            value(lambda rule=rule: compiled[rule].evaluate(text)),
        )
        if not opas == ours[0] == ours[1]:
            found.append(f"{rule}: OPA {opas}, interpreter {ours[0]}, compiled {ours[1]}")
    return found


def test_every_rule_has_one_value(
    opa_port: int, interpreter: Interpreter, compiled: dict[str, CompiledPolicy]
) -> None:
    """All rules of all shipped packages agree on all tested inputs, one in five, and on mixes of them."""
    tested = inputs_of_tests(POLICY)
    inputs = [*tested[::5], *recombined(tested, 12)]
    assert len(RULES) >= 60
    assert [said for asked in inputs for said in differing(asked, opa_port, interpreter, compiled)] == []


@pytest.mark.parametrize("scene", STORY)
def test_the_story_is_decided_alike(
    opa_port: int, interpreter: Interpreter, compiled: dict[str, CompiledPolicy], scene: str
) -> None:
    """Every scene of the departments' story has one decision, whichever engine is asked."""
    asked = STORY[scene].to_input()
    assert differing(asked, opa_port, interpreter, compiled) == []
    assert ask_opa(opa_port, ENTRY_POINT.removeprefix("data."), asked)["reasons"]


def test_recommendations_are_alike(opa_port: int, interpreter: Interpreter) -> None:
    """What is recommended in a dispute is the same for OPA, on all tested inputs.

    The interpreter alone is asked in a dispute: weighing takes more than the compiled form's instructions.
    """
    tested = inputs_of_tests(POLICY, RECOMMENDATION)
    assert len(tested) >= 5
    for asked in tested:
        text = json.dumps(asked)
        opas = ask_opa(opa_port, RECOMMENDATION.removeprefix("data."), asked)
        assert value(lambda text=text: interpreter.evaluate(RECOMMENDATION, text)) == opas

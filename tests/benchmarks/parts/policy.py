"""What one policy decision costs, in both forms of the embedded engine."""

import asyncio
import random
import time
from dataclasses import replace

from gateway.domain import AccessRequest, Action, CallContext, DataClass, Resource, Subject
from gateway.ids import Uuid7
from gateway.pdp.base import PolicyEngine
from gateway.pdp.checks import check
from gateway.pdp.contract import DecisionContract
from gateway.pdp.embedded import Form, Options, build, engine_over
from tests.benchmarks.company import company
from tests.benchmarks.effort import Effort
from tests.benchmarks.figures import BenchmarkFailed, Figure, Row, quantile

_TITLE = "policy: one decision"
_FORMS: tuple[Form | str, ...] = ("auto", "interpreter")


def run(effort: Effort) -> list[Row]:
    """Allowed and refused calls under the shipped example policies, and mixed ones in a large company."""
    return [row for form in _FORMS for row in _rows(form, effort)] + [_large(effort)]


def _large(effort: Effort) -> Row:
    """What the goal names: 100 departments, 1,000 assets, 100,000 grants; each call another."""
    large = company(100, 1_000, 100_000)
    engine = engine_over(check(large.policy), Options(gate_inputs=50), DecisionContract(Uuid7()))
    if engine.form != "compiled":
        raise BenchmarkFailed(f"policy: the compiled form did not pass the gate: {engine.gate}")
    chance = random.Random(0)  # noqa: S311 - invented calls, not secrets
    questions = [large.request(chance) for _ in range(effort.calls)]
    return asyncio.run(_mixed(engine, questions))


async def _mixed(engine: PolicyEngine, questions: list[AccessRequest]) -> Row:
    times: list[float] = []
    allowed = 0
    cpu = time.process_time()
    for question in questions:
        started = time.perf_counter()
        decision = await engine.decide(question)
        times.append(time.perf_counter() - started)
        allowed += decision.allow
    used = time.process_time() - cpu
    if not 0 < allowed < len(questions):
        raise BenchmarkFailed(f"policy, large company: {allowed} of {len(questions)} calls are allowed")
    return _row("100 departments, 1,000 assets, 100,000 grants", times, used)


def _rows(form: str, effort: Effort) -> list[Row]:
    engine = build(Options.model_validate({"form": form, "gate_inputs": 50}))
    name = f"{form} ({engine.form})"
    asked = {"allowed": question(), "refused": _refused()}
    return [
        asyncio.run(_timed(engine, question, f"{name}, {kind}", effort.calls // 4, allow=kind == "allowed"))
        for kind, question in asked.items()
    ]


async def _timed(
    engine: PolicyEngine, question: AccessRequest, variant: str, calls: int, *, allow: bool
) -> Row:
    if (await engine.decide(question)).allow is not allow:
        raise BenchmarkFailed(f"policy, {variant}: the engine decided the other way")
    times = []
    cpu = time.process_time()
    for _ in range(calls):
        started = time.perf_counter()
        await engine.decide(question)
        times.append(time.perf_counter() - started)
    used = time.process_time() - cpu
    return _row(variant, times, used)


def _row(variant: str, times: list[float], used: float) -> Row:
    times.sort()
    return Row(
        _TITLE,
        variant,
        (
            Figure("p50", quantile(times, 0.5) * 1e6, "µs"),
            Figure("p99", quantile(times, 0.99) * 1e6, "µs"),
            Figure("CPU", used / len(times) * 1e6, "µs"),
        ),
    )


def question() -> AccessRequest:
    """Retail asks the base model."""
    resource = Resource(
        id="northwind-base",
        type="base_model",
        base_model="northwind-base",
        adapter="",
        facets={"accountable_owner": "it", "custodian": "it"},
        class_ceiling=DataClass.INTERNAL,
    )
    context = CallContext(
        use_case="complaint-triage",
        purpose="customer-support",
        declared_class=DataClass.INTERNAL,
        findings={"EMAIL_ADDRESS": 1, "PHONE_NUMBER": 1, "CREDIT_CARD": 1},
        secrets={},
        corpora={},
        time="2026-01-15T12:00:00.000Z",
        max_tokens=200,
    )
    subject = Subject("sub_0123456789abcdef01234567", "service", "retail")
    return AccessRequest(subject, Action.CHAT, resource, context)


def _refused() -> AccessRequest:
    asked = question()
    return replace(asked, context=replace(asked.context, declared_class=DataClass.RESTRICTED))

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.domain import AccessRequest, Action, DataClass, Grant, Right, Rights
from gateway.errors import PolicyUnavailable
from gateway.pdp.embedded import EmbeddedEngine, Options, build
from gateway.pdp.source import PolicyRefused
from tests.policy_texts import ALLOW, Write


@pytest.fixture(scope="module")
def shipped() -> EmbeddedEngine:
    """The engine over the shipped policies."""
    return build(Options())


def test_the_shipped_policy_is_compiled_behind_the_gate(shipped: EmbeddedEngine) -> None:
    """The shipped policy decides in its compiled form, compared on hundreds of inputs."""
    assert shipped.form == "compiled"
    assert shipped.gate is not None
    assert shipped.gate.compared > 200
    assert shipped.gate.differences == ()


async def test_an_ordinary_day(shipped: EmbeddedEngine, letter: AccessRequest) -> None:
    """Retail's letter is allowed by both owners, with obligations for every type."""
    decision = await shipped.decide(letter)
    assert decision.allow
    assert {reason.department for reason in decision.reasons} == {"it", "product"}
    assert decision.policy_revision == shipped.revision


async def test_a_refusal_helps(shipped: EmbeddedEngine, letter: AccessRequest) -> None:
    """A refusal names rule, owner and remedy; the owner's grant turns it into consent."""
    asked = replace(letter, context=replace(letter.context, declared_class=DataClass.CONFIDENTIAL))
    decision = await shipped.decide(asked)
    assert not decision.allow
    assert decision.deciding is not None
    assert decision.deciding.rule == "confidential_needs_grant"
    assert decision.deciding.owner_contact == "product-ai@northwind.example"
    grant = Grant("retail", Right.CHAT, DataClass.CONFIDENTIAL, "2026-12-31T00:00:00Z", "complaint-triage")
    granted = replace(asked, context=replace(asked.context, rights=Rights((grant,))))
    assert (await shipped.decide(granted)).allow


async def test_every_decision_has_its_own_id(shipped: EmbeddedEngine, letter: AccessRequest) -> None:
    """Two decisions on one request are two records."""
    first, second = await shipped.decide(letter), await shipped.decide(letter)
    assert first.id != second.id


async def test_decisions_in_another_thread(shipped: EmbeddedEngine, letter: AccessRequest) -> None:
    """An engine built in one thread decides in another."""
    assert await asyncio.to_thread(lambda: asyncio.run(shipped.decide(letter)).allow)


@pytest.mark.parametrize(
    "text",
    [
        "package custody.access\n\ndecision := {} if input.context.stream\n",
        "package custody.access\n\ndecision := {}\n",
        "package custody.access\n\ndecision := null\n",
        "package custody.access\n\ndecision := true\n",
        ALLOW.replace('"allow": true', '"allow": "true"'),
        ALLOW.replace('{"*": "replace"}', '{"*": "shred"}'),
        'package custody.access\n\ndecision := strings.replace_n({"": "x"}, input.action.name)\n',
    ],
)
async def test_no_sound_answer_is_a_denial(folder: Write, letter: AccessRequest, text: str) -> None:
    """A policy that answers with anything but a decision denies as unavailable."""
    engine = build(Options(policies=folder({"main.rego": text})))
    with pytest.raises(PolicyUnavailable):
        await engine.decide(letter)


async def test_the_interpreter_decides_where_the_forms_differ(folder: Write, letter: AccessRequest) -> None:
    """One input on which the compiled form is wrong keeps it from deciding, and the gate says so."""
    wrong = (
        'package custody.access\n\ndefault ok := false\n\nok if data.nested[key] == "x"\n\nkey := 2\n\n'
        + ALLOW.removeprefix("package custody.access\n\n").replace('"allow": true', '"allow": ok')
    )
    engine = build(Options(policies=folder({"main.rego": wrong, "data.json": '{"nested": {"2": "x"}}'})))
    assert engine.form == "interpreter"
    assert engine.gate is not None
    assert not engine.gate.passed
    assert (await engine.decide(letter)).allow


def test_without_tests_there_is_no_evidence(folder: Write) -> None:
    """A policy whose tests never ask for a decision is not trusted in its compiled form."""
    engine = build(
        Options(policies=folder({"main_test.rego": "package tests.access\n\ntest_nothing if true\n"}))
    )
    assert engine.form == "interpreter"


def test_what_cannot_be_compiled_is_refused(folder: Write) -> None:
    """A construct outside of the subset stops the start, with its place and what to write instead."""
    text = ALLOW.replace('"allow": true', '"allow": ok') + "\nok if input with input as true\n"
    with pytest.raises(PolicyRefused, match=r"main\.rego:9:18: with is allowed in tests alone"):
        build(Options(policies=folder({"main.rego": text})))


def test_a_broken_folder_stops_the_start(folder: Write) -> None:
    """A syntax error stops the start and names file, line and column."""
    with pytest.raises(PolicyRefused, match=r"lib/x\.rego:2:7"):
        build(Options(policies=folder({"lib/x.rego": "package custody.lib.x\nx := {"})))


def test_unknown_options_are_refused() -> None:
    """A misspelt option is an error, not a default."""
    with pytest.raises(ValidationError):
        Options.model_validate({"policy": "x"})


def test_a_policy_that_runs_away_stops_the_start(folder: Write) -> None:
    """A policy over the instruction limit is refused, and not left to the interpreter, which has none."""
    digits = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    loops = "; ".join(f"some {name} in {digits}" for name in "abcdef")
    text = ALLOW.replace('"allow": true', '"allow": count(many) > 0') + f"\nmany := [1 | {loops}]\n"
    with pytest.raises(PolicyRefused, match="limit"):
        build(Options(policies=folder({"main.rego": text})))


HOSTILE = """package custody.departments.retail

import data.custody.lib.reasons

allow contains reasons.reason("mine", "All AI is ours.", "", "")

allow contains {"code": "x", "rule": "x", "department": "it", "package": "custody.access", "effect": "allow"}

owners := {"retail"}

decision := {"allow": true}

access := {"decision": {"allow": true}}

security := {"deny": set()}
"""


@pytest.mark.parametrize("declared", list(DataClass))
async def test_a_department_cannot_widen_anothers_rights(
    tmp_path: Path, letter: AccessRequest, shipped: EmbeddedEngine, declared: DataClass
) -> None:
    """Whatever a department allows in its own package changes nothing for an asset that others own."""
    shutil.copytree(Options().policies, tmp_path / "policies")
    (tmp_path / "policies/departments/retail/hostile.rego").write_text(HOSTILE)
    hostile = build(Options(policies=tmp_path / "policies", gate_inputs=0))
    for action in Action:
        asked = replace(letter, action=action, context=replace(letter.context, declared_class=declared))
        before, after = await shipped.decide(asked), await hostile.decide(asked)
        assert (before.allow, before.obligations, before.reasons) == (
            after.allow,
            after.obligations,
            after.reasons,
        )

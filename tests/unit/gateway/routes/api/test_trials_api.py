import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio.to_thread
import pytest
from world import World, opened

from audit.entry import EntryType
from audit.leaf import decode_entry
from gateway.domain import AccessRequest, JsonObject
from gateway.pdp.judge import Judge
from gateway.pdp.replay.recorded import Wanted
from gateway.pdp.replay.summary import Scope
from gateway.pdp.source import read_files
from gateway.pdp.workbench.bench import Bench
from gateway.pdp.workbench.replaying import Replaying
from gateway.views.trials import CheckView, ExplanationView, LayoutView, LintView, OutcomesView, ReplayView
from tests.policy_texts import ALLOW, ALLOW_TEST
from tests.unit.gateway.pdp.conftest import letter
from tests.unit.gateway.pdp.replay.conftest import judge
from tests.unit.gateway.pdp.replay.decisions import entry_id, leaf_of, recorded_by

__all__ = ["judge", "letter"]

pytestmark = pytest.mark.anyio

ENGINEER, AUDITOR, STRANGER = "security-engineer", "audit-lead", "retail-lead"
FILES = {"main.rego": ALLOW, "main_test.rego": ALLOW_TEST}
DIGITS = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
ENDLESS = "; ".join(f"some {name} in {DIGITS}" for name in "abcdefghij")
WORKS = ("check", "lint", "test", "fmt")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A world without policies of its own."""
    async with opened(tmp_path) as made:
        yield made


async def tried(world: World, work: str, files: dict[str, str], **more: object) -> JsonObject:
    """What an engineer is told."""
    async with world.client(ENGINEER) as client:
        answer = await client.post(f"/policies/{work}", json={"files": files, **more})
    assert answer.status_code == 200, answer.text
    told: JsonObject = answer.json()
    return told


async def test_a_sound_policy_is_tried(world: World) -> None:
    """Each trial answers as the command does, in the shape that is described."""
    checked = CheckView.model_validate(await tried(world, "check", FILES))
    assert checked.in_order
    assert (checked.modules, checked.test_files) == (1, 1)
    ran = OutcomesView.model_validate(await tried(world, "test", FILES, coverage=True))
    assert [each["verdict"] for each in ran.tests] == ["PASS"]
    assert ran.coverage["lines"] == 100
    linted = LintView.model_validate(await tried(world, "lint", FILES))
    assert "documented-entry-point" in {each.rule for each in linted.warnings}
    laid = LayoutView.model_validate(await tried(world, "fmt", {"main.rego": ALLOW.replace(":= {", ":=  {")}))
    assert laid.files == {"main.rego": ALLOW}


@pytest.mark.parametrize("work", WORKS)
async def test_what_does_not_parse_is_told_with_its_place(world: World, work: str) -> None:
    """A file that is no Rego is an answer with file and line, not a failure."""
    told = await tried(world, work, {"main.rego": "package custody.access\n\ndecision := {\n"})
    assert told["in_order"] is False
    (problem,) = LayoutView.model_validate({**told, "files": {}}).problems
    assert (problem.path, problem.line > 0) == ("main.rego", True)


async def test_a_test_that_never_ends_is_ended(tmp_path: Path) -> None:
    """A policy that runs away costs its process, and the next one is tried."""
    endless = f"package tests.access\n\ntest_endless if count({{1 | {ENDLESS}}}) > 0\n"
    async with opened(tmp_path, seconds=10) as world:
        told = await tried(world, "test", {"main.rego": ALLOW, "main_test.rego": endless})
        assert told["in_order"] is False
        assert "does not end within 10 s (while its tests run)" in str(told["problems"])
        assert (await tried(world, "fmt", FILES))["in_order"] is True


async def test_one_policy_is_tried_at_a_time(world: World) -> None:
    """Whoever comes meanwhile is told to come again."""
    async with world.client(ENGINEER) as client:
        answers = await asyncio.gather(*(client.post("/policies/fmt", json={"files": FILES}) for _ in "ab"))
    assert sorted(answer.status_code for answer in answers) == [200, 503]
    (refused,) = (answer for answer in answers if answer.status_code == 503)
    assert refused.headers["x-should-retry"] == "true"


@pytest.mark.parametrize("work", WORKS)
async def test_trials_are_for_authors(world: World, work: str) -> None:
    """Nobody else makes the gateway run their text."""
    async with world.client(STRANGER) as client:
        assert (await client.post(f"/policies/{work}", json={"files": FILES})).status_code == 403


async def test_too_much_is_refused_at_the_door(world: World) -> None:
    """A body over the limit is 413, an empty policy 400."""
    async with world.client(ENGINEER) as client:
        large = await client.post("/policies/check", json={"files": {"main.rego": "#" * 30_000}})
        empty = await client.post("/policies/check", json={"files": {}})
    assert (large.status_code, empty.status_code) == (413, 400)


async def test_a_decision_is_explained_to_auditors_and_on_record(
    world: World, judge: Judge, letter: AccessRequest
) -> None:
    """Whoever may audit the asset, or has an office of policies, reads the rules; each look is a record."""
    recorded = recorded_by(judge, letter.to_input())
    await world.log.append(decode_entry(leaf_of(recorded)).record)
    for who in (AUDITOR, ENGINEER):
        async with world.client(who) as client:
            answer = await client.get(f"/decisions/{recorded.id}/explanation")
            assert answer.status_code == 200, answer.text
            told = ExplanationView.model_validate(answer.json())
            assert told.confirmed
            assert "support_tone.rego" in str(told.reasons)
            looks = [each for each in world.entries() if each.record.type is EntryType.AUDITOR_QUERY]
            assert looks[-1].record.detail == {"command": "policy explain", "decision": recorded.id}
            known = {"if-none-match": answer.headers["etag"]}
            assert (
                await client.get(f"/decisions/{recorded.id}/explanation", headers=known)
            ).status_code == 304


async def test_a_decision_is_nothing_to_others(world: World, judge: Judge, letter: AccessRequest) -> None:
    """To the calling department it reads word for word as if no such decision were on record."""
    recorded = recorded_by(judge, letter.to_input())
    async with world.client(STRANGER) as client:
        before = await client.get(f"/decisions/{recorded.id}/explanation")
        await world.log.append(decode_entry(leaf_of(recorded)).record)
        after = await client.get(f"/decisions/{recorded.id}/explanation")
    assert before.status_code == after.status_code == 404
    assert before.json()["error"]["message"] == after.json()["error"]["message"]


async def test_without_the_policy_the_record_stands(
    world: World, judge: Judge, letter: AccessRequest
) -> None:
    """A revision that is nowhere leaves what is on record, and says so."""
    recorded = replace(recorded_by(judge, letter.to_input()), revision="0" * 64)
    await world.log.append(decode_entry(leaf_of(recorded)).record)
    async with world.client(AUDITOR) as client:
        told = ExplanationView.model_validate((await client.get("/decisions/0/explanation")).json())
    assert told.effect == recorded.effect
    assert "No policy of revision 000000000000" in told.unexplained


async def test_a_policy_is_held_against_the_record(world: World, judge: Judge, letter: AccessRequest) -> None:
    """What would have come out otherwise is counted, within what was asked for; the read is on record."""
    recorded = recorded_by(judge, letter.to_input())
    await world.log.append(decode_entry(leaf_of(recorded)).record)
    denying = ALLOW.replace('"allow": true', '"allow": false').replace(
        '"effect": "allow"', '"effect": "deny"'
    )
    span = {"from": "2020-01-01T00:00:00Z"}
    async with world.client(ENGINEER) as client:
        body = {"files": {"main.rego": denying}, "department": "retail", **span}
        answer = await client.post("/policies/replay", json=body)
        assert answer.status_code == 200, answer.text
        told = ReplayView.model_validate(answer.json())
        none = await client.post("/policies/replay", json={**body, "asset": "another"})
    assert (told.counts["log"], told.counts["allow to deny"]) == (1, 1)
    assert told.flips[0]["examples"] == [recorded.id]
    assert (told.bound.complete, none.json()["counts"]["log"]) == (True, 0)
    looks = [each.record for each in world.entries() if each.record.type is EntryType.AUDITOR_QUERY]
    assert looks[0].detail["command"] == "policy replay"
    assert looks[0].detail["department"] == "retail"


async def test_verdicts_on_record_are_proved_over_the_api(world: World, letter: AccessRequest) -> None:
    """With ``verify`` a verdict that the policy did not give stands out; another policy's are left out."""
    texts = {"main.rego": ALLOW, "main_test.rego": ALLOW_TEST}
    source = read_files({path: text.encode() for path, text in texts.items()}, Path("given"))
    honest = recorded_by(Judge.formed(source, "interpreter"), letter.to_input())
    false = replace(honest, id=entry_id(1), effect="deny")
    foreign = replace(honest, id=entry_id(2), revision="0" * 64)
    for each in (honest, false, foreign):
        await world.log.append(decode_entry(leaf_of(each)).record)
    async with world.client(ENGINEER) as client:
        answer = await client.post("/policies/replay", json={"files": texts, "verify": True})
    assert answer.status_code == 200, answer.text
    told = ReplayView.model_validate(answer.json())
    counts = told.counts
    assert (counts["unchanged"], counts["changed"], counts["unreplayable"]) == (1, 1, 1)
    assert told.flips[0]["examples"] == [false.id]


async def test_a_replay_is_bounded_and_says_so(world: World, judge: Judge, letter: AccessRequest) -> None:
    """Of more calls than it looks at the newest are replayed, and the answer tells that there are more."""
    for number in range(3):
        recorded = replace(recorded_by(judge, letter.to_input()), id=entry_id(number))
        await world.log.append(decode_entry(leaf_of(recorded)).record)
    asked = Replaying(Wanted(0, 2**62), Scope("two of three"), most=2)
    files = {"main.rego": ALLOW.encode(), "main_test.rego": ALLOW_TEST.encode()}
    told = ReplayView.model_validate(
        await anyio.to_thread.run_sync(Bench().replayed, world.folder / "audit.db", files, asked)
    )
    assert (told.counts["log"], told.bound.complete) == (2, False)
    assert told.flips[0]["examples"] == [entry_id(2), entry_id(1)]


async def test_replays_are_for_authors_and_auditors_and_of_sound_policies(world: World) -> None:
    """Others are refused; so are a policy that is not sound, one that is not stored, and none at all."""
    async with world.client(STRANGER) as client:
        assert (await client.post("/policies/replay", json={"files": FILES})).status_code == 403
    async with world.client(ENGINEER) as client:
        unsound = await client.post("/policies/replay", json={"files": {"main.rego": "package x"}})
        missing = await client.post("/policies/replay", json={"policy": "abcdef"})
        nothing = await client.post("/policies/replay", json={})
    assert [each.status_code for each in (unsound, missing, nothing)] == [422, 404, 400]
    assert "main.rego" in unsound.json()["error"]["message"]

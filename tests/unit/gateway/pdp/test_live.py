import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain import AccessRequest
from gateway.errors import CustodyError, PolicyUnavailable
from gateway.pdp import live
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.bundle import build_bundle
from gateway.pdp.lifecycle.canary import chosen
from gateway.pdp.lifecycle.signing import SigningKey, new_signing_key, read_signing_key
from gateway.pdp.lifecycle.store import CanaryTerms, ShadowTerms
from gateway.pdp.live import LiveEngine
from gateway.pdp.rego import _ThreadBound
from gateway.pdp.source import PolicySource, read_files
from tests.memory_feed import MemoryFeed
from tests.policy_texts import ALLOW, ALLOW_TEST

pytestmark = pytest.mark.anyio

DENY = ALLOW.replace('"allow": true', '"allow": false').replace('"effect": "allow"', '"effect": "deny"')
NOTHING = ALLOW.replace("decision := {", "decision := {} if 1 == 1\n\nother := {")


def source(text: str) -> PolicySource:
    """A policy of one module and its test."""
    return read_files({"main.rego": text.encode(), "main_test.rego": ALLOW_TEST.encode()}, Path("p"))


@pytest.fixture
def feed(signing_key: SigningKey) -> MemoryFeed:
    """A feed in which a policy that allows is in force."""
    made = MemoryFeed(signing_key)
    made.activate(made.store(source(ALLOW)))
    return made


@pytest.fixture
def now() -> list[float]:
    """The time, which a test moves."""
    return [0.0]


@pytest.fixture
async def engine(feed: MemoryFeed, now: list[float]) -> AsyncIterator[LiveEngine]:
    """An engine that follows the feed only when a test lets it look."""
    options = live.Options(gate_inputs=5, max_stale_s=10)
    made = LiveEngine(options, lambda: "id", lambda: now[0])
    await made.follow(feed)
    for task in made._tasks:
        task.cancel()
    yield made
    await made.aclose()


async def look(engine: LiveEngine) -> None:
    """Lets the engine look once, and tell."""
    assert engine._following is not None
    await engine._following.step()
    await asyncio.sleep(0)


async def tell(engine: LiveEngine) -> None:
    """Lets the engine tell what it has to tell."""
    assert engine._following is not None
    await engine._following._tell()


def subject(letter: AccessRequest, accept: Callable[[str], bool]) -> AccessRequest:
    """The letter from the first subject whose id is accepted."""
    found = next(name for name in (f"s-{number}" for number in range(10_000)) if accept(name))
    return replace(letter, subject=replace(letter.subject, id=found))


async def test_nothing_decides_before_it_follows(letter: AccessRequest) -> None:
    """An engine without a feed denies by being unavailable."""
    with pytest.raises(PolicyUnavailable):
        await live.build(live.Options()).decide(letter)


async def test_an_empty_feed_is_no_start(signing_key: SigningKey, letter: AccessRequest) -> None:
    """Without any activation the start fails, and nothing decides."""
    engine = live.build(live.Options())
    with pytest.raises(CustodyError):
        await engine.follow(MemoryFeed(signing_key))
    with pytest.raises(PolicyUnavailable):
        await engine.decide(letter)


async def test_an_activation_takes_effect(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """After the next look the new policy decides, under its own revision."""
    assert (await engine.decide(letter)).allow
    revision = feed.store(source(DENY))
    feed.activate(revision)
    await look(engine)
    decision = await engine.decide(letter)
    assert (decision.allow, decision.policy_revision, engine.revision) == (False, revision, revision)


async def test_other_changes_prepare_nothing_anew(engine: LiveEngine, feed: MemoryFeed) -> None:
    """A change of governance that is about something else leaves the engine as it is."""
    assert engine._following is not None
    before = engine._following.standing
    feed.other_change()
    await look(engine)
    after = engine._following.standing
    assert before is not None
    assert after is not None
    assert after.active is before.active
    assert after.state.control_revision == before.state.control_revision + 1


@pytest.mark.parametrize("how", ["forged", "elsewhere", "garbage", "swapped"])
async def test_a_bundle_that_cannot_be_trusted_changes_nothing(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest, how: str
) -> None:
    """What is activated and does not verify leaves the old policy deciding, and is told."""
    before, denying = engine.revision, source(DENY)
    forger = read_signing_key(new_signing_key(), feed.key.id)
    feed.bundles[denying.revision] = {
        "forged": build_bundle(denying, "production", "custody", forger),
        "elsewhere": build_bundle(denying, "staging", "custody", feed.key),
        "garbage": b"no bundle",
        "swapped": feed.bundles[before],
    }[how]
    feed.activate(denying.revision)
    await look(engine)
    assert (await engine.decide(letter)).policy_revision == before
    await tell(engine)
    said = feed.beats[-1]
    assert said is not None
    assert "BundleRefused" in str(said["error"])


async def test_what_cannot_be_followed_is_refused_in_the_end(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest, now: list[float]
) -> None:
    """A lost database, like a policy that cannot be had, is bridged for the bound and no longer."""
    feed.fails = True
    now[0] = 9.0
    await look(engine)
    assert (await engine.decide(letter)).allow
    now[0] = 10.5
    await look(engine)
    with pytest.raises(PolicyUnavailable) as refused:
        await engine.decide(letter)
    assert "told to fail" in refused.value.reason_admin
    feed.fails = False
    await look(engine)
    assert (await engine.decide(letter)).allow


async def test_a_rollback_is_not_held_up_by_a_broken_policy(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """While a broken policy waits to be tried again, another activation takes effect at once."""
    good = engine.revision
    feed.bundles["f" * 64] = b"broken"
    feed.activate("f" * 64)
    await look(engine)
    denying = feed.store(source(DENY))
    feed.activate(denying)
    await look(engine)
    assert engine.revision == denying
    feed.activate(good)
    await look(engine)
    assert (await engine.decide(letter)).policy_revision == good


async def test_a_canary_decides_for_its_share(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """The chosen subjects get the candidate's decision, the others that of the active policy."""
    denying = feed.store(source(DENY))
    feed.canary(denying, CanaryTerms(percent=30))
    await look(engine)
    inside = subject(letter, lambda name: chosen(name, denying, 30))
    outside = subject(letter, lambda name: not chosen(name, denying, 30))
    assert (await engine.decide(inside)).policy_revision == denying
    assert (await engine.decide(outside)).policy_revision == engine.revision != denying


async def test_a_canary_that_fails_ends_by_itself(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """Nobody's call suffers from a canary without answers, and beyond its bound it ends for everybody."""
    failing = feed.store(source(NOTHING))
    feed.canary(failing, CanaryTerms(percent=100, max_error_percent=5, least=4))
    await look(engine)
    for _ in range(6):
        assert (await engine.decide(letter)).allow
    assert engine._following is not None
    assert engine._following.standing is not None
    assert engine._following.standing.canary is None
    await look(engine)
    assert engine._following.standing.canary is None
    await tell(engine)
    ((ended, facts),) = feed.ended
    assert (ended.revision, facts) == (failing, {"decided": 4, "failed": 4})
    assert feed.now.canary is None


async def test_failures_are_counted_over_all_replicas(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """Two replicas of which neither has seen enough failures end a canary together."""
    other = LiveEngine(live.Options(gate_inputs=5), lambda: "other", lambda: 0.0)
    await other.follow(feed)
    for task in other._tasks:
        task.cancel()
    feed.canary(feed.store(source(NOTHING)), CanaryTerms(percent=100, max_error_percent=50, least=4))
    for each in (engine, other):
        await look(each)
        for _ in range(2):
            assert (await each.decide(letter)).allow
        await tell(each)
    assert feed.ended == []
    await tell(engine)
    await tell(engine)
    ((_, facts),) = feed.ended
    assert facts == {"decided": 4, "failed": 4}
    await other.aclose()


async def test_the_end_of_a_canary_is_told_when_it_can_be(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """If the end cannot be recorded, the canary is over here all the same, and it is told later."""
    feed.canary(feed.store(source(NOTHING)), CanaryTerms(percent=100, max_error_percent=0, least=1))
    await look(engine)
    await engine.decide(letter)
    feed.fails = True
    with pytest.raises(CustodyError):
        await tell(engine)
    feed.fails = False
    await tell(engine)
    assert len(feed.ended) == 1


async def test_a_canary_that_cannot_be_prepared_ends(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """A candidate that does not verify never decides, and ends on record."""
    feed.bundles["e" * 64] = b"broken"
    feed.canary("e" * 64, CanaryTerms(percent=100))
    await look(engine)
    assert (await engine.decide(letter)).policy_revision == engine.revision
    await tell(engine)
    assert feed.ended[0][1]["prepared"] is False


async def test_an_activated_canary_is_not_prepared_again(engine: LiveEngine, feed: MemoryFeed) -> None:
    """The engine of a canary becomes the active one as it is."""
    denying = feed.store(source(DENY))
    feed.canary(denying, CanaryTerms(percent=1))
    await look(engine)
    assert engine._following is not None
    assert engine._following.standing is not None
    running = engine._following.standing.canary
    assert running is not None
    feed.now = replace(feed.now, canary=None)
    feed.activate(denying)
    await look(engine)
    assert engine._following.standing.active is running.engine


async def test_a_shadow_changes_no_decision_and_is_reported(
    engine: LiveEngine, feed: MemoryFeed, letter: AccessRequest
) -> None:
    """Calls are decided by the active policy alone; what a shadow would have said is told at its end."""
    denying = feed.store(source(DENY))
    feed.shadow(denying, ShadowTerms())
    await look(engine)
    for _ in range(5):
        assert (await engine.decide(letter)).allow
    assert engine._following is not None
    assert engine._following.standing is not None
    shadow = engine._following.standing.shadow
    assert shadow is not None
    for _ in range(12_000):
        if shadow.tally.asked == 5:
            break
        await asyncio.sleep(0.005)
    feed.now = replace(feed.now, shadow=None)
    feed.other_change()
    await look(engine)
    (report,) = feed.reports
    assert (report["policy"], report["asked"], report["same"]) == (denying, 5, 0)


async def test_a_replica_takes_itself_off_the_list(feed: MemoryFeed, letter: AccessRequest) -> None:
    """A stop is told, and nothing decides after it."""
    engine = LiveEngine(live.Options(gate_inputs=0), lambda: "id")
    await engine.follow(feed)
    await engine.aclose()
    assert feed.beats[-1] is None
    with pytest.raises(PolicyUnavailable):
        await engine.decide(letter)


async def test_polling_finds_an_activation_by_itself(feed: MemoryFeed, letter: AccessRequest) -> None:
    """Without any call from outside, an activation takes effect, while calls go on without one failing."""
    engine = LiveEngine(live.Options(gate_inputs=0), lambda: "id")
    await engine.follow(feed)
    denying = feed.store(source(DENY))
    feed.activate(denying)
    seen: list[str] = []
    for _ in range(12_000):
        seen.append((await engine.decide(letter)).policy_revision)
        if seen[-1] == denying:
            break
        await asyncio.sleep(0.005)
    assert seen[-1] == denying
    assert len(set(seen)) == 2
    await engine.aclose()


async def test_following_twice_is_following_once(feed: MemoryFeed) -> None:
    """A gateway that is started twice, as a server does, is one replica."""
    engine = LiveEngine(live.Options(gate_inputs=0), lambda: "id")
    await engine.follow(feed)
    told, tasks = len(feed.beats), set(engine._tasks)
    await engine.follow(feed)
    assert (len(feed.beats), engine._tasks) == (told, tasks)
    await engine.aclose()


async def test_activations_leave_nothing_behind(engine: LiveEngine, feed: MemoryFeed) -> None:
    """What an activation replaces is freed by the thread that made it, so memory does not grow."""
    gc.collect()  # what earlier tests left in ended threads is theirs
    strays = len(_ThreadBound._strays)
    for number in range(3):
        feed.activate(feed.store(source(f"{DENY}\n# {number}\n")))
        await look(engine)
    gc.collect()
    assert len(_ThreadBound._strays) == strays


async def test_trust_is_that_of_the_feed(feed: MemoryFeed) -> None:
    """A bundle is verified by the feed's keys, whatever the store says."""
    feed.bundles = {name: content[:-1] for name, content in feed.bundles.items()}
    with pytest.raises(BundleRefused):
        await LiveEngine(live.Options(), lambda: "id").follow(feed)

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.domain import AccessRequest
from gateway.ids import Uuid7
from gateway.pdp.checks import check
from gateway.pdp.contract import DecisionContract
from gateway.pdp.embedded import EmbeddedEngine
from gateway.pdp.forms import formed
from gateway.pdp.lifecycle.shadowing import Shadowing
from gateway.pdp.lifecycle.store import Shadow, ShadowTerms
from gateway.pdp.source import read_files
from tests.policy_texts import ALLOW, ALLOW_TEST

pytestmark = pytest.mark.anyio

DENY = ALLOW.replace('"allow": true', '"allow": false').replace('"effect": "allow"', '"effect": "deny"')
NOTHING = ALLOW.replace("decision := {", "decision := {}\n\nother := {")


def engine(text: str) -> EmbeddedEngine:
    """An engine over one module."""
    files = {"main.rego": text.encode(), "main_test.rego": ALLOW_TEST.encode()}
    policy = check(read_files(files, Path("p")))
    return EmbeddedEngine("r", formed(policy.source, "interpreter"), DecisionContract(Uuid7()))


@pytest.fixture
def ticking() -> Callable[[], int]:
    """A clock that says ten milliseconds more each time."""
    ticks: Iterator[int] = itertools.count(0, 10_000_000)
    return lambda: next(ticks)


async def settled(shadow: Shadowing) -> None:
    """Waits until nothing is waiting any more."""
    for _ in range(12_000):
        if not shadow._waiting and shadow.tally.asked:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the shadow never came to an end")


async def test_a_shadow_counts_what_it_would_have_said(letter: AccessRequest) -> None:
    """Differences are counted by kind, sameness too, and taking the figures begins anew."""
    decided = engine(ALLOW).decide_now(letter)
    shadow = Shadowing(Shadow(1, "r", "s", 1, ShadowTerms()), engine(DENY))
    for _ in range(3):
        shadow.offer(letter, decided)
    await settled(shadow)
    tally = shadow.take()
    assert (tally.asked, tally.same, tally.failed, tally.skipped) == (3, 0, 0, 0)
    ((kind, count),) = tally.kinds.items()
    assert (kind.how, count) == ("allow_to_deny", 3)
    assert shadow.take().asked == 0
    await shadow.aclose()


async def test_a_shadow_that_fails_is_counted(letter: AccessRequest) -> None:
    """A candidate that gives no answer is a failure, not a difference and no error of anybody's call."""
    shadow = Shadowing(Shadow(1, "r", "s", 1, ShadowTerms()), engine(NOTHING))
    shadow.offer(letter, engine(ALLOW).decide_now(letter))
    await settled(shadow)
    assert (shadow.tally.asked, shadow.tally.failed) == (1, 1)
    await shadow.aclose()


async def test_a_shadow_sees_its_share(letter: AccessRequest) -> None:
    """A quarter of the traffic is a quarter of the decisions, evenly."""
    decided = engine(ALLOW).decide_now(letter)
    shadow = Shadowing(Shadow(1, "r", "s", 1, ShadowTerms(percent=25)), engine(ALLOW))
    for _ in range(40):
        shadow.offer(letter, decided)
    await settled(shadow)
    assert (shadow.tally.asked, shadow.tally.same, shadow.tally.skipped) == (10, 10, 0)
    await shadow.aclose()


async def test_a_shadow_keeps_to_its_time(letter: AccessRequest, ticking: Callable[[], int]) -> None:
    """Once a second's milliseconds are used up, the rest of that second is skipped and counted as such."""
    decided = engine(ALLOW).decide_now(letter)
    now = [0.0]
    trial = Shadow(1, "r", "s", 1, ShadowTerms(budget_ms=5))
    shadow = Shadowing(trial, engine(ALLOW), monotonic=lambda: now[0], clock_ns=ticking)
    shadow.offer(letter, decided)
    await settled(shadow)
    shadow.offer(letter, decided)
    assert (shadow.tally.asked, shadow.tally.skipped) == (1, 1)
    now[0] = 1.0
    shadow.offer(letter, decided)
    assert shadow.tally.skipped == 1
    await shadow.aclose()


async def test_a_shadow_never_makes_anybody_wait(letter: AccessRequest) -> None:
    """Offering more than fits is skipped at once, and nothing is lost from the count."""
    decided = engine(ALLOW).decide_now(letter)
    shadow = Shadowing(Shadow(1, "r", "s", 1, ShadowTerms(budget_ms=1000)), engine(ALLOW))
    for _ in range(1000):
        shadow.offer(letter, decided)
    assert shadow.tally.skipped == 1000 - 256
    await settled(shadow)
    assert shadow.tally.asked == 256
    await shadow.aclose()

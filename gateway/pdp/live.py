"""Policy decisions in this process by whatever policy is in force now; it changes while calls go on."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from gateway.domain import AccessRequest, Decision
from gateway.errors import PolicyUnavailable
from gateway.ids import Uuid7
from gateway.pdp import embedded
from gateway.pdp.checks import check
from gateway.pdp.contract import DecisionContract, IdSource, unavailable
from gateway.pdp.embedded import EmbeddedEngine, engine_over
from gateway.pdp.forms import formed
from gateway.pdp.lifecycle.bundle import read_bundle
from gateway.pdp.lifecycle.canary import chosen
from gateway.pdp.lifecycle.feed import Feed
from gateway.pdp.lifecycle.following import Following
from gateway.pdp.lifecycle.standing import RunningCanary


class Options(embedded.Options):
    """Options of the policy engine in this process that follows the policy in force.

    ``policies`` is the seed: it is taken in once, by the first start on an empty control database.
    """

    max_stale_s: float = Field(
        default=300,
        gt=0,
        description="Seconds that the last known policy decides while it is not known which is in force.",
    )


class LiveEngine:
    """Decides by the policy in force, as the feed that it follows says.

    A call that has begun ends with the policy that it began with. Nothing decides before ``follow``, nor when
    the feed was out of reach, or its policy could not be prepared, for longer than the settings allow. A
    canary that fails is counted, and the active policy decides in its place: it is the one that was approved.
    """

    def __init__(
        self, options: Options, new_id: IdSource, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._options = options
        self._new_id = new_id
        self._monotonic = monotonic
        self._following: Following | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def seed(self) -> Path:
        """The folder that an empty database begins with."""
        return self._options.policies

    @property
    def revision(self) -> str:
        """Revision of the active policy; empty before there is one."""
        standing = self._following.standing if self._following else None
        return standing.active.revision if standing else ""

    async def follow(self, feed: Feed) -> None:
        """Puts into force what the feed says, now and from now on; a second time does nothing more.

        Raises if there is nothing to put.
        """
        if self._following is not None:
            return
        following = Following(
            feed, lambda content: self._prepared(content, feed), self._new_id(), self._monotonic
        )
        await following.begin()
        self._following = following
        self._tasks = {asyncio.create_task(following.poll()), asyncio.create_task(following.tell())}

    async def decide(self, request: AccessRequest) -> Decision:
        """The decision on this request; raises ``PolicyUnavailable``."""
        following = self._following
        standing = following.standing if following else None
        if following is None or standing is None:
            raise unavailable("no policy is in force yet")
        if self._monotonic() - following.fresh_at > self._options.max_stale_s:
            raise unavailable(f"it is not known which policy is in force: {following.error}")
        canary = standing.canary
        if canary and chosen(request.subject.id, canary.trial.revision, canary.trial.terms.percent):
            decision = _tried(following, canary, request) or standing.active.decide_now(request)
        else:
            decision = standing.active.decide_now(request)
        if standing.shadow is not None:
            standing.shadow.offer(request, decision)
        return decision

    async def aclose(self) -> None:
        """Stops following; nothing decides any more."""
        following, self._following = self._following, None
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if following is not None:
            await following.aclose()

    def _prepared(self, content: bytes, feed: Feed) -> EmbeddedEngine:
        bundle = read_bundle(content, feed.trust)
        contract, evidence = DecisionContract(self._new_id), bundle.evidence
        if self._options.form == "auto" and evidence is not None and evidence.of_this_version:
            # The very checks and comparisons that we would make were made before it was signed.
            deciding = formed(bundle.source, evidence.form)
            return EmbeddedEngine(bundle.revision, deciding, contract)
        return engine_over(check(bundle.source), self._options, contract)


def _tried(following: Following, canary: RunningCanary, request: AccessRequest) -> Decision | None:
    try:
        decision = canary.engine.decide_now(request)
    except PolicyUnavailable:
        if canary.failures.note(failed=True):
            following.canary_failed(canary)
        return None
    canary.failures.note(failed=False)
    return decision


def build(options: Options, *, new_id: IdSource | None = None) -> LiveEngine:
    """The engine, which decides nothing until it follows a feed."""
    return LiveEngine(options, new_id or Uuid7())

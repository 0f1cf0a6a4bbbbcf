"""Keeps what decides here the same as what the feed says, and says so to everybody."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from audit.entry import Facts
from audit.errors import AuditError
from gateway.domain import JsonObject
from gateway.errors import CustodyError, PolicyUnavailable
from gateway.pdp.embedded import EmbeddedEngine
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.canary import Failures
from gateway.pdp.lifecycle.feed import Feed
from gateway.pdp.lifecycle.shadowing import Shadowing
from gateway.pdp.lifecycle.standing import RunningCanary, Standing, told
from gateway.pdp.lifecycle.store import Canary, PolicyState
from gateway.pdp.rego import RegoError
from gateway.pdp.source import PolicyRefused

_log = logging.getLogger("custody.gateway")

POLL_S = 0.25
_BEAT_S = 5.0
_CANARY_BEAT_S = 1.0  # while one runs, for its failures are counted over all replicas
_REPORT_S = 30.0
_RETRY_S = 5.0  # a policy that cannot be prepared costs as much to try again as one that can

# Why the feed cannot be read, or its policy not be put into force here: what decides stays what it is.
_FAILED = (CustodyError, AuditError, BundleRefused, PolicyRefused, RegoError)

Prepare = Callable[[bytes], EmbeddedEngine]
"""Verifies, checks and gates the policy in a bundle; runs in a thread, raises one of the above."""


@dataclass(slots=True)
class _Chores:
    """What is to be told to others, off the path of decisions."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: list[tuple[Canary, dict[str, Facts]]] = field(default_factory=list)
    reported_at: float = 0.0


class Following:
    """One replica that follows a feed.

    ``standing`` changes only to a policy that was verified, checked and prepared. ``fresh_at`` is when it
    last was known to be what the feed says; ``error`` says why it is not.
    """

    def __init__(
        self, feed: Feed, prepare: Prepare, replica: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.standing: Standing | None = None
        self.fresh_at = monotonic()
        self.error = ""
        self._feed = feed
        self._prepare = prepare
        self._replica = replica
        self._monotonic = monotonic
        self._broken: dict[str, tuple[float, Exception]] = {}  # by revision, and when to try again
        self._over: set[int] = set()  # canaries that ended here before the feed said so
        self._chores = _Chores(reported_at=monotonic())

    async def begin(self) -> None:
        """Takes the first look; raises what makes it impossible."""
        await self._look()
        await self._tell()

    async def poll(self) -> None:
        """Looks four times a second, until it is cancelled."""
        while True:
            await asyncio.sleep(POLL_S)
            await self.step()

    async def step(self) -> None:
        """One look; what fails is noted, tried again, and changes nothing."""
        try:
            await self._look()
        except _FAILED as error:
            self._note(f"{type(error).__name__}: {getattr(error, 'reason_admin', '') or error}")

    async def tell(self) -> None:
        """Says what this replica does when that changes, and now and then, until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._beat_s):
                    await self._chores.wake.wait()
            except TimeoutError:
                pass
            self._chores.wake.clear()
            try:
                await self._tell()
            except _FAILED as error:
                _log.warning("the state of policies here cannot be told: %s", type(error).__name__)
                await asyncio.sleep(POLL_S)

    def canary_failed(self, running: RunningCanary) -> None:
        """Ends a canary: here at once, everywhere as soon as that can be recorded."""
        standing = self.standing
        if standing is None or standing.canary is not running:
            return
        self._over.add(running.trial.number)
        self.standing = replace(standing, canary=None)
        counted = running.failures.everywhere
        facts: dict[str, Facts] = {"decided": counted.decided, "failed": counted.failed}
        self._chores.ended.append((running.trial, facts))
        self._chores.wake.set()

    async def aclose(self) -> None:
        """Takes this replica off the list, and ends its shadow with a last report."""
        standing, self.standing = self.standing, None
        try:
            if standing is not None and standing.shadow is not None:
                await self._end_shadow(standing.shadow, standing)
            await self._feed.beat(self._replica, None)
        except _FAILED as error:
            _log.warning("the end of this replica cannot be told: %s", type(error).__name__)

    async def _look(self) -> None:
        known = self.standing.state if self.standing else None
        state = await self._feed.state(known)
        if self.standing is None or state is not self.standing.state:
            await self._change(state)
        self.fresh_at, self.error = self._monotonic() - self._feed.behind_s, ""

    async def _change(self, state: PolicyState) -> None:
        if state.active is None:
            raise PolicyUnavailable("No policy is in force.", reason_admin="none was ever activated")
        before = self.standing
        if before is not None and _alike(before.state, state):
            self.standing = replace(before, state=state)
            return
        engines = _engines(before)
        active = engines.get(state.active.revision) or await self._engine(state.active.revision)
        canary, shadow = await self._canary(state, engines), await self._shadow(state, engines)
        # From here to the swap nothing waits, so no decision falls between two policies.
        ended = canary is not None and canary.trial.number in self._over
        self.standing = Standing(state, active, None if ended else canary, shadow)
        if before is None or before.active is not active:
            _log.info("policy %s is in force, in its %s form", active.revision, active.form)
        self._chores.wake.set()
        if before is not None and before.shadow is not None and before.shadow is not shadow:
            await self._end_shadow(before.shadow, before)

    async def _engine(self, revision: str) -> EmbeddedEngine:
        until, broken = self._broken.get(revision, (0.0, None))
        if broken is not None and self._monotonic() < until:
            raise broken
        content = await self._feed.bundle(revision)
        try:
            engine = _of(revision, await _aside(self._prepare, content))
            engine.warm()
        except (BundleRefused, PolicyRefused, RegoError) as error:
            self._broken[revision] = (self._monotonic() + _RETRY_S, error)
            raise
        return engine

    async def _canary(self, state: PolicyState, engines: dict[str, EmbeddedEngine]) -> RunningCanary | None:
        trial, running = state.canary, self.standing.canary if self.standing else None
        if trial is None or trial.number in self._over:
            return None
        if running is not None and running.trial.number == trial.number:
            return running
        engine = engines.get(trial.revision) or await self._candidate(trial.revision)
        if engine is None:
            self._over.add(trial.number)
            self._chores.ended.append((trial, {"decided": 0, "failed": 0, "prepared": False}))
            return None
        return RunningCanary(trial, engine, Failures(trial.terms, self._monotonic))

    async def _shadow(self, state: PolicyState, engines: dict[str, EmbeddedEngine]) -> Shadowing | None:
        trial, running = state.shadow, self.standing.shadow if self.standing else None
        if trial is None or (running is not None and running.trial.number == trial.number):
            return running if trial else None
        engine = engines.get(trial.revision) or await self._candidate(trial.revision)
        return Shadowing(trial, engine) if engine else None

    async def _candidate(self, revision: str) -> EmbeddedEngine | None:
        try:
            return await self._engine(revision)
        except (BundleRefused, PolicyRefused, RegoError) as error:
            # On trial only: the active policy must not wait for it.
            _log.warning("policy %s cannot be tried here: %s", revision, error)
            return None

    async def _tell(self) -> None:
        while self._chores.ended:
            canary, facts = self._chores.ended[0]
            await self._feed.end_canary(canary, facts)
            self._chores.ended.pop(0)
        standing, due = self.standing, self._monotonic() - self._chores.reported_at >= _REPORT_S
        if due and standing is not None and standing.shadow is not None:
            await self._report(standing.shadow, standing)
        await self._feed.beat(self._replica, self.said())
        if standing is not None and standing.canary is not None:
            await self._count(standing.canary)

    @property
    def _beat_s(self) -> float:
        return _CANARY_BEAT_S if self.standing and self.standing.canary else _BEAT_S

    async def _count(self, running: RunningCanary) -> None:
        """Adds what other replicas counted: few calls may fail at each, and too many at all of them."""
        running.failures.elsewhere = await self._feed.canary_elsewhere(self._replica, running.trial)
        if running.failures.too_many:
            self.canary_failed(running)

    async def _end_shadow(self, shadow: Shadowing, standing: Standing) -> None:
        await shadow.aclose()
        await self._report(shadow, standing)

    async def _report(self, shadow: Shadowing, standing: Standing) -> None:
        self._chores.reported_at = self._monotonic()
        tally = shadow.take()
        if tally.asked or tally.skipped:
            seen: dict[str, Facts] = {"policy": shadow.trial.revision, "active": standing.active.revision}
            await self._feed.report({**seen, "trial": shadow.trial.number, **tally.facts()})

    def _note(self, error: str) -> None:
        if error != self.error:
            _log.warning("the policy in force cannot be followed: %s", error)
            self._chores.wake.set()
        self.error = error

    def said(self) -> JsonObject:
        """What this replica says of itself."""
        stale_ms = int((self._monotonic() - self.fresh_at) * 1000)
        said: JsonObject = {"host": socket.gethostname(), "pid": os.getpid()}
        said |= {"error": self.error, "stale_ms": stale_ms}
        return said | (told(self.standing) if self.standing else {})


def _alike(one: PolicyState, other: PolicyState) -> bool:
    """Whether two states say the same of policies: most changes of governance are about something else."""
    return (one.active, one.canary, one.shadow) == (other.active, other.canary, other.shadow)


async def _aside(prepare: Prepare, content: bytes) -> EmbeddedEngine:
    # What regorus makes can be freed by its own thread alone, and is when that ends; a pool's would pile up.
    with ThreadPoolExecutor(1, "custody-policy") as thread:
        return await asyncio.get_running_loop().run_in_executor(thread, prepare, content)


def _of(revision: str, engine: EmbeddedEngine) -> EmbeddedEngine:
    if engine.revision != revision:
        raise BundleRefused(f"the store gave {engine.revision} for {revision}")
    return engine


def _engines(standing: Standing | None) -> dict[str, EmbeddedEngine]:
    """The engines at hand, by revision: a canary that is activated need not be prepared again."""
    if standing is None:
        return {}
    found = {standing.active.revision: standing.active}
    if standing.canary is not None:
        found[standing.canary.trial.revision] = standing.canary.engine
    return found

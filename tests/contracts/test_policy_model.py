"""Whatever happens to policies, in whatever order: in force is one of them, and somebody approved it."""

import asyncio
import itertools
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from audit.entry import EntryType
from audit.ids import SystemClock
from audit.log import Log, open_log
from gateway.control.changes import Change, Control
from gateway.control.database import open_control_database
from gateway.control.operations import Acting, Operation
from gateway.domain import Subject
from gateway.errors import CustodyError
from gateway.pdp.lifecycle import store, writes
from gateway.pdp.lifecycle.bundle import Trust
from gateway.pdp.lifecycle.feed import GATEWAY, ControlFeed
from gateway.pdp.lifecycle.operations import (
    Activate,
    Rollback,
    StartCanary,
    StartShadow,
    StopCanary,
    StopShadow,
)
from gateway.pdp.lifecycle.store import CanaryTerms, PolicyState, StoredBundle

_Done = TypeVar("_Done")

_REVISIONS = [f"{number:x}" * 64 for number in range(1, 5)]
_FOREIGN = "f" * 64
_LEAD = Acting("lead", Subject("s-lead", "person", "security", roles=("policy-approver",)))
_OTHERS = Acting("owner", Subject("s-owner", "person", "retail", roles=("owner", "policy-author")))


_IN_FORCE = {EntryType.POLICY_ACTIVATED, EntryType.POLICY_ROLLED_BACK}
_DEEDS: list[Operation] = [
    Activate(policy=_REVISIONS[1]),
    Rollback(),
    StopCanary(),
    StartCanary(policy=_REVISIONS[2], terms=CanaryTerms(percent=100)),
]


def _bundle(revision: str, environment: str = "production") -> StoredBundle:
    digest = revision[::-1] if environment == "production" else f"{revision[:-1]}0"
    return StoredBundle(
        revision, digest, environment, "custody", "key-1", "folder", "", 1, 1, "s-lead", "security", 1
    )


class PolicyLife(RuleBasedStateMachine):
    """Operations at random against a model: a stack of what was approved, a canary, a shadow."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory(prefix="custody-test-")
        folder, numbers = Path(self._folder.name), itertools.count()
        self._log: Log = self._run(self._open(folder))
        self._control = Control(
            open_control_database(folder / "control.db"),
            self._log,
            wall_us=SystemClock().wall_us,
            new_id=lambda: f"change-{next(numbers)}",
        )
        self._feed = ControlFeed(self._control, self._log, Trust("production", "custody", {}), lambda: "id")
        self.stack = [_REVISIONS[0]]
        self.canary: str | None = None
        self.shadow: str | None = None

    @initialize()
    def begin(self) -> None:
        """All policies are stored; the first is in force."""

        def work(change: Change) -> None:
            for revision in _REVISIONS:
                writes.keep_bundle(change, _bundle(revision), b"bundle")
            writes.keep_bundle(change, _bundle(_FOREIGN, "staging"), b"bundle")
            writes.activate(change, _bundle(_REVISIONS[0]), "seed", None)

        self._run(self._control.change(GATEWAY, work))

    @rule(revision=st.sampled_from([*_REVISIONS, _FOREIGN, "0" * 64]), stale=st.booleans())
    def activate(self, revision: str, stale: bool) -> None:
        """Whoever may puts a policy into force, on what is there or on what was there."""
        expected = "a" * 64 if stale else self.stack[-1]
        fits = revision in _REVISIONS and revision != self.stack[-1] and not stale
        if self._done(Activate(policy=revision, expected=expected), fits=fits):
            self.stack.append(revision)
            self._settle(revision)

    @rule()
    def roll_back(self) -> None:
        """Back to what lies beneath."""
        if self._done(Rollback(), fits=len(self.stack) > 1):
            self.stack.pop()
            self._settle(self.stack[-1])

    @rule(revision=st.sampled_from([*_REVISIONS, _FOREIGN]))
    def start_canary(self, revision: str) -> None:
        """A policy decides for some."""
        fits = revision in _REVISIONS and revision != self.stack[-1]
        if self._done(StartCanary(policy=revision, terms=CanaryTerms(percent=5)), fits=fits):
            self.canary = revision

    @rule(revision=st.sampled_from([*_REVISIONS, _FOREIGN]))
    def start_shadow(self, revision: str) -> None:
        """A policy is asked beside."""
        fits = revision in _REVISIONS and revision != self.stack[-1]
        if self._done(StartShadow(policy=revision), fits=fits):
            self.shadow = revision

    @rule(canary=st.booleans())
    def stop(self, canary: bool) -> None:
        """A trial ends."""
        running = self.canary if canary else self.shadow
        if self._done(StopCanary() if canary else StopShadow(), fits=running is not None):
            self.canary, self.shadow = (None, self.shadow) if canary else (self.canary, None)

    @rule(late=st.booleans())
    def fail_canary(self, late: bool) -> None:
        """A replica ends the canary for its failures, perhaps when another is running already."""
        state = self._state()
        if state.canary is None:
            return
        named = store.Canary(state.canary.number - late, state.canary.revision, "s", 1, state.canary.terms)
        self._run(self._feed.end_canary(named, {"failed": 1}))
        if not late:
            self.canary = None

    @rule(operation=st.sampled_from(_DEEDS))
    def somebody_else(self, operation: Operation) -> None:
        """Whoever has not the role changes nothing."""
        assert not self._attempt(_OTHERS, operation)

    @rule()
    def lose_the_database(self) -> None:
        """The work of a change is done and its commit is not."""

        def work(change: Change) -> None:
            writes.activate(change, _bundle(_REVISIONS[3]), "activate", None)
            raise ConnectionError

        try:
            self._run(self._control.change(GATEWAY, work))
        except ConnectionError:
            return
        raise AssertionError("the change was made")

    @invariant()
    def what_is_in_force_is_what_was_approved(self) -> None:
        """Exactly one policy is in force, the one of the model; trials are those of the model."""
        state = self._state()
        if state.active is None:
            assert state.control_revision == 0
            return
        assert state.active.revision == self.stack[-1]
        assert (state.canary.revision if state.canary else None) == self.canary
        assert (state.shadow.revision if state.shadow else None) == self.shadow
        assert self.canary != self.stack[-1] != self.shadow

    def teardown(self) -> None:
        """The log tells the same history as the tables."""
        try:
            told = self._run(self._told())
            history = self._control.look(lambda c: store.activations(c, limit=1000))
            assert told == [(each.revision, each.number) for each in reversed(history)]
        finally:
            self._control.close()
            self._run(self._log.aclose())
            self._loop.close()
            self._folder.cleanup()

    async def _told(self) -> list[tuple[object, object]]:
        head = self._control.look(
            lambda c: c.exec_driver_sql("SELECT store, revision FROM control_head").one()
        )
        found: list[tuple[object, object]] = []
        for number in range(1, head[1] + 1):
            entries = await self._log.of_request(f"control-{head[0]}-{number}")
            found += [(e.record.detail["policy"], number) for e in entries if e.record.type in _IN_FORCE]
        return found

    @staticmethod
    async def _open(folder: Path) -> Log:
        return open_log(folder / "audit.db")

    def _settle(self, revision: str) -> None:
        self.canary = None
        self.shadow = None if self.shadow == revision else self.shadow

    def _state(self) -> PolicyState:
        return self._control.look(store.policy_state)

    def _done(self, operation: Operation, *, fits: bool) -> bool:
        done = self._attempt(_LEAD, operation)
        assert done == fits, operation
        return done

    def _attempt(self, acting: Acting, operation: Operation) -> bool:
        try:
            self._run(self._control.change(acting.actor, lambda change: operation.apply(change, acting)))
        except CustodyError:
            return False
        return True

    def _run(self, work: Awaitable[_Done]) -> _Done:
        async def whole() -> _Done:
            return await work

        return self._loop.run_until_complete(whole())


PolicyLife.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestPolicyLife = PolicyLife.TestCase

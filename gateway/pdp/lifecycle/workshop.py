"""Where policies are checked, built into bundles and stored: nothing else may be put into force."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import anyio.to_thread

from audit.entry import Actor
from gateway.control.changes import Change, Control
from gateway.control.operations import Acting
from gateway.errors import Impossible, NotPermitted
from gateway.pdp.checks import check
from gateway.pdp.forms import Form, gated
from gateway.pdp.lifecycle import store, writes
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.bundle import Evidence, Trust, build_bundle, policy_files, read_bundle
from gateway.pdp.lifecycle.feed import GATEWAY
from gateway.pdp.lifecycle.operations import APPROVER, AUTHOR
from gateway.pdp.lifecycle.signing import SigningKey
from gateway.pdp.lifecycle.store import Activation, Origin, StoredBundle
from gateway.pdp.probe import examine
from gateway.pdp.source import PolicyRefused, PolicySource, read_files, read_source

_GATE_INPUTS = 200


class PolicyNotSound(Impossible):
    """A policy did not pass its checks, so it was not stored; the message lists every problem."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a policy and where it is from; ``reference`` is the commit of a git source."""

    files: Mapping[str, bytes]
    origin: Origin
    reference: str = ""


@dataclass(frozen=True, slots=True)
class _Built:
    source: PolicySource
    content: bytes
    draft: Draft


class _Seeded(Exception):
    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation


class _Stored(Exception):
    def __init__(self, bundle: StoredBundle) -> None:
        super().__init__()
        self.bundle = bundle


class Workshop:
    """Checks, builds and stores policies of one environment under one key."""

    def __init__(self, control: Control, trust: Trust, key: SigningKey) -> None:
        self._control = control
        self._trust = trust
        self._key = key

    async def build(self, acting: Acting, draft: Draft) -> StoredBundle:
        """Stores a policy that passes every check; one that is stored already is given back as it is.

        Raises ``NotPermitted`` or ``PolicyNotSound``.
        """
        if not (acting.has(AUTHOR) or acting.has(APPROVER)):
            raise NotPermitted(f"Building policies is for the roles {AUTHOR} and {APPROVER}.")
        built = await anyio.to_thread.run_sync(self._built, draft)
        try:
            return await self._control.change(acting.actor, lambda change: self._keep(change, built))
        except _Stored as stored:
            return stored.bundle

    async def seed(self, folder: Path) -> Activation:
        """Takes a folder in and puts it into force, on an empty database only; what is in force then.

        Raises ``PolicyRefused`` for a folder that is not sound.
        """
        present = await self._control.read(store.active)
        if present is not None:
            return present
        source = await anyio.to_thread.run_sync(read_source, folder)
        draft = Draft(policy_files(source), "seed")
        built = await anyio.to_thread.run_sync(self._seeded, source, draft)
        try:
            return await self._control.change(GATEWAY, lambda change: self._plant(change, built))
        except _Seeded as seeded:
            return seeded.activation

    def _built(self, draft: Draft) -> _Built:
        try:
            source = read_files(draft.files, Path(self._trust.name))
            # Whatever somebody hands in is tried in a process that can be ended.
            form: Form = "compiled" if examine(source).form == "compiled" else "interpreter"
            return self._signed(source, draft, form)
        except PolicyRefused as refused:
            raise PolicyNotSound(f"The policy is not sound:\n{refused}") from refused
        except BundleRefused as refused:
            raise PolicyNotSound(f"The policy cannot be bundled: {refused}") from refused

    def _seeded(self, source: PolicySource, draft: Draft) -> _Built:
        # The operator's own folder, as any start reads one.
        deciding, _ = gated(check(source), _GATE_INPUTS)
        return self._signed(source, draft, deciding.form)

    def _signed(self, source: PolicySource, draft: Draft, form: Form) -> _Built:
        trust = self._trust
        content = build_bundle(source, trust.environment, trust.name, self._key, Evidence.now(form))
        # What every replica will ask, asked here first: a bundle that we would refuse is none.
        read_bundle(content, trust)
        return _Built(source, content, draft)

    def _keep(self, change: Change, built: _Built) -> StoredBundle:
        there = store.find_bundle(change.connection, built.source.revision)
        if there is not None:
            raise _Stored(there)
        bundle = self._stored(built, change.actor, change.at_us)
        writes.keep_bundle(change, bundle, built.content)
        return bundle

    def _plant(self, change: Change, built: _Built) -> Activation:
        present = store.active(change.connection)
        if present is not None:
            raise _Seeded(present)
        bundle = store.find_bundle(change.connection, built.source.revision)
        if bundle is None:
            bundle = self._stored(built, change.actor, change.at_us)
            writes.keep_bundle(change, bundle, built.content)
        return writes.activate(change, bundle, "seed", None)

    def _stored(self, built: _Built, actor: Actor, at_us: int) -> StoredBundle:
        return StoredBundle(
            revision=built.source.revision,
            digest=sha256(built.content).hexdigest(),
            environment=self._trust.environment,
            name=self._trust.name,
            key_id=self._key.id,
            origin=built.draft.origin,
            reference=built.draft.reference,
            modules=len(built.source.modules),
            tests=len(built.source.tests),
            built_by=actor.id,
            department=actor.department,
            built_us=at_us,
        )

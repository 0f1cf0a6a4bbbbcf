"""The two sides of a policy's life over one control database: where it is made, and where it is followed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from audit.log import Log
from gateway.control.changes import Control
from gateway.errors import CustodyError
from gateway.ids import Uuid7
from gateway.pdp.base import PolicyEngine, SelfStarting
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.bundle import Trust
from gateway.pdp.lifecycle.feed import ControlFeed, Feed
from gateway.pdp.lifecycle.signing import (
    KeyUnusable,
    SigningKey,
    new_signing_key,
    read_signing_key,
    read_verification_key,
)
from gateway.pdp.lifecycle.workshop import Workshop
from gateway.pdp.rego import RegoError
from gateway.pdp.source import PolicyRefused
from gateway.settings import Settings, SettingsInvalid
from gateway.state import StateFolder


@runtime_checkable
class Follower(Protocol):
    """A policy engine that follows the policy in force."""

    @property
    def seed(self) -> Path:
        """The folder that an empty database begins with."""

    async def follow(self, feed: Feed) -> None:
        """Puts into force what the feed says, now and from now on."""


@dataclass(frozen=True, slots=True)
class PolicyDesk:
    """Where policies are built and stored, and what replicas follow."""

    workshop: Workshop
    feed: ControlFeed

    async def follow(self, engine: Follower) -> None:
        """Lets an engine follow; an empty database gets its seed first."""
        await self.workshop.seed(engine.seed)
        await engine.follow(self.feed)


async def put_into_force(engine: PolicyEngine, desk: PolicyDesk | None) -> None:
    """Gets a policy engine that has to be started to decide; raises ``SettingsInvalid``."""
    try:
        if isinstance(engine, SelfStarting):
            await engine.start()
        elif desk is not None and isinstance(engine, Follower):
            await desk.follow(engine)
    except (PolicyRefused, BundleRefused, RegoError, CustodyError) as error:
        told = getattr(error, "reason_admin", "") or error
        raise SettingsInvalid(f"policy: no policy can be put into force: {told}") from error


def open_desk(settings: Settings, state: StateFolder, control: Control, log: Log) -> PolicyDesk:
    """The desk over a control database; raises ``SettingsInvalid``."""
    key = bundle_key(settings, state)
    trust = bundle_trust(settings, key)
    return PolicyDesk(Workshop(control, trust, key), ControlFeed(control, log, trust, Uuid7()))


def bundle_key(settings: Settings, state: StateFolder) -> SigningKey:
    """What bundles are signed with: from the settings, else from the state folder, made at need."""
    given = settings.bundles.signing_key
    try:
        if given is not None:
            return read_signing_key(given.get_secret_value().encode())
        return read_signing_key(state.made(settings.bundles.signing_key_file, new_signing_key))
    except (KeyUnusable, OSError) as error:
        raise SettingsInvalid(f"bundles.signing_key: {error}") from error


def bundle_trust(settings: Settings, key: SigningKey) -> Trust:
    """Whose bundles are taken: our own, and those of the keys in the settings."""
    keys = {key.id: key.public}
    for key_id, path in settings.bundles.verification_keys.items():
        try:
            keys[key_id] = read_verification_key(path.read_bytes())
        except (KeyUnusable, OSError) as error:
            raise SettingsInvalid(f"bundles.verification_keys.{key_id}: {error}") from error
    return Trust(settings.bundles.environment, settings.bundles.name, keys)

"""What people do to policies that are stored: put into force, take back, try on some or on nobody."""

from typing import ClassVar

from pydantic import Field
from sqlalchemy import Connection

from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.errors import Conflict, Impossible, NotPermitted
from gateway.pdp.lifecycle import store, writes
from gateway.pdp.lifecycle.store import Activation, CanaryTerms, Lane, ShadowTerms, StoredBundle, Terms

AUTHOR, APPROVER = "policy-author", "policy-approver"

Policy = Field(
    description="Revision of a stored policy, or the beginning of it.",
    pattern=r"^[0-9a-f]{6,64}$",
    examples=["d2ea7dcb7df8"],
)
Expected = Field(
    "",
    description="Revision that must be in force for this to be done; empty: whichever is.",
    pattern=r"^([0-9a-f]{64})?$",
)


class Activate(Operation):
    """Put a stored policy into force for everybody.

    A canary ends with it, and so does a shadow of the same policy.
    """

    kind: ClassVar[str] = "policy.activate"
    changes_rights: ClassVar[bool] = True

    policy: str = Policy
    expected: str = Expected

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Activates; raises ``NotPermitted``, ``NotFound``, ``Conflict`` or ``Impossible``."""
        acting.require(APPROVER)
        before = _in_force(change.connection, self.expected)
        bundle = _candidate(change.connection, self.policy, before)
        done = writes.activate(change, bundle, "activate", before.number, acting.approved_by)
        canary = store.canary(change.connection)
        if canary is not None:
            why = "activated" if canary.revision == bundle.revision else "superseded"
            writes.end_trial(change, "canary", canary, why)
        _end_shadow_of(change, bundle)
        return _outcome(done, before)


class Rollback(Operation):
    """Put the policy back into force that was active before the present one; a canary ends with it.

    It leads to what two people approved before, so it needs one unless the settings name it.
    """

    kind: ClassVar[str] = "policy.rollback"

    expected: str = Expected

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Rolls back; raises ``NotPermitted`` or ``Conflict``."""
        acting.require(APPROVER)
        before = _in_force(change.connection, self.expected)
        target = store.beneath(change.connection, before)
        if target is None:
            raise Conflict("There is no earlier policy to go back to.")
        bundle = store.named_bundle(change.connection, target.revision)
        done = writes.activate(change, bundle, "rollback", target.under, acting.approved_by)
        _end(change, "canary", "rolled_back")
        _end_shadow_of(change, bundle)
        return _outcome(done, before)


class StartCanary(Operation):
    """Let a stored policy decide for a share of principals, always the same; it ends by itself on errors."""

    kind: ClassVar[str] = "policy.canary"
    changes_rights: ClassVar[bool] = True

    policy: str = Policy
    terms: CanaryTerms = Field(description="For whom it decides, and what ends it.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Starts it in place of another canary; raises as ``Activate`` does."""
        acting.require(APPROVER)
        return _begin(change, acting, "canary", self.policy, self.terms)


class StopCanary(Operation):
    """End the canary: the active policy decides for everybody again."""

    kind: ClassVar[str] = "policy.stop_canary"

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Ends it; raises ``NotPermitted`` or ``Conflict``."""
        acting.require(APPROVER)
        return _stop(change, "canary")


class StartShadow(Operation):
    """Ask a stored policy beside the active one and count where they differ; it decides nothing."""

    kind: ClassVar[str] = "policy.shadow"

    policy: str = Policy
    terms: ShadowTerms = Field(ShadowTerms(), description="How much it sees, and how long it may take.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Starts it in place of another shadow; raises as ``Activate`` does."""
        _require_author(acting)
        return _begin(change, acting, "shadow", self.policy, self.terms)


class StopShadow(Operation):
    """End the shadow."""

    kind: ClassVar[str] = "policy.stop_shadow"

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Ends it; raises ``NotPermitted`` or ``Conflict``."""
        _require_author(acting)
        return _stop(change, "shadow")


def _require_author(acting: Acting) -> None:
    if not (acting.has(AUTHOR) or acting.has(APPROVER)):
        raise NotPermitted(f"This is for the roles {AUTHOR} and {APPROVER}; ask somebody who has one.")


def _in_force(connection: Connection, expected: str) -> Activation:
    found = store.active(connection)
    if found is None:
        raise Conflict("No policy is in force yet: the gateway's first start brings one.")
    if expected and found.revision != expected:
        raise Conflict(f"Another policy was activated meanwhile: {found.revision} is in force; look again.")
    return found


def _candidate(connection: Connection, revision: str, before: Activation) -> StoredBundle:
    bundle = store.named_bundle(connection, revision)
    present = store.named_bundle(connection, before.revision)
    if bundle.revision == present.revision:
        raise Conflict("This policy is in force already.")
    if (bundle.environment, bundle.name) != (present.environment, present.name):
        raise Impossible(
            f"This policy was built for {bundle.environment}/{bundle.name};"
            f" this gateway is {present.environment}/{present.name}. Build it here."
        )
    return bundle


def _begin(change: Change, acting: Acting, lane: Lane, revision: str, terms: Terms) -> Outcome:
    bundle = _candidate(change.connection, revision, _in_force(change.connection, ""))
    writes.begin_trial(change, lane, bundle, terms, acting.approved_by)
    return {"revision": bundle.revision, "trial": change.revision}


def _stop(change: Change, lane: Lane) -> Outcome:
    ended = _end(change, lane, "stopped")
    if not ended:
        raise Conflict(f"There is no {lane} to stop.")
    return {"revision": ended}


def _end(change: Change, lane: Lane, why: str) -> str:
    trial = store.canary(change.connection) if lane == "canary" else store.shadow(change.connection)
    if trial is None:
        return ""
    writes.end_trial(change, lane, trial, why)
    return trial.revision


def _end_shadow_of(change: Change, bundle: StoredBundle) -> None:
    """A policy in force has nothing to be compared with."""
    shadow = store.shadow(change.connection)
    if shadow is not None and shadow.revision == bundle.revision:
        writes.end_trial(change, "shadow", shadow, "activated")


def _outcome(done: Activation, before: Activation) -> Outcome:
    return {"revision": done.revision, "previous": before.revision, "activation": done.number}


OPERATIONS: tuple[type[Operation], ...] = (
    Activate,
    Rollback,
    StartCanary,
    StopCanary,
    StartShadow,
    StopShadow,
)
